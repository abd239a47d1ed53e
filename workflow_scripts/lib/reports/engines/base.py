"""What is said to a language model, and what comes back."""

import json
import re
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Conversation = tuple[dict[str, str], ...]  # messages of the OpenAI protocol: role, and content
MARK = re.compile(  # begins a tag, or a token that directs a model
    r"<(?=\s*[|｜/a-z_])|\[(?=\s*/?\s*(?:INST|SYS|[a-z]+_(?:CALLS?|TOOLS?|PROMPT|RESULTS?)\b"
    r"|(?:[gs]?MASK|SEP|CLS|PAD|UNK|BOS|EOS)\s*\]))",
    re.IGNORECASE,
)
HARMLESS = str.maketrans("<[", "‹⟦")
ORIGINAL = str.maketrans("‹⟦", "<[")
JSON = json.JSONDecoder()
PATIENCE = 100  # braces that open nothing whole: each costs a look at all that stands in it
THOUGHT = re.compile(r"\A.*</think>|\A\s*<think>.*\Z", re.DOTALL)


@dataclass(frozen=True)
class Reply:
    """A model's answer, or the kind of ``failure`` in a few words that quote nothing of what was sent or came."""

    text: str | None
    failure: str | None = None


class Engine(Protocol):
    """Answers conversations, each by itself. ``name`` says all that an answer depends on beside the conversation: model and decoding."""

    name: str

    def answer(self, conversations: Sequence[Conversation]) -> Generator[tuple[int, Reply], None, None]:
        """The place of a conversation among those given with its reply, one for each, in the order in which replies come.

        What fails is a reply too. Raises ConfigError for what no conversation could be answered with.
        """
        ...


def as_data(text: str) -> str:
    """``text`` with the same number of characters and none that a model, its chat template or our templates take for a mark of theirs."""
    return MARK.sub(lambda match: match[0].translate(HARMLESS), text)


def as_written(text: str) -> str:
    """The inverse of ``as_data`` where a model quotes what it was shown."""
    return text.translate(ORIGINAL)


def spoken(text: str) -> str:
    """An answer without what a reasoning model thought before it."""
    return THOUGHT.sub("", text).strip()


def objects_in(text: str, decoder: json.JSONDecoder = JSON) -> Iterator[dict[str, Any]]:
    """Every whole JSON object in an answer, whatever stands around it; of one that was cut, those inside."""
    place, patience = text.find("{"), PATIENCE
    while place >= 0:
        try:
            value, end = decoder.raw_decode(text, place)
        except ValueError:  # cut off, or no JSON: what is inside may be whole
            end, patience = place + 1, patience - 1
        except RecursionError:  # a thousand braces deep: no answer is
            return
        else:
            yield value
        place = text.find("{", end) if patience else -1
