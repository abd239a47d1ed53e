"""What stands around the words that a statement rests on: an order to whoever reads, a denial, or the contrary of what is stated."""

import re
from dataclasses import replace
from functools import lru_cache

from workflow_scripts.lib.reports.counted import agree
from workflow_scripts.lib.reports.evidence import locate, places
from workflow_scripts.lib.reports.rules import findings, grade, histology, invasion, margins, multifocality, nodes, refine_by_rules, stage
from workflow_scripts.lib.reports.rules.counts import REGIONAL
from workflow_scripts.lib.reports.rules.passages import Passage, passages
from workflow_scripts.lib.reports.rules.reading import read
from workflow_scripts.lib.reports.rules.scope import COMMANDS, own
from workflow_scripts.lib.reports.statements import Statement

READERS = {  # of fields whose values the rules word as the fields do
    "margins": margins,
    "invasion": invasion,
    "other": findings,
    "nodes": nodes,
    "multifocality": multifocality,
    "grade": grade,
}
DENIED = {"histology": histology.DENIED, "stage": stage.DENIED, "grade": grade.NEGATED}  # before what is denied
OPEN_TO = {"histology": histology.NOT_EXCLUDED}  # before what is not denied all the same
BEHIND = {"histology": histology.BEHIND}
FAR = 90  # characters between a denial and what it denies
SENTENCE = re.compile(r"(?:[^.!?\n]|[.!?](?!\s|\Z)|\n(?!\n))+")


def place_of(report: str, quoted: str, specimen: str | None) -> tuple[int, int] | None:
    """Start and end of ``quoted``: in a passage about the ``specimen`` if it is there, else in any that states something, else anywhere."""
    first = locate(report, quoted)
    mine = [one for one in _passages(report) if specimen and one.specimen == specimen.upper()]
    if first is None or (own_words(report, *first).strip() and any(_within(first, one) for one in mine or _passages(report))):
        return first
    for one in (*mine, *_passages(report)):
        found = locate(report[one.start : one.start + len(one.text)], quoted)
        place = found and (one.start + found[0], one.start + found[1])
        if place and own_words(report, *place).strip():
            return place
    return first


def _within(place: tuple[int, int], passage: Passage) -> bool:
    return passage.start < place[1] and place[0] < passage.start + len(passage.text)


def own_words(report: str, start: int, end: int) -> str:
    """These characters of ``report``, blank where they say nothing of this patient's specimens now, as its history and family do not."""
    kept = _own(report)[start:end]
    return "".join(written if left != " " else " " for written, left in zip(report[start:end], kept, strict=True))


def ordered(report: str, start: int, end: int) -> bool:
    """Whether any of these characters of ``report`` are part of a sentence that tells a reader what to answer: no finding is."""
    return any(first < end and start < last for first, last in _orders(report))


def agreed(report: str, start: int, end: int, *stated: str) -> bool:
    """Whether the rules, too, make this statement, and rest it on no other words than these."""
    return any((one.field, one.aspect, one.value) == stated and start <= one.start and one.end <= end for one in _stated(report))


def denied(report: str, start: int, end: int, field: str, aspect: str, value: str) -> bool:
    """Whether a type, a stage or a grade is denied at each place that these characters name it at."""
    if field not in DENIED:
        return False
    around = [(one, max(0, start - one.start), end - one.start) for one in _passages(report) if _within((start, end), one)]
    said = [
        (one.text, first + place, first + last)
        for one, first, until in around
        for place, last in places(one.text[first:until], field, aspect, value)
    ]
    said = said or [(one.text, first, min(until, len(one.text))) for one, first, until in around]
    return bool(said) and all(_denied(field, *place) for place in said)


def _denied(field: str, text: str, start: int, end: int) -> bool:
    before = text[max(0, start - FAR) : start]
    open_to, behind = OPEN_TO.get(field), BEHIND.get(field)
    no = DENIED[field].search(before) and not (open_to and open_to.search(before))
    return bool(no or (behind and behind.match(text, end)))


def contradicted(report: str, start: int, end: int, field: str, aspect: str, value: str) -> bool:
    """Whether the rules read nothing but other values of this aspect (of margins: of any, if not of it) where these characters stand."""
    reader = READERS.get(field)
    around = [one for one in _passages(report) if _within((start, end), one)] if reader else []
    read_there = [said for one in around for said in reader.find(one) if said.value[0].isalpha() == value[0].isalpha()]
    if field == "nodes" and aspect == REGIONAL:
        counted = [one.value for one in read_there if one.aspect.startswith(REGIONAL)]
        return bool(counted) and not any(agree(value, one) for one in counted)
    said = [one.value for one in read_there if one.aspect == aspect] or [one.value for one in read_there if field == "margins"]
    return bool(said) and value not in said


@lru_cache(maxsize=4)
def _passages(report: str) -> list[Passage]:
    """The passages, of each only what is of this patient's specimens."""
    return [replace(one, text=own(one.text)) for one in passages(report)]


@lru_cache(maxsize=4)
def _own(report: str) -> str:
    """As many characters as the report has, blank where no passage has any."""
    left = [" "] * len(report)
    for one in _passages(report):
        for place, letter in enumerate(one.text, one.start):
            left[place] = left[place] if letter == " " else letter
    return "".join(left)


@lru_cache(maxsize=4)
def _stated(report: str) -> list[Statement]:
    return refine_by_rules(report)


@lru_cache(maxsize=4)
def _orders(report: str) -> list[tuple[int, int]]:
    small = read(report)
    return [found.span() for found in SENTENCE.finditer(report) if COMMANDS.search(small, *found.span())]
