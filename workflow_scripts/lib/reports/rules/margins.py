"""Margins of resection: which, and whether tumour is at them."""

import re
from collections.abc import Iterator

from workflow_scripts.lib.reports.rules.passages import Passage
from workflow_scripts.lib.reports.statements import Statement

ASPECTS = {
    "ureteral": r"ureter(?:al|ic|s)?",
    "urethral": r"urethra[l]?",
    "vascular": r"vascular|(?:renal )?veins?|(?:renal )?arter(?:y|ial)|venous|vena cava",
    "bronchial": r"bronch(?:ial|us)",
    "parenchymal": r"(?:renal |lung |hepatic )?parenchym\w+",
    "soft tissue": r"soft tissues?|radial|circumferential|perivesical\w*(?: fat| soft tissue| tissue)?|perinephric(?: fat"
    r"| adipose tissue)?|adipose(?: tissue)?|gerota's fascia",
}
NAMED = {aspect: re.compile(rf"(?<![a-z])(?:{words})(?![a-z])") for aspect, words in ASPECTS.items()}
MARGIN = re.compile(
    r"\bmargins?\b(?: of (?:surgical )?(?:resection|excision))?|\b(?:surgical|resection) (?:lines?|edges?|planes?)\b"
    r"|\b(?:cut|inked) (?:edges?|surface)\b|\bthe ink\b"
)
TUMOUR = (
    r"(?:(?:residual |invasive |viable |urothelial |high.grade )*(?:tumou?rs?|carcinomas?|malignan\w+|neoplas\w+|cancer"
    r"|adenocarcinoma|disease)(?: cells| in[ -]situ)?)"
)
STATUS = re.compile(
    r"(?P<unknown>(?:can ?not|could not|unable to) be (?:\w+ )?(?:assess|evaluat|determin)\w*|not (?:assess|evalu)able"
    r"|(?:cannot|unable to) (?:assess|evaluate))"
    rf"|(?P<doubt>suspicious|equivocal|indeterminate|questionable|can ?not be (?:excluded|ruled out)|possibl[ey]|doubtful)"
    r"|(?P<involved>not (?:free|clear|negative|uninvolved)|can ?not be called (?:clear|free|negative)"
    r"|(?<!un)(?<!not )\binvolved|(?<!not )\bpositiv\w+|\br[12]\b"
    rf"|\breach\w*|\btransect\w*|{TUMOUR}(?:(?!\bnot?\b)[^.;]){{0,30}}? (?:is |are )?(?:focally |multifocally )?(?:present"
    rf"|seen|identified|found|extend\w*) (?:at|to|in|within|along)(?! less| [0-9])"
    rf"|{TUMOUR} at (?:the )?|(?:tumou?r|carcinoma|it) (?:focally )?(?:extends?|extending) to(?: (?:and involves?))?"
    rf"|extends? to (?:the )?(?=[^.;]{{0,30}}margin)|(?:show\w*|with|contains?) {TUMOUR}|\bpresent\b(?! within| at less))"
    rf"|(?P<clear>\bun-?involved|(?:does|do|did) not (?:\w+ )?(?:extend|reach|appear)|not (?:\w+ )?(?:involved|involve)"
    rf"|no involvement|does ?not involve|do not involve|\bfree\b|(?<!to )\bclear\b|\bnegativ\w+"
    rf"|\bno (?:evidence of )?(?:residual )?"
    rf"{TUMOUR}|without {TUMOUR}|no (?:in situ|urothelial)[^.;]{{0,40}}|absent|\br0\b|not (?:seen|identified|present)"
    rf"|\bnone\b|(?<=: )no\b|away from)"
)
ENDS = re.compile(r";|\bbut\b|\bhowever\b|\balthough\b|\bexcept\b")
INTO = re.compile(r"\b(?:invad\w+|into|through|invasion (?:of|into)|involving|extending) (?:the )?[a-z ]{0,30}")
DISTANCE = re.compile(
    r"\([^)]*\b(?:from|mm|cm|within|closest|distance)\b[^)]*\)|\b(?:closest|nearest|distance (?:to|from)|proximity)\b[^.;,]*"
)
OTHERS = re.compile(
    r"\bpushing\b|infiltrati(?:ve|ng) margin|margins? of the (?:tumou?r|mass|lesion)|tumou?r margins?:? (?:pushing|infiltr)"
)
MEANS = {
    "unknown": ("not assessable", "stated"),
    "doubt": ("positive", "uncertain"),
    "involved": ("positive", "stated"),
    "clear": ("negative", "stated"),
}


def find(passage: Passage) -> Iterator[Statement]:
    """What the passage says of margins."""
    if not MARGIN.search(passage.text) or OTHERS.search(passage.text):
        return
    text = DISTANCE.sub(_without_status, passage.text)
    for start, end in _clauses(text):
        status = _status(text[start:end])
        if status is None:
            continue
        tissues = INTO.sub(lambda match: " " * len(match[0]), text[start:end])
        value, certainty = MEANS[status.lastgroup]
        margin = MARGIN.search(text, start, end)
        first, last = min(margin.start(), start + status.start()), max(margin.end(), start + status.end())
        for aspect in [aspect for aspect, words in NAMED.items() if words.search(tissues)] or ["all"]:
            yield Statement("margins", aspect, value, certainty, passage.specimen, passage.start + first, passage.start + last)


def _without_status(match: re.Match) -> str:
    return match[0] if STATUS.search(match[0]) else " " * len(match[0])


def _clauses(text: str) -> Iterator[tuple[int, int]]:
    """Parts of the passage that may each say something of a margin: a comma parts them where both sides do."""
    start = 0
    for found in re.finditer(rf",|{ENDS.pattern}", text):
        if found[0] != "," or (
            STATUS.search(text, start, found.start()) and STATUS.search(text, found.end()) and MARGIN.search(text, found.end())
        ):
            yield start, found.start()
            start = found.end()
    yield start, len(text)


def _status(clause: str) -> re.Match | None:
    """What the clause says of the margin that it names: what stands behind its colon, or else what is said first."""
    margin = MARGIN.search(clause)
    if margin is None:
        return None
    colon = re.search(r":\s*", clause[margin.start() :])
    behind = STATUS.search(clause, margin.start() + colon.start(), margin.start() + colon.end() + 60) if colon else None
    return behind or STATUS.search(clause)
