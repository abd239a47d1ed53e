"""What stands around the words that a statement rests on: an order to whoever reads, or the contrary of what is stated."""

import re
from functools import lru_cache

from workflow_scripts.lib.reports.rules import COMMANDS
from workflow_scripts.lib.reports.rules.reading import read

SENTENCE = re.compile(r"(?:[^.!?\n]|[.!?](?!\s|\Z)|\n(?!\n))+")


def ordered(report: str, start: int, end: int) -> bool:
    """Whether any of these characters of ``report`` are part of a sentence that tells a reader what to answer: no finding is."""
    return any(first < end and start < last for first, last in _orders(report))


@lru_cache(maxsize=4)
def _orders(report: str) -> list[tuple[int, int]]:
    small = read(report)
    return [found.span() for found in SENTENCE.finditer(report) if COMMANDS.search(small, *found.span())]
