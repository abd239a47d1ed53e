"""Answers of language models, each in a file of its own that proves its bytes: an interrupted run goes on where it was."""

import hashlib
import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from workflow_scripts.lib.contracts.files import write_json
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.provenance.job import fingerprint
from workflow_scripts.lib.provenance.log import Progress, logger
from workflow_scripts.lib.reports.engines.base import Conversation, Engine, Reply

PATIENCE = 25  # failures in a row after which an engine is asked no more
OF_THE_QUESTION = {
    "too long for the model",
    "too long for the memory",
    "empty answer",
    "HTTP 400",
    "HTTP 413",
    "HTTP 422",
}  # others may be answered all the same


@dataclass
class Answers:
    """Asks ``engine``, but nothing twice: answers stay in ``folder``, by conversation, ``template`` and engine; failures do not.

    ``template`` names what made the conversations and how answers are read. ``asked`` counts questions that the engine was asked.
    """

    engine: Engine
    folder: Path
    template: str
    asked: int = 0

    def to(self, conversations: Sequence[Conversation], title: str) -> list[Reply]:
        """One reply each; a conversation that comes twice is asked once.

        Raises StageRefusal when nothing was ever answered, when so many failed in a row as if nobody were there, or when one
        failed twice that is not at fault itself; answers stay.
        """
        keys = [fingerprint(one, self.template, self.engine.name) for one in conversations]
        waiting = dict(zip(keys, conversations, strict=True))
        found = {key: Reply(text) for key in waiting if (text := load_answer(self.place(key), key)) is not None}
        new = [key for key in waiting if key not in found]
        self.asked += len(new)
        found |= self._new([waiting[key] for key in new], new, title)
        failures = [reply.failure for reply in found.values() if reply.failure]
        if failures and len(failures) == len(found):
            self._give_up(failures)
        self._once_more(found, waiting, title)
        return [found[key] for key in keys]

    def _once_more(self, found: dict[str, Reply], waiting: dict[str, Conversation], title: str) -> None:
        """Ask again what may be answered all the same: an engine that went away near the end must not look like reports at fault."""
        failed = _unanswered(found)
        self.asked += len(failed)
        found |= self._new([waiting[key] for key in failed], failed, f"{title}, once more") if failed else {}
        if left := _unanswered(found):
            self._give_up([found[key].failure for key in left])

    def place(self, key: str) -> Path:
        """Where the answer with this key is kept."""
        return self.folder / key[:2] / f"{key}.json"

    def _new(self, conversations: Sequence[Conversation], keys: Sequence[str], title: str) -> dict[str, Reply]:
        """Replies by key, of which answers are kept as they come."""
        found, failures = {}, []  # of failures: kinds, since the last answer
        progress = Progress(title, len(keys))
        with closing(self.engine.answer(conversations)) as replies:
            for done, (place, reply) in enumerate(replies, 1):
                found[keys[place]] = reply
                if reply.text is not None:
                    save_answer(self.place(keys[place]), keys[place], reply.text)
                    failures = []
                elif reply.failure not in OF_THE_QUESTION:
                    failures.append(reply.failure)
                if len(failures) == PATIENCE:
                    self._give_up(failures)
                progress.step(done)
        progress.close()
        return found

    def _give_up(self, failures: Sequence[str]) -> None:
        raise StageRefusal(
            f"{self.engine.name}: no answer to {len(failures)} questions: {kinds(failures)}; "
            "see that it answers and run again: answers that came are kept, and are not asked for again"
        )


def _unanswered(found: dict[str, Reply]) -> list[str]:
    """Keys of the questions that failed without being at fault."""
    return [key for key, reply in found.items() if reply.failure and reply.failure not in OF_THE_QUESTION]


def kinds(failures: Sequence[str]) -> str:
    """Failures, counted by kind."""
    return ", ".join(f"{kind} ({failures.count(kind)})" for kind in sorted(set(failures)))


def save_answer(path: Path, key: str, text: str) -> None:
    """Write the answer ``text`` to the question ``key``, with the digest of both, atomically."""
    write_json(path, {"answer": text, "sha256": _digest(key, text)})


def load_answer(path: Path, key: str) -> str | None:
    """What ``save_answer`` wrote; None where there is nothing, or something damaged, which is said in the log."""
    if not path.is_file():
        return None
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        text = stored["answer"]
        whole = isinstance(text, str) and stored["sha256"] == _digest(key, text)
    except (ValueError, KeyError, TypeError, OSError, RecursionError):
        whole = False
    if not whole:
        logger.warning("%s: a damaged answer is asked for again", path)
    return text if whole else None


def _digest(key: str, text: str) -> str:
    return hashlib.sha256(f"{key} {text}".encode("utf-8", "surrogatepass")).hexdigest()
