"""Where a report has the words that a statement rests on, and whether they carry the value that it states."""

import re
from collections.abc import Iterator
from functools import lru_cache

from workflow_scripts.lib.reports.counted import counts
from workflow_scripts.lib.reports.engines.base import as_written
from workflow_scripts.lib.reports.named import BROKEN

WORD = 40  # characters of a word, at most
PATIENCE = 1000  # places of a quotation that are looked at: in all of them it cuts a word
LEAST = 2  # characters of a quotation: less is found anywhere
TELLING = re.compile(r"[^\W\d_]|\d\D+\d")  # a letter, or numbers such as 2/14: a number alone is found anywhere too
PREFIX = r"(?:[yraum]?[cp]|[yr])?"
CATEGORY = rf"{PREFIX}[tnm]\s*(?:[0-4ol]|x|is|a)[a-e]?[1-3]?"
GLUED = re.compile(rf"(?:{CATEGORY}\s*)+", re.IGNORECASE)  # stages are written as one word, as pT2aN1MX
NO_MEASURE = r"(?!\d|[.,]\d|\s*[cm]m\b)"
BEFORE = re.compile(rf"(?<!\w)(?:{CATEGORY})*{PREFIX}\Z", re.IGNORECASE)  # what a stage may stand behind, in its word
BEHIND = re.compile(rf"{NO_MEASURE}(?:\W|_|\Z|{CATEGORY})", re.IGNORECASE)
ALIKE = {"“": '"', "”": '"', "„": '"', "’": "'", "‘": "'", "–": "-", "—": "-", "‐": "-", "‑": "-"}
ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen"),
    *("fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
NUMBERS = {word: number for number, word in enumerate(ONES)} | {word: 20 + 10 * place for place, word in enumerate(TENS)}
NUMBERS |= {f"{ten}-{one}": NUMBERS[ten] + NUMBERS[one] for ten in TENS for one in ONES[1:10]}
NUMBERS |= dict.fromkeys(("no", "none", "not", "negative", "without", "benign", "free"), 0) | {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5}
GRADES = {"well": 1, "moderately": 2, "poorly": 3, "gi": 1, "gii": 2, "giii": 3, "giv": 4}
NUMBER = re.compile(r"\d+(?:[.,]\d+)?|[a-z]+-[a-z]+|[a-z]+")
SCALE = re.compile(r"(?<=[\div])\s*(?:/|(?:out )?of)\s*(?:[345]|i{2,3}|i?v|three|four|five)\b")  # behind a grade
OPENS, GOES_ON = re.compile(r"\d+(?:[.,]|\s*(?:/|of)\s*)\Z"), re.compile(r"(?:[.,]|\s*(?:/|(?:out )?of)\s*)\d+")  # a number in parts
MISREAD = {"1": "[1il|]", "0": r"(?:0|o(?![a-z]|\s+[a-z]{3}))"}  # digits as scanning reads them


WORDED = {"is": r"\bin[ -]*situ\b", "a": r"non-?\s*invasive"}  # categories that are said in words
TYPE = re.compile(
    r"\w*(?:om|omas?|ome|oid|ary|ous|ular|nested|cystic|ocytic|chromophobe|basal|ductal|cells?|differentiation)|tumou?rs?|neoplasms?|cancers?"
)
DENIES = re.compile(r"\b(?:no|not|without|negative for|rather than|absen\w+)\b")


def locate(report: str, quoted: str, least: int = LEAST) -> tuple[int, int] | None:
    """Start and end (characters) of ``quoted`` in ``report``: exact, else whatever the case, spaces and hyphens at the ends of lines.

    None where it is not there as whole words, or is shorter than ``least``, or is a number alone.
    """
    quoted = as_written(quoted).strip()
    if len(quoted) < least or not TELLING.search(quoted):
        return None
    if place := _whole(report, quoted):
        return place
    (plain, places), (wanted, _) = _plain(report), _plain(quoted)
    found = _whole(plain, wanted, report, places) if wanted else None
    return found and (places[found[0]], places[found[1] - 1] + 1)


def _whole(text: str, wanted: str, around: str | None = None, places: list[int] | None = None) -> tuple[int, int] | None:
    """The first place of ``wanted`` in ``text`` that cuts no word of ``around``, in which ``text`` has these ``places``."""
    around = text if around is None else around
    start = text.find(wanted)
    for _ in range(PATIENCE):
        if start < 0:
            break
        end = start + len(wanted)
        first, last = (start, end - 1) if places is None else (places[start], places[end - 1])
        if not _cuts(around, first, last):
            return start, end
        start = text.find(wanted, start + 1)
    return None


def _cuts(text: str, first: int, last: int) -> bool:
    """Whether a word goes on before ``first`` or after ``last``; within stages written as one word, each is a word."""
    before, after = text[first - 1 : first] if first else "", text[last + 1 : last + 2]
    if last - first < WORD and GLUED.fullmatch(text[first : last + 1]):
        return not (BEFORE.search(text, max(0, first - WORD), first) and BEHIND.match(text, last + 1))
    return (before.isalnum() and text[first].isalnum()) or (after.isalnum() and text[last].isalnum())


@lru_cache(maxsize=4)
def _plain(text: str) -> tuple[str, list[int]]:
    """``text`` without what scanning and quoting change, and where each of its characters stood: spaces, and hyphens between letters."""
    letters, places = [], []
    for place, letter in _kept(text):
        for one in ALIKE.get(letter, letter).casefold():
            letters.append(one)
            places.append(place)
    return "".join(letters), places


def _kept(text: str) -> Iterator[tuple[int, str]]:
    """The characters that count, with their places; a space between two digits does, for 3 4 is not 34."""
    dropped = {place for match in re.finditer(r"\s+|\u00ad", text) for place in range(*match.span())}
    dropped -= {match.start() for match in re.finditer(r"(?<=\d)\s+(?=\d)", text)}
    dropped |= {match.start() for match in re.finditer(r"(?<=[^\W\d_])[-‐‑](?=\s*[^\W\d_])", text)}
    for place, letter in enumerate(text):
        if place not in dropped:
            yield place, " " if letter.isspace() else letter


def with_whole_numbers(report: str, start: int, end: int) -> tuple[int, int]:
    """The place with all of the numbers at its ends, as 3.2 and 2/14 are."""
    before = OPENS.search(report, max(0, start - WORD), start) if report[start].isdigit() else None
    behind = GOES_ON.match(report, end, end + WORD) if report[end - 1].isdigit() else None
    return before.start() if before else start, behind.end() if behind else end


def carries(evidence: str, field: str, aspect: str, value: str) -> bool:
    """Whether the words have ``value``: a number as digits, word or Roman numeral, in mm or cm; a type and a stage as they are.

    Other words, such as present, are not asked for: reports have many for each.
    """
    said = evidence.casefold()
    if field == "nodes" and "/" in value:
        return counts(said, value) or counts(BROKEN.sub("", said), value)
    if field == "size":
        wanted = float(value.split(maxsplit=1)[0])
        return any(abs(wanted - number * unit) < 0.05 for number, _ in _numbers(said) for unit in (1, 10))
    if field == "histology" and not _histology(said, value.casefold()):
        return False
    return field not in PLACES or any(True for _ in places(said, field, aspect, value))


def places(said: str, field: str, aspect: str, value: str) -> Iterator[tuple[int, int]]:
    """Where the words, in small letters, have the ``value`` of a stage or a grade, or the word that a type is known by."""
    return PLACES[field](said, aspect, value.casefold())


def _stages(said: str, aspect: str, value: str) -> Iterator[tuple[int, int]]:
    category = re.fullmatch(r"[cpyramu]*([tnm])(.*)", value)
    if aspect == "group":
        wanted = rf"(?<![a-z0-9]){value}(?![a-z0-9])"
    elif category:
        letter, rest = category.groups()
        itself = r"\s*".join(MISREAD.get(digit, digit) for digit in (letter, *rest))
        wanted = rf"(?<![^\W\d_])(?:{CATEGORY})*{PREFIX}\s*{itself}{NO_MEASURE}|{WORDED.get(rest, '(?!)')}"
    else:
        return
    for found in re.finditer(wanted, said):
        yield found.span()


def _grades(said: str, aspect: str, value: str) -> Iterator[tuple[int, int]]:
    """Of a word, or of each of the numbers, unless one is missing; the number of grades that there are is none."""
    said = SCALE.sub(lambda found: " " * len(found[0]), said)
    if value.isalpha():
        yield from (found.span() for found in re.finditer(rf"(?<![a-z]){value}", said))
        return
    words = [(float(GRADES[found[0]]), found.span()) for found in re.finditer(r"[a-z]+", said) if found[0] in GRADES]
    there, wanted = [*_numbers(said), *words], set(map(float, value.split("+")))
    if wanted <= {number for number, _ in there}:
        yield from (place for number, place in there if number in wanted)


def _types(said: str, aspect: str, value: str) -> Iterator[tuple[int, int]]:
    known_by = [word for word in re.findall(r"[^\W\d_]+", value) if TYPE.fullmatch(word)]
    for found in re.finditer(re.escape(known_by[-1]), said) if known_by else ():
        yield found.span()


def _histology(said: str, value: str) -> bool:
    """Every word of the type is there, one of them names a tumour or its look, and none denies."""
    there = {word for text in (BROKEN.sub("", said), said) for word in re.findall(r"[^\W\d_]+", text)}
    words = re.findall(r"[^\W\d_]+", value)
    return there.issuperset(words) and any(TYPE.fullmatch(word) for word in words) and not DENIES.search(said)


def _numbers(said: str) -> Iterator[tuple[float, tuple[int, int]]]:
    """Each number, and where it stands."""
    for found in NUMBER.finditer(said):
        word = found[0]
        if word[0].isdigit():
            yield float(word.replace(",", ".")), found.span()
        elif word in NUMBERS:
            yield float(NUMBERS[word]), found.span()
        elif "-" in word:
            yield from ((float(NUMBERS[part]), found.span()) for part in word.split("-") if part in NUMBERS)


PLACES = {"stage": _stages, "grade": _grades, "histology": _types}
