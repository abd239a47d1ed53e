"""Margins of resection: which, and whether tumour is at them."""

import re
from collections.abc import Iterator

from workflow_scripts.lib.reports.rules.codes import coded
from workflow_scripts.lib.reports.rules.listed import ITEMS, MARGINS
from workflow_scripts.lib.reports.rules.passages import Passage
from workflow_scripts.lib.reports.rules.reading import blank
from workflow_scripts.lib.reports.statements import Statement

ASPECTS = {
    "ureteral": r"ureter(?:al|ic|s)?",
    "urethral": r"urethra[l]?",
    "vascular": r"vascular|vasculature|vessels?|(?:renal )?veins?|(?:renal )?arter(?:y|ial)|venous|(?:vena )?cava[l]?",
    "bronchial": r"bronch(?:ial|us)",
    "parenchymal": r"(?:renal |lung |hepatic )?parenchym\w+",
    "soft tissue": r"soft tissues?|radial|circumferential|perivesical\w*(?: fat| soft tissue| tissue)?|perinephric(?: fat"
    r"| adipose tissue)?|adipose(?: tissue)?|gerota\W{0,3}s fascia",
}
NAMED = {aspect: re.compile(rf"(?<![a-z])(?:{words})(?![a-z])") for aspect, words in ASPECTS.items()}
MARGIN = re.compile(
    r"\bmargins?\b(?: of (?:surgical )?(?:resection|excision))?|\b(?:surgical|resection) (?:lines?|edges?|planes?|limits?)\b"
    r"|\b(?:lines?|edges?|planes?|limits?) of (?:surgical )?(?:resection|excision)\b|\b(?:cut|inked) (?:edges?|surface)\b|\bink\b|\bcrm\b"
    r"|\br[012] resection\b|\bresection (?:status|completeness)\b|\bcompleteness of (?:surgical )?resection\b"
)
TUMOUR = (
    r"(?:(?:residual |invasive |viable |urothelial |high.grade )*(?:tumou?rs?|carcinomas?|malignan\w+|neoplas\w+|cancer"
    r"|adenocarcinoma|disease)(?: cells| in[ -]situ)?)"
)
STATUS = re.compile(
    r"(?P<unknown>(?:can ?not|could not|unable to) be (?:\w+ )?(?:assess|evaluat|determin)\w*|not (?:assess|evalu|determin)able"
    r"|(?:cannot|unable to) (?:assess|evaluate)|preclud\w+(?=[^.;]{0,40}\bmargin)|(?:assessment|evaluation) of [^.;]{0,60}\bnot possible"
    r"|not possible to (?:assess"
    r"|determine|evaluate))"
    r"|(?P<doubt>(?:(?:may|might|could) be|suspected|presumed|probabl[ey]|(?<!un)likely)"
    r"(?!(?: \w+)? (?:negative|free|clear|uninvolved|not))"
    rf"|suspicious|equivocal|indeterminate|questionable|can ?not be (?:excluded|ruled out)|(?<!not )possibl[ey]|doubtful)"
    r"|(?P<involved>not (?:free|clear|negative|uninvolved)|can ?not be called (?:clear|free|negative)"
    r"|(?<!not )\binvolv(?:es|ing)\b(?=[a-z -]{1,50}\bmargin)|(?<!un)(?<!not )\binvolved|(?<!not )\bpositiv\w+|\br[12]\b"
    rf"|(?<!not )\b(?:reach|touch)\w*\b(?! (?:to )?(?:within |less than |up to )?[<0-9])|\btransect\w*|(?<=: )(?:focal "
    rf"|flat )?{TUMOUR}(?=[.,;]|$)|\bcompromised|\bat ink\b"
    rf"|{TUMOUR}(?:(?!\b(?:not?|fails?)\b)[^.;]){{0,30}}? (?:is "
    rf"|are )?(?:focally |multifocally )?(?:present"
    rf"|seen|identified|found|extend\w*) (?:at|to|in|on|within|along)(?! less| [0-9]| within)"
    rf"|{TUMOUR} (?:is )?(?:at|on) (?:the )?|ink(?:ed)? on {TUMOUR}|(?:tumou?r|carcinoma|it) (?:focally )?(?:extends?"
    rf"|extending) to(?: (?:and involves?))?(?! within)"
    rf"|extends? to (?!within)(?:the )?(?=[^.;]{{0,30}}margin)|(?:show\w*|with|contains?) {TUMOUR}|\bpresent\b(?! within| at less))"
    rf"|(?P<clear>\b(?:neither|no(?= (?:[a-z]+ ){{0,2}}margins?))\b[^;.]{{0,60}}?\b(?:involved|positive)|\bun-?involved"
    rf"|(?:(?:does|do|did) not|fails? to|without) (?:\w+ )?(?:extend|reach|appear|touch|abut|involving)|not (?:\w+ )?(?:involved|involve)"
    rf"|no involvement|does ?not involve|do not involve|\bfree\b|\bspar(?:es?|ed|ing)\b|\bbenign\b|\bunremarkable\b|\bclean\b"
    rf"|(?<!to )\bclear\b|\b[1-9][0-9.]* ?[cm]m clearance|\bnegativ\w+"
    rf"|\bno (?:evidence of )?(?:residual )?"
    rf"{TUMOUR}|(?:without|devoid of) {TUMOUR}|\bno (?:evidence of )?(?:\w+ )?(?:dysplasia|atypia)(?:,|,? (?:or|and|nor)) {TUMOUR}"
    rf"|no (?:in situ|urothelial)[^.;]{{0,40}}|absent|\br0\b|(?<=: )ro\b|not (?:seen|identified|present)"
    rf"|\bnone\b|(?<=: )no\b|(?<![cm]m )away from)"
)
BUT_FOR = r"except(?:ing)?(?: for| at)?|with the exception of|other than|apart from"
EXCEPT = re.compile(  # margins of which the other is true
    rf"\b(?:{BUT_FOR})\b(?P<which>(?:(?!\b(?:which|that|where)\b)[^,;:.])*?)"
    r"(?=\s(?:is|are|was|were)\b|[;:.]|,(?! (?:which|that|where|not|cannot))|$)"
)
OTHERWISE = {"clear": "involved", "involved": "clear"}
AGAIN = re.compile(  # something else of the same margins
    r"(?:and|but) (?=(?:is |are )?(?:focally )?(?:positive|negative|free|clear|involved|uninvolved)\b"
    rf"(?! (?:lymph|nodes?)| for (?!(?:invasive |in[ -]situ |urothelial )*{TUMOUR})))"
)
OF_THEM = re.compile(  # the same margins, named by a pronoun
    r"(?:and|but|,) (?=(?:(?:it|tumou?r) )?(?:is not|(?:does|do|did) not|fails? to|without) "
    r"(?:present at|at|(?:involv|reach|touch|transect)(?:e|ing)?|extend(?:ing)? (?:in)?to) (?:it|them|this|these)\b)"
)
ANOTHER = re.compile(r"and (?=(?:[a-z]+ ){0,5}margins? (?:is|are|was|were)\b)")  # the same or something else of other margins
VERB = re.compile(r"\b(?:is|are|was|were)\b")  # before "and" a sentence of its own
ENDS = re.compile(rf";|\b(?:but|however|although|{BUT_FOR})\b")
INTO = re.compile(
    r"\bin an? [a-z ]{0,20}vascular ?spaces?\b"
    r"|\b(?:invad\w+|into|through|invasion (?:of|into)|involving(?![a-z -]{1,50}\bmargin)|extending) (?:the )?[a-z ]{0,30}"
    r"|(?:[a-z-]+[ /]){1,2}(?:invasion|thromb\w+)\b"
)
HEADED = re.compile(rf"[^:;.]{{0,60}}(?:{MARGIN.pattern})[^:;.]{{0,30}}:")  # what stands behind it is of margins without saying so
PRECURSOR = re.compile(
    r"\b(?:positive|involved) (?:for|by) (?:\w+[ -]){0,3}(?:dysplasia|\bpin|hyperplasia"
    r"|atypia)\b"
)
DISTANCE = re.compile(
    r"\([^)]*\b(?:from|mm|cm|within|closest|distance)\b[^)]*\)|\b(?:closest|nearest|distance (?:to|from|of)|proximity)\b[^.;,]*"
)
APART = re.compile(r"[0-9] ?(?:mm|cm|em) (?:away )?from\b")  # then something lies near a margin
APART_FROM = re.compile(rf"{APART.pattern} (?:the )?(?:\w+ ){{0,3}}margins?\b")
OTHERS = re.compile(
    r"\bpushing\b|infiltrati(?:ve|ng) margin|margins? of the (?:tumou?r|mass|lesion)|\bcassette|\bink used|tumou?r margins?:? (?:pushing"
    r"|infiltr)"
)
ENDS_TOO = re.compile(r"\b(?:proximal|distal),?(?: and)? (?:(?:proximal|distal),? )?(?:and )?(?:radial|circumferential)\b")
MEANS = {
    "unknown": ("not assessable", "stated"),
    "doubt": ("positive", "uncertain"),
    "involved": ("positive", "stated"),
    "clear": ("negative", "stated"),
}


def find(passage: Passage) -> Iterator[Statement]:
    """What the passage says of margins."""
    for found in coded(passage.text):
        if found["name"] == "r":
            yield passage.statement("margins", "all", *MEANS["clear" if found["figure"] in "0o" else "involved"], *found.span())
    if not MARGIN.search(passage.text) or OTHERS.search(passage.text):
        return
    text, apart = _without_exception(DISTANCE.sub(_without_status, PRECURSOR.sub(blank, passage.text)))
    margin, aspects, head = None, [], HEADED.match(text)
    for start, end, again in _clauses(text, head is not None):
        clause = text[start:end]
        own = _aspects(INTO.sub(blank, clause))
        margin = margin if again and margin else MARGIN.search(text, start, end) or head
        aspects = own or (aspects if again and "elsewhere" not in clause else [])
        listed = head is not None and _item(text, start)
        status = STATUS.search(clause) if again or listed else _status(clause)
        if status is None or (status.lastgroup == "involved" and (APART.search(clause, status.start()) or APART_FROM.search(clause))):
            continue
        first, last = min(margin.start(), start + status.start()), max(margin.end(), start + status.end())
        for aspect in aspects or ["all"]:
            yield passage.statement("margins", aspect, *MEANS[status.lastgroup], first, last)
        for aspect in _aspects(apart["which"]) if apart and status.lastgroup in OTHERWISE else []:
            place = min(first, apart.start()), max(last, apart.end())
            yield passage.statement("margins", aspect, *MEANS[OTHERWISE[status.lastgroup]], *place)


def _aspects(text: str) -> list[str]:
    """The margins that are named; both ends beside another are all."""
    return [*(["all"] if ENDS_TOO.search(text) else []), *(aspect for aspect, words in NAMED.items() if words.search(text))]


def _without_exception(text: str) -> tuple[str, re.Match | None]:
    """The text with the margins that it excepts blank, and where it names them."""
    apart = EXCEPT.search(text)
    if not apart or not _aspects(apart["which"]) or STATUS.search(apart["which"]) or "dysplasia" in apart["which"]:
        return text, None
    return text[: apart.start()] + blank(apart) + text[apart.end() :], apart


def _without_status(match: re.Match) -> str:
    return match[0] if STATUS.search(match[0]) and not match[0].startswith("distance of") else blank(match)


def _item(text: str, start: int) -> bool:
    """Whether a place and its status stand there, as below a heading."""
    return ITEMS[MARGINS].match(text, start) is not None


def _clauses(text: str, headed: bool) -> Iterator[tuple[int, int, bool]]:
    """Parts of the passage that may each say something of a margin, and whether of the same as the part before.

    A comma parts them where both sides say something, ``and`` where a margin or a status stands behind it.
    """
    start, again = 0, False
    for found in re.finditer(rf",|\band\b|{ENDS.pattern}", text):
        of_them = OF_THEM.match(text, found.start()) is not None
        same = of_them or AGAIN.match(text, found.start()) is not None
        parts = (headed and STATUS.search(text, start, found.start()) and _item(text, found.end())) or _both(text, start, found)
        if (found[0] == "," or (found[0] == "and" and not same)) and not parts:
            continue
        if same and not ((of_them or STATUS.search(text, start, found.start())) and (again or MARGIN.search(text, start, found.start()))):
            continue
        yield start, found.start(), again
        start, again = found.end(), same
    yield start, len(text), again


def _both(text: str, start: int, found: re.Match) -> bool:
    """Whether the text on both sides of a comma, or of an ``and``, says something of a margin."""
    if found[0] == "and" and not ANOTHER.match(text, found.start()):
        return False
    if found[0] == "and" and not MARGIN.search(text, start, found.start()):
        return VERB.search(text, start, found.start()) is not None
    return all((STATUS.search(text, start, found.start()), STATUS.search(text, found.end()), MARGIN.search(text, found.end())))


def _status(clause: str) -> re.Match | None:
    """What the clause says of the margin that it names: what stands behind its colon, or else what is said first."""
    margin = MARGIN.search(clause)
    if margin is None:
        return None
    colon = re.search(r":\s*", clause[margin.start() :])
    behind = STATUS.search(clause, margin.start() + colon.start(), margin.start() + colon.end() + 60) if colon else None
    return behind or STATUS.search(clause)
