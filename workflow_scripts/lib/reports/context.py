"""What stands around the words that a statement rests on: an order to whoever reads, or the contrary of what is stated."""

import re
from functools import lru_cache

from workflow_scripts.lib.reports.evidence import locate
from workflow_scripts.lib.reports.rules import findings, invasion, margins
from workflow_scripts.lib.reports.rules.passages import Passage, passages
from workflow_scripts.lib.reports.rules.reading import read
from workflow_scripts.lib.reports.rules.scope import COMMANDS

READERS = {"margins": margins, "invasion": invasion, "other": findings}  # of fields whose values are words such as present and absent
SENTENCE = re.compile(r"(?:[^.!?\n]|[.!?](?!\s|\Z)|\n(?!\n))+")


def place_of(report: str, quoted: str, specimen: str | None) -> tuple[int, int] | None:
    """Start and end of ``quoted``: in a passage about the ``specimen`` if it is there, else in any that states something, else anywhere."""
    first = locate(report, quoted)
    own = [one for one in _passages(report) if specimen and one.specimen == specimen.upper()]
    if first is None or any(_within(first, one) for one in own or _passages(report)):
        return first
    for one in (*own, *_passages(report)):
        if found := locate(report[one.start : one.start + len(one.text)], quoted):
            return one.start + found[0], one.start + found[1]
    return first


def _within(place: tuple[int, int], passage: Passage) -> bool:
    return passage.start < place[1] and place[0] < passage.start + len(passage.text)


def ordered(report: str, start: int, end: int) -> bool:
    """Whether any of these characters of ``report`` are part of a sentence that tells a reader what to answer: no finding is."""
    return any(first < end and start < last for first, last in _orders(report))


def contradicted(report: str, start: int, end: int, field: str, aspect: str, value: str) -> bool:
    """Whether the rules read nothing but other values of this aspect (of margins: of any, if not of it) where these characters stand."""
    reader = READERS.get(field)
    around = [one for one in _passages(report) if _within((start, end), one)] if reader else []
    read_there = [said for one in around for said in reader.find(one)]
    said = [one.value for one in read_there if one.aspect == aspect] or [one.value for one in read_there if field == "margins"]
    return bool(said) and value not in said


@lru_cache(maxsize=4)
def _passages(report: str) -> list[Passage]:
    return list(passages(report))


@lru_cache(maxsize=4)
def _orders(report: str) -> list[tuple[int, int]]:
    small = read(report)
    return [found.span() for found in SENTENCE.finditer(report) if COMMANDS.search(small, *found.span())]
