"""What a text claims of a patient: the numbers of its line, a level of risk, findings, and further numbers, each with its place."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from workflow_scripts.lib.prompts.prognosis import CaseTemplate
from workflow_scripts.lib.reports.findings import POSSIBLY

NUMBER = re.compile(r"([^\W\d_]*)(\d+(?:[.,]\d+)*)")  # with the letters before it: T2 is not 2
SIDES = ("worse", "better")
DENIED = r"(?:(\b(?:not?|never)|n['’]t)(?:\s+(?:a|an|at|of|in))*[\s-]+)?"  # before a level
NOTHING = r"(?!)"  # an expression that matches nothing


@dataclass(frozen=True)
class Claim:
    """``said`` from ``start`` to ``end`` of the text: of the ``kind`` line, level, finding or number; a finding's ``side`` is worse or
    better, or empty where the text does not say, and a level may be ``denied``."""

    kind: str
    said: str
    start: int
    end: int
    side: str = ""
    denied: bool = False

    @property
    def words(self) -> str:
        """What is ``said``, or denied."""
        return f"not {self.said}" if self.denied else self.said


@dataclass(frozen=True)
class Reading:
    """The ``claims`` of a text, those of the line first; ``formed`` where its prose has the form of the template."""

    claims: list[Claim]
    formed: bool

    def of(self, kind: str) -> list[Claim]:
        """The claims of one kind, in the order of the text."""
        return [claim for claim in self.claims if claim.kind == kind]


class Reader:
    """Reads texts that were written along ``template``, or freely.

    In the template's form an item of a list is a finding, whatever it says. Elsewhere findings are known by their phrases alone, which
    are those ``known`` of any patient: what is said in other words is not seen.
    """

    def __init__(self, template: CaseTemplate, horizon_days: Sequence[float], known: Iterable[str]) -> None:
        *pieces, last = map(re.escape, template.pieces([int(days) for days in horizon_days]))
        outline, number = template.outline([]), r"(\d+(?:\.\d+)?)"
        levels, (first, second, third) = _any_of(outline.levels), map(re.escape, outline.joints)
        behind = re.match(r"[\s\w]*", outline.joints[0])[0].rstrip()  # of " risk. Worse: " what belongs to the level
        behind = re.sub(r"\s+", r"[\\s-]+", behind)  # high risk, high-risk
        self.line = re.compile(rf"\s*{number.join(pieces)}{number}(?:{last})?")
        self.form = re.compile(rf"({levels}){first}(.*?){second}(.*?){third}", re.DOTALL)
        self.level = re.compile(rf"{DENIED}(?<!\w)({levels}){behind}(?!\w)", re.IGNORECASE)
        self.separator, self.nothing = outline.separator, outline.nothing
        self.known = [(phrase.lower(), phrase) for phrase in sorted(set(known))]

    def read(self, text: str) -> Reading | None:
        """What ``text`` claims; None where it does not begin with the line."""
        line = self.line.match(text)
        if line is None:
            return None
        stated = [Claim("line", line[place], *line.span(place)) for place in range(1, self.line.groups + 1)]
        form = self.form.fullmatch(text, line.end(), len(text.rstrip()))
        named = self._listed(text, form) if form else self._found(text, line.end())
        others = (Claim("number", found[0], *found.span()) for found in NUMBER.finditer(text, line.end()))
        return Reading([*stated, *named, *others], form is not None)

    def _listed(self, text: str, form: re.Match) -> Iterator[Claim]:
        """The level, and the items of both lists."""
        yield Claim("level", form[1], *form.span(1))
        item = re.compile(rf"({self._phrases(text)}|.+?)(?:{re.escape(self.separator)}|\Z)", re.IGNORECASE | re.DOTALL)
        for place, side in enumerate(SIDES, 2):
            for found in item.finditer(text, *form.span(place)):
                if found[1] != self.nothing:
                    yield Claim("finding", found[1], *found.span(1), side)

    def _found(self, text: str, start: int) -> Iterator[Claim]:
        """Levels and findings anywhere behind ``start``."""
        for found in self.level.finditer(text, start):
            yield Claim("level", found[2], *found.span(2), denied=bool(found[1]))
        for found in re.compile(whole(rf"(?:{POSSIBLY})?(?:{self._phrases(text)})"), re.IGNORECASE).finditer(text, start):
            yield Claim("finding", found[0], *found.span())

    def _phrases(self, text: str) -> str:
        """An expression for those known phrases that are somewhere in ``text``, the longest first."""
        low = text.lower()
        return _any_of([phrase for lowered, phrase in self.known if lowered in low])


def _any_of(words: Sequence[str]) -> str:
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True))) or NOTHING


def whole(expression: str) -> str:
    """``expression`` where it begins and ends with a word."""
    return rf"(?<!\w)(?:{expression})(?!\w)"


def numbers_of(text: str) -> set[tuple[str, str]]:
    """Every number of ``text`` with the letters before it, and with fewer of them: of "pT2" come (pt, 2), (t, 2) and ("", 2)."""
    return {(letters[place:].lower(), plain(number)) for letters, number in NUMBER.findall(text) for place in range(len(letters) + 1)}


def plain(number: str) -> str:
    """A number without what may be written otherwise: 1,024 is 1024, 07 is 7, 5.0 is 5."""
    if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", number):
        number = number.replace(",", "")
    try:
        return repr(float(number.replace(",", ".")))
    except ValueError:  # 1.2.3
        return number
