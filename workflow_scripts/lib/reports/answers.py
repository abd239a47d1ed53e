"""Reading what a language model wrote about a report: as JSON, or as much of it as there is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from workflow_scripts.lib.contracts.reports import CERTAINTIES
from workflow_scripts.lib.reports.context import agreed, contradicted, denied, ordered, own_words, place_of
from workflow_scripts.lib.reports.engines.base import objects_in, spoken
from workflow_scripts.lib.reports.evidence import carries, locate, with_whole_numbers
from workflow_scripts.lib.reports.fields import ReportField
from workflow_scripts.lib.reports.named import named
from workflow_scripts.lib.reports.statements import Statement

LONGEST = 200_000  # characters of an answer that are read; no report has more to state
NONE = re.compile(r'\{\s*"statements"\s*:\s*\[\s*\]\s*\}|\A\s*(?:```(?:json)?\s*)?\[\s*\]')


@dataclass(frozen=True)
class Read:
    """What an answer states that may be stated, in its order, and how many of its statements may not."""

    statements: tuple[Statement, ...]
    dropped: int


def read_answer(answer: str, report: str, fields: Mapping[str, ReportField]) -> Read | None:
    """The statements of ``answer`` about ``report``, each with the words it rests on; None where the answer cannot be read.

    A statement whose words are not in the report, or do not carry what it states, has none: it is not supported. One that is not of
    ``fields``, or was made before, is dropped and counted.
    """
    found = statements_in(spoken(answer)[:LONGEST])
    if found is None:
        return None
    known: dict[Statement, Statement] = {}  # by what is stated
    for raw in found:
        said = _allowed(raw, report, fields)
        plain = said and replace(said, start=None, end=None)
        if said and known.get(plain, plain).start is None:
            known[plain] = said
    return Read(tuple(known.values()), len(found) - len(known))


def statements_in(text: str) -> list[dict[str, Any]] | None:
    """Every whole statement in ``text``, whatever stands around it and wherever it was cut; None where nothing in it is of the kind."""
    found = [one for value in objects_in(text) for one in _statements(value)]
    return found if found or NONE.search(text) else None


def _statements(value: Any) -> list[dict[str, Any]]:
    """What has a field in the JSON ``value``, however deep, in its order."""
    found, left = [], [value]
    while left:
        one = left.pop()
        if isinstance(one, dict) and "field" in one:
            found.append(one)
        elif isinstance(one, dict | list):
            left += reversed(one.values() if isinstance(one, dict) else one)
    return found


def _allowed(raw: dict[str, Any], report: str, fields: Mapping[str, ReportField]) -> Statement | None:
    """One statement; None where it is not of ``fields``."""
    words = {name: _word(raw.get(name)) for name in ("field", "aspect", "value", "certainty", "specimen")}
    rules = fields.get(words["field"])
    if rules is None:
        return None
    aspect, certainty = words["aspect"] or next(iter(rules.aspects)), words["certainty"] or CERTAINTIES[0]
    value = next((one for one in (words["value"], words["value"].lower()) if rules.allows(aspect, one)), None)
    if certainty not in CERTAINTIES or value is None:
        return None
    quoted = raw.get("evidence")
    specimen = words["specimen"] if _names(report, words["specimen"]) else None
    span = place_of(report, quoted, specimen) if isinstance(quoted, str) else None
    if span and not _supports(report, span, words["field"], aspect, value):
        span = None
    return Statement(words["field"], aspect, value, certainty, specimen, *(span or (None, None)))


def _supports(report: str, span: tuple[int, int], *stated: str) -> bool:
    """Whether words at this place are no order, and the rules read in them what is ``stated``, or they name and carry it undenied."""
    if ordered(report, *span):
        return False
    words = own_words(report, *with_whole_numbers(report, *span))
    said = named(words, *stated[:2]) and carries(words, *stated)
    return agreed(report, *span, *stated) or (said and not denied(report, *span, *stated) and not contradicted(report, *span, *stated))


def _names(report: str, specimen: str) -> bool:
    """Whether the report has this label of a specimen; a number must stand as one."""
    label = rf"(?:^|\n)[ ]*{specimen}[ ]*[.:)](?!\d)|\b(?:specimens?|parts?|#)[ ]*{specimen}\b(?!\.\d)"
    return (re.search(label, report, re.IGNORECASE) if specimen.isdecimal() else locate(report, specimen, least=1)) is not None


def _word(value: Any) -> str:
    """Text of a string or a number, else nothing."""
    return str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
