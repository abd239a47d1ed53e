"""Whether a number in prose is so: a percentage lies on the curve, a measure has the unit that was read, any other number was read."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from workflow_scripts.lib.evaluate.claims import NUMBER, Claim, numbers_of, plain
from workflow_scripts.lib.prompts.wording import UNITS_OF_TIME

PERCENT, DAYS = "%", {name: length for name, length, _ in UNITS_OF_TIME}
TIMES = r"years?|yrs?|months?|weeks?|days?|hours?"
OTHERS = r"(?:milli|centi)met(?:re|er)s?|mmhg|gy|bpm|[a-zµμ]* ?/ ?(?:[dmµμu]?l|m[2²]|kg|h|min|hpf)|[cmkµμun]?[mgl]"
UNIT = re.compile(rf"[ \xa0-]?(%|(?:per ?cent|{TIMES}|{OTHERS})(?![\w/]))", re.IGNORECASE)
SPELT = {"percent": PERCENT, "yr": "year"}
SPELT |= {f"{name}met{end}": short for name, short in (("milli", "mm"), ("centi", "cm")) for end in ("re", "er")}
COUNT = r"\d+(?:\.\d+)?"
BARE = rf"\b(?:at|after|for|within|by)\s+({COUNT})(?=\s*(?:[,;)]|and\b|but\b|$))"  # 1 year, and 60 % for 2
TIME = re.compile(rf"(?<![\d.,])({COUNT}(?:-?\s*(?:,|and|or|to|/)\s*{COUNT})*)[\s-]*({TIMES})\b|{BARE}", re.IGNORECASE)  # 1- and 2-year
NEAR = 0.02  # 12 months are a year, of 365 days or of 366
SENTENCE = re.compile(r"(?:[^.!?\n]|[.!?](?!\s|$))+")
CLAUSE = re.compile(r"(?:(?!\b(?:and|but|while|whereas)\b)(?:[^,;:()]|,(?=\d)))+", re.IGNORECASE)
LIVING = re.compile(r"\b(?:alive|liv(?:e|es|ing)|surviv\w*|free)\b", re.IGNORECASE)
DYING = re.compile(r"\b(?:deaths?|dead|die[sd]?|dying|mortality|events?(?!-free))\b", re.IGNORECASE)
DENIED = re.compile(r"\b(?:not?|never|without|fail\w*)\b", re.IGNORECASE)
RISK = re.compile(r"\brisk\b", re.IGNORECASE)


def unit_at(text: str, place: int) -> str:
    """The unit of the number that ends at ``place``, each spelt in one way; empty where none follows that is known."""
    found = UNIT.match(text, place)
    return _spelt(found[1]) if found else ""


def _spelt(unit: str) -> str:
    word = re.sub("[µμ]", "u", unit.lower().replace(" ", "")).rstrip("s")
    return SPELT.get(word, word)


@dataclass(frozen=True)
class Measures:
    """What numbers may be said of a patient: what stands in ``inputs`` and in the ``line``; and at the horizons (q,) of so many ``days``
    the ``percent`` event-free, from which a percentage may be ``tolerance`` points apart."""

    inputs: str
    line: str
    days: Sequence[float]
    percent: np.ndarray
    tolerance: float

    @cached_property
    def _numbers(self) -> set[tuple[str, str]]:
        return numbers_of(self.inputs)

    @cached_property
    def _units(self) -> dict[str, set[str]]:
        return _units_of(self.inputs)

    def judge(self, text: str, numbers: Sequence[Claim]) -> list[bool]:
        """Whether each of the ``numbers`` of ``text`` is so.

        A percentage that was read with its sign is; any other has to lie on the curve. A measure has to be read with its unit, where its
        number is read with any; a time may also be a horizon, however it is worded. What is left has to stand in the inputs or the line.
        """
        of_curve = [one for one in numbers if unit_at(text, one.end) == PERCENT and PERCENT not in self._units.get(_key(one)[1], ())]
        return [self._on_curve(one, of_curve, text) if one in of_curve else self._is_read(one, unit_at(text, one.end)) for one in numbers]

    def _is_read(self, claim: Claim, unit: str) -> bool:
        key = _key(claim)
        if not unit:
            return key in self._numbers | numbers_of(self.line)
        return (key in self._numbers and unit in self._units.get(key[1], {unit})) or bool(self._at(_value(key[1]), unit))

    def _on_curve(self, claim: Claim, percentages: Sequence[Claim], text: str) -> bool:
        """In a sentence with as many horizons as percentages each belongs to its own; else to any that is named, or to any at all."""
        sentence = _around(SENTENCE, text, claim)
        beside = [other for other in percentages if sentence.start() <= other.start < sentence.end()]
        named = self._named(sentence[0])
        places = [named[beside.index(claim)]] if len(named) == len(beside) else named or range(len(self.days))
        said = _value(_key(claim)[1])
        alive = np.array([100 - said if dying else said for dying in _sides(text, claim)])
        return bool((np.abs(alive[:, None] - self.percent[list(places)]) <= self.tolerance + 1e-9).any())

    def _named(self, sentence: str) -> list[int]:
        """The horizons of a sentence, in its order."""
        times = list(TIME.finditer(sentence))
        unit = next((time[2] for time in times if time[2]), "")
        counts = [(float(count), time[2] or unit) for time in times for count in re.findall(COUNT, time[1] or time[3])]
        return [place for count in counts for place in self._at(*count)]

    def _at(self, count: float, unit: str) -> list[int]:
        """The horizon that is so far away, if there is one."""
        days = count * DAYS.get(_spelt(unit), np.nan)
        return [place for place, horizon in enumerate(self.days) if abs(days - horizon) <= NEAR * horizon][:1]


def _key(claim: Claim) -> tuple[str, str]:
    letters, number = NUMBER.fullmatch(claim.said).groups()
    return letters.lower(), plain(number)


def _value(number: str) -> float:
    return float(number) if re.fullmatch(r"[\d.e+]+", number) and number.count(".") < 2 else np.nan


def _units_of(text: str) -> dict[str, set[str]]:
    """By number, the units that it has in ``text``."""
    units: dict[str, set[str]] = {}
    for found in NUMBER.finditer(text):
        if unit := unit_at(text, found.end()):
            units.setdefault(plain(found[2]), set()).add(unit)
    return units


def _around(part: re.Pattern, text: str, claim: Claim) -> re.Match:
    """The sentence or clause that ``claim`` stands in."""
    return next(found for found in part.finditer(text) if found.start() <= claim.start < found.end())


def _sides(text: str, claim: Claim) -> set[bool]:
    """Whether a percentage is of those who die: by the words of its clause, or of its sentence; both where these do not tell."""
    told = (_around(part, text, claim)[0] for part in (CLAUSE, SENTENCE))
    words = next((one for one in told if LIVING.search(one) or DYING.search(one)), _around(CLAUSE, text, claim)[0])
    living, dying = bool(LIVING.search(words)), bool(DYING.search(words))
    unsure = DENIED.search(words) or (living and dying) or (RISK.search(words) and not (living or dying))
    return {False, True} if unsure else {dying}
