"""Counts of lymph nodes brought together: two halves into one, stations into their sum."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace

from workflow_scripts.lib.reports.statements import Statement

REGIONAL = "regional"  # a station of its own is written behind this word until the counts are settled
MANY = 3  # a total and two that it is the sum of
NEAR = 250  # characters between two halves of a count


def settle_counts(counts: Iterable[Statement]) -> list[Statement]:
    """The counts of each specimen: its totals where the report has them, else the sum over its stations."""
    by_specimen: dict[str | None, list[Statement]] = defaultdict(list)
    for one in sorted(counts, key=lambda one: (one.start, one.end)):
        by_specimen[one.specimen].append(one)
    found = [one for group in by_specimen.values() for one in _of_specimen(_paired(group))]
    known = {one.value.startswith("0/") for one in found if "?" not in one.value}
    return [one for one in found if one.value not in ("0/?", "some/?") or (one.value == "0/?") not in known]


def _paired(group: list[Statement]) -> list[Statement]:
    """A number involved and a number examined that stand near each other, as one."""
    found: list[Statement] = []
    for one in group:
        before = found[-1] if found else None
        if before and one.start - before.end <= NEAR and (whole := _whole(before.value, one.value)):
            found[-1] = replace(before, aspect=REGIONAL, value=whole, end=one.end)
        else:
            found.append(one)
    return found


def _whole(one: str, other: str) -> str | None:
    """Both halves as one count, or None where they are no halves."""
    involved, examined = (one, other) if one.endswith("/?") else (other, one)
    if not (involved.endswith("/?") and examined.startswith("?/")):
        return None
    first, last = involved.split("/")[0], examined.split("/")[1]
    return f"{first}/{last}" if first.isdigit() and last.isdigit() and int(first) <= int(last) else None


def _whole_of_all(totals: list[Statement], group: list[Statement]) -> list[Statement]:
    """Of counts without a station the one that is the sum of all others, where one is; else all of them."""
    said = Counter(one.value for one in group)
    if not totals or len(said) < MANY or any("?" in value or "some" in value for value in said):
        return totals
    whole = [sum(number * int(value.split("/")[place]) for value, number in said.items()) for place in (0, 1)]
    for one in totals:
        own = [said[one.value] * int(part) for part in one.value.split("/")]
        if one.value == f"{whole[0] - own[0]}/{whole[1] - own[1]}":
            return [one]
    return totals


def _of_specimen(group: list[Statement]) -> list[Statement]:
    """Totals, or the one sum of the stations; several stations of which not all are counted stay as they are."""
    totals = _whole_of_all([one for one in group if one.aspect == REGIONAL and "?" not in one.value], group)
    stations = list({one.aspect: one for one in reversed(group) if one.aspect != REGIONAL}.values())
    if totals or len(stations) < 2 or any("?" in one.value or "some" in one.value for one in stations):
        return [replace(one, aspect=REGIONAL) for one in (totals or group)]
    involved, examined = (sum(int(one.value.split("/")[place]) for one in stations) for place in (0, 1))
    first, last = min(one.start for one in stations), max(one.end for one in stations)
    return [replace(stations[0], aspect=REGIONAL, value=f"{involved}/{examined}", start=first, end=last)]
