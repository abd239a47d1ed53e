"""Counts of lymph nodes: whether words give the numbers that are stated, each in its place."""

import re
from collections.abc import Iterator

from workflow_scripts.lib.reports.rules.nodes import COUNTED, FRACTION, METASTASIS, NO_COUNT, NONE, N
from workflow_scripts.lib.reports.rules.numbers import count

NUMBER, FREE = re.compile(N), re.compile(NONE)
HOLD = re.compile(rf"{METASTASIS}|positive|involve|deposit")
NEAR = 60  # characters before a number in which it is said of what it is


def counts(said: str, value: str) -> bool:
    """Whether the words have each number of ``value``, involved/examined, and no count that differs from it."""
    numbers = {count(found["n"]) for found in _of_nodes(NUMBER, said)} | ({0} if FREE.search(said) else set())
    if "some" in value and not HOLD.search(said):
        return False
    pairs = [f"{count(found['n'])}/{count(found['of'])}" for pattern in (FRACTION, *COUNTED) for found in _of_nodes(pattern, said)]
    return numbers.issuperset(map(int, re.findall(r"\d+", value))) and (not pairs or any(agree(value, pair) for pair in pairs))


def agree(one: str, other: str) -> bool:
    """Whether two counts may be of the same nodes: where either has no number, the other may have any."""
    return all(_same(*pair) for pair in zip(one.split("/"), other.split("/"), strict=True))


def _same(one: str, other: str) -> bool:
    return one == other or "?" in (one, other) or ("some" in (one, other) and "0" not in (one, other))


def _of_nodes(pattern: re.Pattern, said: str) -> Iterator[re.Match]:
    """What is found of numbers that are not of a grade."""
    for found in pattern.finditer(said):
        if not NO_COUNT.search(said, max(0, found.start() - NEAR), found.start()):
            yield found
