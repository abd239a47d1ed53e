"""The rationale of an answer: one plain paragraph, whatever a language model made of it."""

import json
import re
import unicodedata
from contextlib import suppress
from typing import Any

from workflow_scripts.lib.reports.engines.base import as_data

QUOTED = re.compile(r'"rationale"\s{0,20}:\s{0,20}"((?:[^"\\]|\\.)*+)("?)', re.IGNORECASE | re.DOTALL)
PLAIN = re.compile(r"^[ \t>*_#-]{0,10}rationale[ \t*_]{0,10}[:=][ \t*_]{0,10}(.+)", re.IGNORECASE | re.DOTALL | re.MULTILINE)
END = re.compile(r"[.!?](?=\s)|(?<!\d)[.!?]\Z")  # not within 3.5, of which the rest may have been cut off


def rationale_of(given: Any, text: str, longest: int) -> str | None:
    """The rationale that was ``given``, or else the one in ``text``, as a paragraph of ``longest`` characters at most; None without one.

    One that was cut off ends with its last whole sentence.
    """
    if not isinstance(given, str):
        given = _found_in(text)
    return paragraph(given, longest) or None


def _found_in(text: str) -> str:
    """What follows the word in ``text``, up to the quote that ends it; without one, up to the end of the last sentence."""
    quoted = QUOTED.search(text)
    if quoted is None:
        plain = PLAIN.search(text)
        return whole_sentences(plain[1]) if plain else ""
    words = quoted[1]
    with suppress(ValueError):
        words = json.loads(f'"{words}"', strict=False)
    return words if quoted[2] else whole_sentences(words)


def whole_sentences(text: str, longest: int | None = None) -> str:
    """``text`` up to the end of its last sentence, the last one that ends within ``longest`` characters."""
    ends = [match.end() for match in END.finditer(text) if longest is None or match.end() <= longest]
    return text[: ends[-1]] if ends else ""


def paragraph(text: str, longest: int) -> str:
    """``text`` as one line without control characters or marks that direct a model; where it is too long its last sentences go.

    Numbers stay as they are: what is cut is cut between words.
    """
    plain = "".join(" " if unicodedata.category(one) in ("Cc", "Zl", "Zp") else one for one in text)
    plain = "".join(one for one in plain if unicodedata.category(one) not in ("Cf", "Cs", "Co", "Cn"))
    words = " ".join(as_data(plain).split())
    if len(words) <= longest:
        return words
    return whole_sentences(words, longest) or words[: longest + 1].rpartition(" ")[0]
