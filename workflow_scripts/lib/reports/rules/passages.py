"""A report cut into passages: a sentence, an item of a list, or a label with its value; each knows its section and its specimen."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from workflow_scripts.lib.reports.rules import listed
from workflow_scripts.lib.reports.rules.reading import read
from workflow_scripts.lib.reports.statements import Statement

SECTIONS = {  # what a heading opens; where a report speaks of the patient before, of others or of glass and blocks, nothing is stated
    "findings": r"(?:final[ -]|permanent |pathologic(?:al)? |histologic(?:al)? |microscopic |amended |revised |corrected "
    r"|addendum )*diagnos[ie]s(?: comments?)?(?! discrep)"
    r"|microscop(?:y|ic(?:al)?(?: description| examination| findings)?)|comments?|notes?|(?:case )?synop(?:sis|tic)(?: (?:report|data))?"
    r"|(?:[a-z]+ ){0,3}pathologic parameters|summary|conclusions?|(?:cancer )?case summary|interpretation|findings|pathology report",
    "amended": r"(?:reason for )?addend(?:um|a)(?: (?:report|diagnosis|comment))?|amend(?:ed|ment)(?: report)?|corrected(?: report)?"
    r"|revised(?: report)?|correction|supplementa?(?:l|ry)?(?: report)?",
    "gross": r"gross(?: (?:description|examination|findings|pathology|specimen))?|macroscop(?:y|ic(?:al)?(?: description| examination)?)"
    r"|tissue description",
    "aside": r"(?:relevant |clinical |patient |family |past |medical |brief )*(?:history|information|data|details|notes?|impression"
    r"|indications?)"
    r"|clinical (?:diagnosis|history)(?: (?:and|&) (?:clinical )?history)?|(?:pre|post)-? ?op(?:erative)?(?: diagnosis)?|indications?"
    r"|operati(?:ve|on)(?: (?:procedure|findings|diagnosis))?"
    r"|intra-?operative (?:gross (?=consult))?(?:consult(?:ation)?s?|diagnos[ie]s|findings)(?: [a-z]{1,15}(?= ?\())?"
    r"|(?:intra-?operative )?(?:frozen sections?|touch prep\w*)(?: (?:diagnos[ie]s|report|consultations?|interpretation|results?))?"
    r"|(?:tissue|specimens?)(?: ?\(s\))? ?(?:submitted|received)|summary of sections|sections? (?:code|key)|slide key|ink(?:ing)? code"
    r"|(?:blocks?|cassettes?) ?(?:summary|submitted|key)?|cpt codes?|icd-?\d* ?(?:codes?)?|snomed codes?|special stains?"
    r"|immunohistochem\w*(?: \w+)?|(?:[a-z0-9/]+ ){0,4}(?:key|legend|definitions?|references?|(?:stag|grad)ing criteria"
    r"|disclaimer)(?: (?:for|of|used) [a-z ]{1,30})?|background"
    r"|tcga pathologic diagnosis discrepancy form|previous (?:diagnosis|biops\w+)|prior (?:diagnosis|biops\w+)"
    r"|(?:[a-z][.] ?)?(?:size|type|location) of (?:m\w+t )?neoplasm[^:]{0,90}",  # a form of choices, few of which are the patient's
}
ONE_LINE = re.compile(
    r"[^a-z0-9]{0,4}(?:[a-z0-9]{1,2}[.)] ?)?(?:(?:type of )?(?:specimen|procedure|operation|laterality)(?: (?:type|laterality))?"
    r"|(?:intra-?operative )?frozen section(?: diagnosis)?[ ]?#?[a-z]{0,2}[0-9]{0,2})[ ]?:"
)
HEADING = re.compile(
    r"[^a-z0-9]{0,4}(?:[a-z0-9]{1,2}[.)] ?)?(?:"
    + "|".join(f"(?P<{kind}>{names})" for kind, names in SECTIONS.items())
    + r")[ ]?(?:\([^)]{0,40}\))?[ ]?(?:[:;]|[-.* ]*$)"
)
NAMES_DIAGNOSIS = re.compile(
    r"(?mi)(?<!perative\n)^[^a-z0-9\n]{0,4}(?:final[ -]|pathologic(?:al)? )*diagnos[ie]s(?: \([^)\n]*\))?[ ]*(?:[:;-]|$)"
)
LABEL = re.compile(
    r"[^a-z0-9]{0,3}(?:part|specimen)?[ ]?#?\(?(?P<label>[a-z]|[0-9]{1,2})(?:[ ]?[.:)]|[ ]?-(?=[a-z ]))\)?[ ]?(?P<head>[^:]{3,90})"
)
BEHIND = re.compile(r"(?P<head>[^:(]{3,80})\((?P<label>[a-z]|[0-9]{1,2})\)[ ]?[:;](?![ ]?p?[tnm][0-4xo])")  # the label behind what it is
NAMED = re.compile(r"[^a-z0-9]{0,3}(?:part|specimen)[ ]#?(?P<label>[a-z]|[0-9]{1,2})[ ]?\((?P<head>[^)]{3,80})\)[ ]?[:;-]")
BARE = re.compile(r"[^a-z0-9]{0,3}(?P<head>[a-z][a-z /&'-]{2,60},[a-z ,/&'-]{3,60}):(?![^ ])")  # what it is, and no label
PARTS = re.compile(
    r"\b(?:kidneys?|renal|nephrectomy|cystectomy|prostatectomy|lumpectomy|mastectomy|veins?|artery|parenchymal|margins?|gerota'?s"
    r"|trigone|bladder|prostate|lymph nodes?|nodes?|ureters?|urethra|lungs?|lobe|breast|colon|rectum|cecum|adrenal"
    r"|uterus|ovary|bronchus|appendix|thymus|testis|larynx|tongue|esophagus|duodenum|jejunum|ileum|gallbladder|vagina|peritoneum|brain"
    r"|muscle"
    r"|stomach|liver|spleen|skin|thyroid|pancreas|vena cava|omentum|fat|rib|bone|soft tissue|vas deferens"
    r"|seminal vesicles?|cervix|axilla|axillary|ureteral|urethral|bronchial)\b"
)
TELLING = re.compile(
    r"\b(?:carcinoma|tumou?r|margins?|invasion|grade|size|negative|positive|involved|identified|status|stage|type|examined|features|extent"
    r"|necrosis|extension|involvement|weigh\w*|measur\w*|received|labeled|labelled|consists?|is|are|section|presents?)\b"
)
SENT = re.compile(r"(?<=[a-z] )(?:margin|tumou?r)\b")  # behind other specimens, or of a side, what is sent for itself
SIDED = re.compile(r"\b(?:left|right|distal|proximal)\b|\btumou?r$")
OF_SIDE = re.compile(r"(?!.*margin).*\b(?:left|right)\b")
PROCEDURE = re.compile(r"\b(?:biops\w+|\w*excision|\w*resection|dissection|\w+ectomy)\b")
TAKEN = re.compile(r"\bmargins?,? (?:\w+,? ){0,2}(?:excision|biops\w+|resection|re-?excision|shave|frozen section)\b")
BULLET = re.compile(r"\s*(?:[-*•·+>#]|[.](?=[a-zA-Z])|\(?(?:[A-Za-z]|[0-9]{1,2})[.)](?=\s*[\"'*#(]?[A-Z])|[0-9]{1,2}[.)](?=[a-z]{3}))")
VALUE = re.compile(  # a line that is only the value of the label before
    r"[-: *]*(?:not? (?:identified|present|seen|applicable|involved|assessed|specified|detected|submitted|resected)|absent"
    r"|present|identified|yes|no|none"
    r"|negative|positive|n/a|indeterminate|cannot be (?:assessed|determined)|free of tumou?r"
    r"|(?:(?:un)?involved by|negative for|positive for|free of)(?: \w+){1,3}|uninvolved|involved)[ .,*-]*"
)
NUMBERED = re.compile(r"[0-9]{1,2}[.)] [A-Z]")
INVOLVED, BY = re.compile(r"(?<!: )(?<!not )\binvolved$"), re.compile(r"(?i)(?:by|with|in)\b")
SECOND = re.compile(r"\W*(?:[a-z0-9][.)] ?)?(?:gleason )?secondary (?:gleason )?(?:pattern|grade)\b")  # which the first stands before
GRADED, GRADE = re.compile(r"\b(?:grade|pattern)\)?:?$"), re.compile(r"G(?:rade)? ?[1-5]\b")
AWAITS = re.compile(
    r"(?:[,(/-]|\b(?:of|is|are|was|to|into|through|within|beyond|on|for|from|by|in|at|the|and|or|with|without|involving|invading|x"
    r"|(?<!: )no|(?<!: )not|examined"
    r"|measures))$"
)
MARGIN = re.compile(r"\bmargin")
DENIES = re.compile(r"\s*(?:absence|no|negative|free|metasta\w+) ")
WHERE = re.compile(r"\W*(?:if (?:yes|present|positive|involved)\b,? ?\(?(?:specify )?(?:location|site|margin|specify)|margins? ?\(s\) ?:)")
LABELLED = re.compile(r"\s*[A-Za-z(*][^:.]{1,60}:")
ADJECTIVE = re.compile(
    r"\b(?:grade|nuclear|cell|soft|lymph|high|low|renal|clear|surgical|invasive|urothelial|papillary|squamous|perirenal|perinephric)$"
)
SENTENCE = re.compile(
    r"(?:(?<=[a-z0-9)\]%])|(?<=[A-Z]{2}))(?!(?<=[0-9])[.][0-9])(?<!\n[A-Za-z0-9])[ ]?[.!?]+[ )]*\n*(?=[A-Z(\"*-]|[0-9]{1,2}[.)] "
    r"|[0-9]{1,3} [a-z]{3})"
    r"|(?<=[a-z)%])[.!?](?=\n|$)"
)
KIDNEY = re.compile(r"\b(?:kidney|renal|nephrectomy|rcc)\b")
OTHER_ORGAN = re.compile(r"\b(?:(?:urothelial|transitional cell) carcinoma|cystectomy|prostatectomy|hysterectomy|colectomy|lobectomy)\b")
SHORT, HEAD, FULL = 25, 45, 60  # characters: capitals so few may go on; a heading so long names a specimen; a line so long is wrapped
LONGEST = 2000  # characters of a passage
SKIPPED = 3  # labels in a row that a scan may have lost
FIRST = 4  # characters of a block in which a full stop belongs to its number


@dataclass(frozen=True)
class Passage:
    """Text of the report as it is read, from ``start``; ``context`` is the heading of the specimen that it is about.

    Where it is an item of a list, the heading of the list stands before it, which is as long as ``heading``; ``kidney`` is whether the
    report is on one.
    """

    text: str
    start: int
    section: str
    specimen: str | None
    context: str
    amended: bool
    heading: int = 0
    kidney: bool = False

    def statement(self, field: str, aspect: str, value: str, certainty: str, start: int, end: int) -> Statement:
        """What the words from ``start`` to ``end`` of it state, which places are of its text."""
        return Statement(field, aspect, value, certainty, self.specimen, self.start + start, self.start + end)


def passages(text: str) -> Iterator[Passage]:
    """The passages of a report in their order, without those that state nothing of this patient's specimens."""
    small = read(text)
    lasting = NAMES_DIAGNOSIS.search(text) is not None  # else a heading is of its own line only
    kidney = KIDNEY.search(small) is not None and not OTHER_ORGAN.search(small)
    section, specimen, context, amended, inline, above = "findings", None, "", False, False, None
    held = nothing = None, "", None  # the specimen whose frozen section is read
    for start, end in _blocks(text):
        heading = HEADING.match(small, start, end)
        if heading:
            section, amended = heading.lastgroup, heading.lastgroup == "amended" or "amended" in heading[0]
            (specimen, context, above), held = held, (specimen, context, above) if "frozen" in heading[0] else nothing
            inline = not lasting
        elif inline and re.search(r"[.!?]\s*\n\s*$", text[max(0, start - 5) : start]):
            section, inline = "findings", False
        begin = heading.end() if heading else start
        block = small[begin:end]
        label = _label(block, text[begin:end], specimen) if section in ("findings", "amended") else None
        if label:
            specimen, context = label
        if section == "aside" or ONE_LINE.match(block) or not block.strip():
            continue
        again = above is not None and above.again(small, begin, end)
        if above and not again and above.lists(small, begin, end):
            item, heading_length = above.above(small, begin, end), above.end - above.start
            yield Passage(item, above.start, section, specimen, context, amended, heading_length, kidney)
            continue
        above = above if again else listed.heading(small, begin, end) if section != "gross" else None
        yield Passage(block, begin, section, specimen, context, amended, kidney=kidney)


def _label(block: str, written: str, last: str | None) -> tuple[str | None, str] | None:
    """The label of a specimen and what it is, where a block, ``written`` so, opens with one that may follow the ``last``, or with none."""
    found = NAMED.match(block) or BEHIND.match(block) or LABEL.match(block)
    listed = block.rstrip().endswith(".") and ":" not in block and " -" not in block  # a list of what was sent, no heading
    if not found and (bare := BARE.match(block)):
        head = bare["head"]
        return (last, head) if PARTS.search(head) and PROCEDURE.search(head) and not _tells(head) else None
    if not found or listed or not PARTS.search(found["head"]):
        return None
    label = found["label"].upper()
    before = _rank(last) if last and last.isdigit() == label.isdigit() else 0
    named = (found.re is BEHIND or block[found.end() : found.end() + 1] == ":") and (before or SIDED.search(found["head"]))
    if _tells(SENT.sub("", found["head"]) if named else found["head"]):
        return None
    if found.re is LABEL and not (0 <= _rank(label) - before <= SKIPPED or (not before and _first(written, found))):
        return None
    return label, found["head"]


def _tells(head: str) -> bool:
    """Whether the words say something of a specimen, and do not only name it and how it was taken."""
    return TELLING.search(head.split(",", maxsplit=1)[0]) is not None and not TAKEN.search(head)


def _first(written: str, found: re.Match) -> bool:
    """Whether it is a label for certain, with none before it."""
    behind = written[found.end() :].replace(" ", "").removesuffix("-")
    alone = behind == ":" or behind.startswith(":\n")
    return behind.startswith(":") and bool(PROCEDURE.search(found["head"]) or (alone and OF_SIDE.match(found["head"])))


def _rank(label: str) -> int:
    """The place of a label among its like, from 1."""
    return int(label) if label.isdigit() else ord(label) - ord("A") + 1


def _lines(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for line in text.split("\n"):
        yield start, start + len(line)
        start += len(line) + 1


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Where each sentence or item begins and ends."""
    opened = None  # start of the block that is being read
    before = (0, 0)
    for start, end in _lines(text):
        if opened is not None and _breaks(text[opened : before[1]], text[before[0] : before[1]], text[start:end]):
            yield from _sentences(text, opened, before[1])
            opened = None
        if opened is None and end > start:
            opened = start
        before = (start, end)
    if opened is not None:
        yield from _sentences(text, opened, before[1])


def _breaks(block: str, line: str, following: str) -> bool:
    """Whether a block ends with ``line``, its last, or goes on with the ``following`` one."""
    if _heading(following) or (line[:1].isupper() and HEADING.fullmatch(line.lower())) or not following.strip() or len(block) > LONGEST:
        return True
    if _awaits(line, following):
        return False
    label = LABELLED.match(following) is not None and not DENIES.match(following.lower())
    if label and listed.OPENS.fullmatch(line.lower()):
        return True
    if BULLET.match(following) or line[-1:] in (".", "!", "?"):
        return True
    if line[-1:] == ":":
        return label or (len(tail := line.rsplit(". ", 1)[-1]) > HEAD and "," in tail)
    return following.lstrip("\"'")[:1].isupper() and _is_item(line, following)


def _heading(line: str) -> bool:
    return line[:1].isupper() and HEADING.match(line.lower()) is not None


def _awaits(line: str, following: str) -> bool:
    """Whether the line cannot be all: its label has the value behind it, or it ends with a word that another must follow."""
    last = line[-14:].lower()
    if VALUE.fullmatch(following.lower()) and not VALUE.fullmatch(line.lower()) and (line[-1:] != "." or len(following) < SHORT):
        return True
    if SECOND.match(following.lower()) or (WHERE.match(following.lower()) and MARGIN.search(line.lower())):
        return True
    if (GRADED.search(line.lower()) and GRADE.match(following)) or (INVOLVED.search(last) and BY.match(following)):
        return True
    if AWAITS.search(last):
        return following[:1] not in "-*#" and not NUMBERED.match(following)
    return ADJECTIVE.search(last) is not None and not BULLET.match(following)


def _is_item(line: str, following: str) -> bool:
    """Whether a line that begins with a capital is an item of its own."""
    if LABELLED.match(following):
        return len(line) > SHORT or not line.isupper() or ":" in line[:-1]
    return line[-1:] == ";" or len(line) < FULL or ":" in line


def _sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The sentences of a block."""
    for found in SENTENCE.finditer(text, start, end):
        if found.end() < end and found.start() - start >= FIRST:
            yield from _short(text, start, found.end())
            start = found.end()
    yield from _short(text, start, end)


def _short(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The sentence, in parts where it is none: text without full stops."""
    while end - start > LONGEST:
        space = text.rfind(" ", start, start + LONGEST)
        cut = space + 1 if space > start else start + LONGEST
        yield start, cut
        start = cut
    yield start, end
