"""Reading what a language model says of a patient's survival: probabilities at the days that were asked about, and a rationale.

``strict`` is the JSON object that was asked for and nothing else. ``tolerant`` is as much among other words, in half an object or a
list, in percent or strings, at times in words or with others beside them. ``repaired`` are probabilities that rise a little. Numbers
that could be read in two ways are not read, nor those of the event: of dying, say, and not of living.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from workflow_scripts.lib.reports.engines.base import objects_in, spoken
from workflow_scripts.lib.teacher.rationale import rationale_of

STRICT, TOLERANT, REPAIRED = "strict", "tolerant", "repaired"
READINGS = (STRICT, TOLERANT, REPAIRED)
UNREAD, MISSING, TWICE = "unread answer", "a time is missing", "a time has two answers"
UNCLEAR, OUTSIDE, RISING, BARE = "neither 0 to 1 nor percent", "not within 0 to 1", "probabilities that rise", "no rationale"
EVENT = "probabilities of the event"
LONGEST = 20_000  # characters of an answer that are read
HALF = 0.5  # what rises and stays below is rather the event that was meant
SLIP = 0.05  # a rise up to here is a slip; of more, perhaps the event was meant, or nothing
NEAR, NEAR_DAYS = 0.02, 1.5  # "6 months" may be 180 days, or 182
LENGTHS = {"": 1.0, "d": 1.0, "w": 7.0, "m": 365.25 / 12, "y": 365.25}
PROBABILITIES, RATIONALE = "probabilities", "rationale"

TIME = r"\d{1,6}(?:\.\d{1,3})?[ -]{0,2}(?:d(?:ays?)?|w(?:ee)?ks?|mo(?:nth)?s?|y(?:ea)?rs?|[wmy])?"
NUMBER = r"[+-]?(?:\d{1,9}(?:\.\d{0,20})?|\.\d{1,20})\s{0,3}(?:%|percent)?"
KEY = re.compile(r"\s*(\d{1,6}(?:\.\d{1,3})?)\s*-?\s*([dwmy]?)\w*\s*", re.ASCII | re.IGNORECASE)
WHOLE_TIME = re.compile(rf"\s*{TIME}\s*", re.ASCII | re.IGNORECASE)
WHOLE_NUMBER = re.compile(rf"\s*({NUMBER})\s*", re.ASCII | re.IGNORECASE)
MARKS = r"[ \t*_|]{0,6}"
PAIR = re.compile(  # a time, a colon, a number: as in JSON, or at the beginning of a line; a number at the very end may be half of one
    rf'(?:"\s{{0,3}}(?P<quoted>{TIME})\s{{0,3}}"\s{{0,3}}:|^[ \t>*|_•-]{{0,12}}(?P<listed>{TIME}){MARKS}[:=|]){MARKS}'
    rf'"?(?P<number>{NUMBER})(?=[\s",}}*_|;]|\.\s)(?!\s*(?:to|out|of|or|and|[-–/])\s)(?!,\d)',
    re.ASCII | re.IGNORECASE | re.MULTILINE,
)

OF_EVENT = re.compile(r"death|dead|dying|\bdie|mortal|event|risk|hazard|relaps|recur|progress|fail", re.IGNORECASE)
OF_SURVIVAL = re.compile(r"surviv|alive|living|free|without", re.IGNORECASE)
PIECES = re.compile(r"[.,;}]")  # what ends before the words that head numbers

Said = tuple[float, bool]  # a number, and whether it has a percent sign


def _keys_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key comes twice")
    return found


ONCE = json.JSONDecoder(object_pairs_hook=_keys_once)


@dataclass(frozen=True)
class Opinion:
    """What came of one answer: ``outcome`` is one of READINGS, or says in words that quote nothing why there is no more."""

    outcome: str
    probability: tuple[float, ...] | None = None  # at the days asked about, never rising
    rationale: str | None = None


class Unreadable(ValueError):
    """An answer that says no probabilities; its text is the outcome."""


def read_opinion(answer: str, days: Sequence[int], longest: int) -> Opinion:
    """The opinion in ``answer`` on survival to ``days`` (q,), its rationale of ``longest`` characters at most."""
    text = spoken(answer)[:LONGEST]
    try:
        numbers, given = _numbers(text, days)
        stated = _scaled(numbers)
        probability = falling(stated)
    except Unreadable as error:
        return Opinion(str(error))
    rationale = rationale_of(given, text, longest)
    if rationale is None:
        return Opinion(BARE)
    reading = REPAIRED if probability != stated else STRICT if _as_asked(text, days) else TOLERANT
    return Opinion(reading, tuple(probability), rationale)


def _numbers(text: str, days: Sequence[int]) -> tuple[list[Said], Any]:
    """The numbers for ``days``, and the rationale where it is given beside them; from objects, else from pairs in the text."""
    found = [(by_day, beside) for value in objects_in(text, ONCE) for by_day, beside in _stated(value, days)]
    if not found:
        matches = [*PAIR.finditer(text)]
        if matches and _of_event(_heading(text[: matches[0].start()])):
            raise Unreadable(EVENT)
        found = [(_by_day([(one["quoted"] or one["listed"], one["number"]) for one in matches], days), None)] if matches else []
    if not found:
        raise Unreadable(UNREAD)
    whole = [one for one in found if set(one[0]) == set(days)]
    if not whole:
        raise Unreadable(MISSING)
    if any(one[0] != whole[0][0] for one in whole):
        raise Unreadable(TWICE)
    return [whole[0][0][day] for day in days], next((beside for _, beside in whole if beside is not None), None)


def _stated(value: Any, days: Sequence[int]) -> Iterator[tuple[dict[int, Said], Any]]:
    """What the JSON ``value`` states by day, with the rationale beside it, wherever in it that stands."""
    left = [value]
    while left:
        one = left.pop()
        if not isinstance(one, dict):
            left += one if isinstance(one, list) else []
            continue
        named = {name.strip().casefold(): inner for name, inner in one.items()}
        inner = named.get(PROBABILITIES, one)
        if isinstance(inner, list) and len(inner) == len(days):
            inner = dict(zip(map(str, days), inner, strict=True))
        if isinstance(inner, dict) and (by_day := _by_day(inner.items(), days)):
            yield by_day, named.get(RATIONALE)
        else:
            left += [inner for name, inner in one.items() if not _of_event(name)]


def _of_event(words: str) -> bool:
    """Whether numbers under these ``words`` are of the event, and not of staying free of it."""
    return OF_EVENT.search(words) is not None and OF_SURVIVAL.search(words) is None


def _heading(text: str) -> str:
    """The last words of ``text``, before numbers: of its last line in words, or the key of an object; none where a sentence ends."""
    last = next((line for line in reversed(text.splitlines()) if re.search(r"[^\W\d_]", line)), "")
    return PIECES.split(last.rstrip())[-1]


def _by_day(pairs: Any, days: Sequence[int]) -> dict[int, Said]:
    """The numbers among ``pairs`` of time and number, by the day meant; other times are left out. Raises Unreadable where two differ."""
    found: dict[int, Said] = {}
    for time, value in pairs:
        day, said = day_of(str(time), days), _number(value)
        if day is not None and said is not None and found.setdefault(day, said) != said:
            raise Unreadable(TWICE)
    return found


def day_of(time: str, days: Sequence[int]) -> int | None:
    """Which of ``days`` is meant by "365", "365 days", "1 year" or "12-month"; None where it is none of them, or could be two."""
    match = KEY.fullmatch(time) if WHOLE_TIME.fullmatch(time) else None
    if match is None:
        return None
    unit = match[2].lower()
    meant = float(match[1]) * LENGTHS[unit]
    near = [day for day in days if abs(day - meant) <= (max(NEAR * day, NEAR_DAYS) if unit not in ("", "d") else 0)]
    return near[0] if len(near) == 1 else None


def _number(value: Any) -> Said | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if not isinstance(value, str):
        return value, False
    match = WHOLE_NUMBER.fullmatch(value)
    return (float(re.sub(r"[^\d.+-]", "", match[1])), match[1][-1] in "%tT") if match else None


def _scaled(numbers: Sequence[Said]) -> list[float]:
    """Probabilities: numbers without a percent sign are percentages where one of them is 2 or more, and only if none is a fraction."""
    plain = [number for number, percent in numbers if not percent]
    large = any(number >= 2 for number in plain)
    if any(1 < number < 2 or (large and 0 < number < 1) for number in plain):
        raise Unreadable(UNCLEAR)
    scales = [100 if percent or large else 1 for _, percent in numbers]
    if not all(0 <= number <= scale for (number, _), scale in zip(numbers, scales, strict=True)):  # neither is what is no number
        raise Unreadable(OUTSIDE)
    return [number / scale for (number, _), scale in zip(numbers, scales, strict=True)]


def falling(stated: Sequence[float]) -> list[float]:
    """``stated`` probabilities, the earliest first; those that rise by no more than SLIP as the nearest that never rise (least squares).

    Raises Unreadable for greater rises, and where the last is above the first and none above one half.
    """
    if all(later <= earlier for earlier, later in pairwise(stated)):
        return list(stated)
    if any(later - earlier > SLIP + 1e-9 for place, later in enumerate(stated) for earlier in stated[:place]):
        raise Unreadable(RISING)
    if stated[-1] > stated[0] and max(stated) <= HALF:
        raise Unreadable(EVENT)
    from scipy.optimize import isotonic_regression

    return [min(max(float(value), 0.0), 1.0) for value in isotonic_regression(stated, increasing=False).x]


def _as_asked(text: str, days: Sequence[int]) -> bool:
    """Whether ``text`` is the object that was asked for: these keys once and no others, and probabilities as numbers from 0 to 1."""
    try:
        value = ONCE.decode(text)
    except (ValueError, RecursionError):
        return False
    if not isinstance(value, Mapping) or set(value) != {PROBABILITIES, RATIONALE}:
        return False
    stated = value[PROBABILITIES]
    asked = isinstance(stated, Mapping) and set(stated) == {str(day) for day in days}
    return asked and all(type(number) in (int, float) and 0 <= number <= 1 for number in stated.values())
