"""Grade: named systems, numbers, and words."""

import re
from collections.abc import Iterator

from workflow_scripts.lib.reports.rules.numbers import ROMAN
from workflow_scripts.lib.reports.rules.numbers import WORDS as COUNTS
from workflow_scripts.lib.reports.rules.passages import Passage
from workflow_scripts.lib.reports.rules.reading import blank
from workflow_scripts.lib.reports.statements import Statement

FIGURE = (
    r"(?:iiiiiv(?![a-z])|iviiv(?![a-z])|one(?![a-z])|two(?![a-z])|three(?![a-z])|four(?![a-z])|[1-4](?![0-9]|[.][0-9])|i{1,3}v?(?![a-z])"
    r"|iv(?![a-z])|il[il]?(?![a-z])"
    r"|l[il]{1,2}(?![a-z])|11?[iv](?![a-z])"
    r"|111?(?![0-9])|lv(?![a-z]))"
)
RANGE = (
    rf"(?P<first>{FIGURE})(?:[ ]?(?:-|to|/(?=[ ]?{FIGURE}[ ]?(?:/|of))|and|&|,? (?:with "
    rf"|and )?focal(?:ly)?(?: areas? of)?)[ ]?(?:focally )?(?:grade )?g?(?P<second>{FIGURE}))?"
)
FUHRMAN = re.compile(
    rf"\bfu[hr]\w{{2,5}}n(?:'?s)?(?: (?:nuclear|histologic|nucleolar))?(?: grad(?:e|ing))?(?:\)"
    rf"|,)?(?: ?\([^)]{{0,30}}\))?[ ]?(?:score )?(?:[:=,]|is|was|of|should read|(?:varies|varying|ranges?|ranging) from"
    rf"|-)?[ ]?(?:fuh\w+n )?(?:nuclear )?(?:grade )?(?:is )?g?{RANGE}(?![ ]?(?:-[ ]?[1-4])?\)[ ]?:)"
)
ISUPS = re.compile(r"\bisup\b")
BY_ISUP = re.compile(
    r"(?:[ ]?(?:of|/)[ ]?[1-4iv]{1,3})?[ ,(]{1,3}(?:on|by|according to|using|per|in"
    r"|of)?[ ]?(?:the )?(?:who[ ]?(?:[0-9]{4})?[ ]?/?[ ]?)?isup\b"
)
FUHRMANS = re.compile(r"\bfu[hr]\w{2,5}n")
ISUP = re.compile(
    r"\b(?:(?:who ?/ ?)?isup|who ?/ ?isup|(?:gleason )?grade group)(?: (?:nucleolar |nuclear "
    r"|histologic )?grade)?(?: group)?(?: ?\([^)]{0,20}\))?[ ]?[:=]?[ ]?(?:grade )?g?(?P<first>[1-5]|i{1,3}v?"
    r"|iv)(?:[ ]?-[ ]?(?P<second>[1-5]|i{1,3}v?|iv))?"
    r"(?![0-9a-z]|[ ]?\+|[ ]?[.][0-9])"
)
NUCLEAR = re.compile(rf"\b(?:high |low )?nuclear grade[ ]?(?:\([^)]{{0,30}}\))?[ ]?(?:[:=,]|is|was|-)?[ ]?(?:nuclear )?(?:grade )?{RANGE}")
NUCLEAR_WORD = re.compile(
    r"\b(?P<word>high|low|intermediate)(?: nuclear grade|-nuclear grade)|\bnuclear grade[ ]?[:=]?[ ]?(?P<after>high|low|intermediate)"
)
NUMBERED = re.compile(
    rf"\b(?:histolog\w+ |tumou?r |overall |final |combined |elston |nottingham )*(?:grade|grading"
    rf"|differentiation)(?: of (?:the )?tumou?r)?[ ]?(?:\([^)]{{0,40}}\))?[ ]?(?:[:=,]|is|was|should read"
    rf"|-)?[ ]?(?:grade )?g?{RANGE}(?!\+|[ ]?\+)"
)
G = re.compile(r"(?<![a-z0-9])g[ ]?(?P<first>[1-4])(?:[ ]?-[ ]?g?(?P<second>[1-4]))?(?![0-9a-z+]|[.][0-9])")
GLEASON = re.compile(r"\bgleason\w*[^.;]{0,60}?(?P<one>[1-5])[ ]?\+[ ]?(?P<two>[1-5])(?![0-9])")
BOTH = re.compile(
    r"\bgleason\w*(?: (?:score|grades?|patterns?))?[ :]{1,3}(?:primary[ :]{1,2})?(?P<one>[1-5])(?:,? (?:and )?secondary[ :]{1,2}|[ ]and[ ])"
    r"(?P<two>[1-5])(?![0-9])"
)
SUM = re.compile(r"(?<![0-9+])(?P<one>[1-5])[ ]?\+[ ]?(?P<two>[1-5])[ ]?=[ ]?(?:[2-9]|10)(?![0-9])")
PRIMARY = re.compile(
    r"primary (?:gleason )?(?:grade|pattern)[ ]?:?[ ]?(?:grade )?(?P<one>[1-5])(?:/5)?[^0-9]{1,60}secondary (?:gleason )?(?:grade"
    r"|pattern)[ ]?:?[ ]?(?:grade )?(?P<two>[1-5])"
)
WORD = re.compile(
    r"\b(?P<word>high|low|intermediate)(?:[ ]?-[ ]?| )grade\b(?P<what>[^.;:,]{0,40})"
    r"|\bgrade(?: of (?:the )?tumou?r)?(?: \([^)]{0,30}\))?(?:[^.;0-9]{0,25}[:=]| is)[ ]?(?P<after>high|low"
    r"|intermediate)\b|\bgrade[ ](?:high|low)\b(?<=(?P<late>high|.low))"
)
DIFFERENTIATED = re.compile(
    r"\b(?P<word>well|moderately|moderate|poorly|poor|un)[.]?[ -]?(?:(?:to|and) (?P<second>moderately"
    r"|poorly))?[ -]?(?:differentiated|differentiation)\b(?! connective)"
)
WORDS = {"well": "1", "moderately": "2", "moderate": "2", "poorly": "3", "poor": "3", "un": "4"}
NOT_GRADE = re.compile(
    r"regression|dysplas|intra-? ?epithelial|\bpin\b|p\.i\.n|neoplasia|adenoma\b|inflamm|atypia|squamous intra|fever|obstruction|hydro"
)
PATTERN = re.compile(r"(?:primary|secondary|tertiary|gleason)[^.;]{0,20}$")
BENIGN = re.compile(r"(?:scleros\w*|fibrosis|steatosis|hydronephrosis|rejection|nephritis|regression|response)[^.;:]{0,15}$")
IN_SITU = re.compile(r"(?:\b[dl]?cis\b|in[ -]situ\b)[^.;]{0,60}$")
GLASS = re.compile(r"whole|cassette|submitted|slide|block|section")
NEGATED = re.compile(
    r"\b(?:no|not|without|negative for|absence of|free of|rather than|versus|vs|or"
    r"|differential diagnos[ie]s)\b(?!.*\b(?:but|with)\b)[^.;:,]{0,40}$"
)


FIGURES = (
    ("gleason", GLEASON),
    ("gleason", PRIMARY),
    ("gleason", BOTH),
    ("gleason", SUM),
    ("fuhrman", FUHRMAN),
    ("isup", ISUP),
    ("nuclear", NUCLEAR),
    ("histologic", NUMBERED),
    ("histologic", G),
)
QUICK = re.compile(r"grad|primary|fu[hr]|gleason|differentiat|isup|\bg[ ]?[1-4]\b|[1-5][ ]?\+[ ]?[1-5]")
SCALE = re.compile(r"\(grades? 1[ ]?[-~][ ]?[34]\)(?![ ]?:[ ]?[1-4i])")  # of which none is said yet
MOSTLY = re.compile(r"\b(?:most(?:ly| of)|mainly|predominantly|primarily|largely)\b.*\b(?:focal\w*|foci|few|but|areas?|with)\b")


def find(passage: Passage) -> Iterator[Statement]:
    """Every grade that the passage states."""
    text = SCALE.sub(blank, passage.text)
    if not QUICK.search(text):
        return
    said = [*_figures(passage, text)]
    for one in said:
        mostly = MOSTLY.search(text) and one.aspect != "gleason"
        if not mostly or one.value == max(other.value for other in said if other.aspect == one.aspect):
            yield one
    yield from _words(passage)


def _figures(passage: Passage, text: str) -> Iterator[Statement]:
    """Grades in figures; where two wordings find the same, the first counts."""
    taken: list[tuple[int, int]] = []
    for aspect, pattern in FIGURES:
        for found in pattern.finditer(text):
            if found.re is G and GLASS.search(text):
                continue
            if any(start < found.end() and found.start() < end for start, end in taken) or _not_of_tumour(text, found):
                continue
            taken.append(found.span())
            yield _statement(passage, _system(text, found) if aspect in ("nuclear", "histologic") else aspect, _figure(found), found)


def _system(text: str, found: re.Match) -> str:
    """The system that is named beside a grade."""
    if ISUPS.search(found[0]) or BY_ISUP.match(text, found.end()):
        return "isup"
    if FUHRMANS.search(text):
        return "fuhrman"
    return "nuclear" if found.re is NUCLEAR else "histologic"


def _figure(found: re.Match) -> str:
    """The grade in figures; of a range, the higher; of Gleason's two, both."""
    groups = found.groupdict()
    if "one" in groups:
        return f"{groups['one']}+{groups['two']}"
    return str(max(_number(groups[name]) for name in ("first", "second") if groups[name]))


def _number(word: str) -> int:
    if word in COUNTS:
        return COUNTS[word]
    return int(word) if word in "12345" else ROMAN.get(word, ROMAN.get(word.replace("l", "i").replace("1", "i"), 1))


def _words(passage: Passage) -> Iterator[Statement]:
    text = passage.text
    for found in DIFFERENTIATED.finditer(text):
        if not NEGATED.search(text[: found.start()]):
            yield _statement(passage, "histologic", WORDS[found["second"] or found["word"]], found)
    last = -1  # where a grade of the nuclei ends
    for aspect, pattern in (("nuclear", NUCLEAR_WORD), ("histologic", WORD)):
        for found in pattern.finditer(text):
            if found.end() <= last and aspect == "histologic":
                continue
            last = found.end()
            word = next(value for name, value in found.groupdict().items() if value and name != "what").strip()
            if not _not_of_tumour(text, found):
                yield _statement(passage, aspect, word, found)


def _not_of_tumour(text: str, found: re.Match) -> bool:
    """Whether another thing is graded, or the grade denied."""
    if PATTERN.search(text[: found.start()]) and found.re not in (GLEASON, PRIMARY, BOTH, SUM, ISUP):
        return True
    before = text[: found.start()]
    if found.re in (NUCLEAR, NUCLEAR_WORD) and IN_SITU.search(before):
        return True
    return bool(NOT_GRADE.search(text, found.start(), found.end() + 25) or NEGATED.search(before) or BENIGN.search(before))


def _statement(passage: Passage, aspect: str, value: str, found: re.Match) -> Statement:
    near = passage.text[max(0, found.start() - 25) : found.start()]
    certainty = "uncertain" if re.search(r"probabl|possibl|suspect|favou?r|at least focal|suggest", near) else "stated"
    return passage.statement("grade", aspect, value, certainty, *found.span())
