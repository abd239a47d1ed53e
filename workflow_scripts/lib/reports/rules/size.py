"""Size of the tumour: its greatest diameter."""

import re
from collections.abc import Iterator

from workflow_scripts.lib.reports.rules.nodes import of_nodes
from workflow_scripts.lib.reports.rules.passages import Passage
from workflow_scripts.lib.reports.statements import Statement

NUMBER = r"[0-9]{1,3}(?:(?:[ ]?[.][ ]?|[ ]?,)[0-9]{1,2})?"
UNIT = r"(?P<unit>c[.]?ms?|mms?|em|ern|crn|centimet\w+|millimet\w+)\b"
TIMES = r"[ ]?(?:x|by(?: up to)?|\)\(|×|\*)[ ]?"
MEASURE = re.compile(
    rf"(?<![0-9.,/a-z-])(?P<numbers>(?:[0-9]{{1,2}}[.][0-9](?:, [0-9]{{1,2}}[.][0-9]){{0,4}},? and "
    rf"|(?:(?<=measuring )|(?<=from )){NUMBER}[ ]?-[ ]?)?{NUMBER}(?:[ ]?(?:cm|mm"
    rf"|em)?{TIMES}{NUMBER}){{0,2}})[ ]?-?[ ]?{UNIT}"
)
IN_UNIT = re.compile(  # the unit stands before the numbers
    rf"\b(?:size|dimensions?|diameter)\b[^:;.()]{{0,40}}\((?:in )?{UNIT}[^)]{{0,20}}\)[ ]?[:=]?[ ]?"
    rf"(?P<numbers>{NUMBER}(?:{TIMES}{NUMBER}){{0,2}})(?![0-9]|[ ]?(?:[cm]m|/))"
)
TUMOUR = (
    r"(?:tumou?rs?|mass(?:es)?|\w*carcinomas?|neoplas\w+|lesions?|nodules?|foci|focus|cancers?|oncocytomas?|angiomyolipomas?"
    r"|\w*sarcomas?|carcinoids?|rcc|tcc)"
)
OF_TUMOUR = re.compile(rf"\b{TUMOUR}\b")
SIZE = re.compile(
    r"^[^a-z]{0,4}(?:\w )?(?:tumou?r )?(?:size|(?:greatest|maxim\w+|largest|longest|overall|major) (?:tumou?r )?(?:diameter|dimension"
    r"|size|axis))\b"
)
FURTHER = re.compile(
    r"\b(?:nodes?|nodal|(?<!ill - )(?<!ill-)(?<!well-)(?<!well - )margins?|(?:from|within)\W+(?:\w+\W+){0,2}$|depth|thickness|metasta\w+"
    r"|invasive component|in situ|[dl]?cis"
    r"|stone|calculus|ink|prostate gland|deposits?|additional dimensions?|thrombus|less than|smaller|or less|greater than|more than"
    r"|clearance|aggregat\w*|extra-?nodal|extra-?capsular|perinodal"
    r"|distance|away|beyond|crm)\b|<=|[<>]|\b(?:from|within)\W+(?:\w+\W+){0,2}$"
)
STATUS = re.compile(rf"\b(?:free (?:of|from)|negative for|(?:un)?involved by|without|no) (?:\w+ )?{TUMOUR}")  # of a margin
RANGE = re.compile(r"\b(?:rang|vary|vari|measur|siz)\w*\W+(?:in (?:size|diameter|greatest dimension)\W+)?(?:from|between)\W.{0,25}$")
ORGANS = (
    r"\b(?:kidney|bladder|ureter|prostate|vein|fat|wall|lobe|specimen|gland|vesicles?|tissue|node|parenchyma|portion|segment|fragments?"
    r"|piece|cysts?"
    r"|polyps?|urethra|adrenal|spleen|uterus|ovar\w+|cuff|vas|artery|thrombus|adenomas?|ulcer|scar|cavity|stone|\w+ectomy|weighs?|weighing)"
)
ALSO = re.compile(rf"{ORGANS}(?P<how>[a-z ,]{{0,20}}(?:measur\w+|is|of|with)|[a-z ]{{0,20}},|)\W*$")
PLACED = re.compile(
    r"\b(?:in|into|through|against|beneath|under|abutting|(?<!portion )(?<!piece )(?<!segment )(?<!consists )of|within|from|at|involving"
    r"|occupying"
    r"|replacing) (?:[a-z-]+ ){0,4}$"
)
BEHIND = re.compile(
    r"\W{0,2}of (?:the )?(?!tumou?r)|[^.;,]{0,25}\b(?:from|away|or less\w*|margins?|beyond|thick|deep|long|lymph|nodes?|segment|portion"
    r"|length|clearance|specimens?|aggregate|\w+ectomy)\b"
)
DENIED = re.compile(r"\b(?:not|instead of)[ ]$")
CATEGORY = re.compile(  # what one means
    r"\by?p?t[1-4il][ ]?[a-c]?\b(?!,)(?![^;]*\b(?:measur|siz|nodul))[^;]{0,60}\b(?:over|up to|at most|exceed\w*)[ ]$"
)
FAR = 30  # cm that only a number without its point is
IT = re.compile(  # the tumour, by what it looks like
    r"^\W*it (?:is|was)\b(?=[^.;]*\b(?:exophytic|protrud\w*|invasive|infiltrat\w*|ulcerat\w*|polypoid|nodular|friable|necrotic)\b)"
)
ALONE = re.compile(
    r"^\W*[^a-z]{1,25}[ce]m (?:in|at) (?:its )?(?:greatest|largest|maxim\w+) (?:diameter|dimension)\W*$"
)  # a value and no label
GROSS_TUMOUR = re.compile(rf"\b{TUMOUR}\b[^.;]{{0,80}}$")
GROSS_BEHIND = re.compile(rf"[^.;]{{0,90}}\b{TUMOUR}\b")


def find(passage: Passage) -> Iterator[Statement]:
    """Each size that the passage gives of a tumour; the report's is the greatest."""
    text = passage.text
    if not any(words.search(text) for words in (OF_TUMOUR, SIZE, IT, ALONE)) or of_nodes(passage.context):
        return
    for found in (*MEASURE.finditer(text), *IN_UNIT.finditer(text)):
        value = _millimetres(found)
        before, after = text[max(0, found.start() - 100) : found.start()], text[found.end() : found.end() + 100]
        if value is None or _of_something_else(before, after):
            continue
        if passage.section == "gross" and not (IT.match(text) or GROSS_TUMOUR.search(before) or GROSS_BEHIND.match(after)):
            continue
        yield passage.statement("size", "tumour", value, "stated", *found.span())


def _of_something_else(before: str, after: str) -> bool:
    """Whether the measure between is of another thing, or a distance."""
    label, _, last = re.split(rf"[.;](?![0-9])|\bin greatest\b|\band (?=(?:the |an? )?{TUMOUR}\b)", before)[-1].rpartition(":")
    labelled = FURTHER.search(label) and not OF_TUMOUR.search(STATUS.sub("", last))
    further = FURTHER.search(last) and not RANGE.search(last)
    return bool(labelled or further or CATEGORY.search(before) or DENIED.search(last) or _of_organ(last) or BEHIND.match(after))


def _of_organ(clause: str) -> bool:
    """Whether an organ is measured, and not the tumour that lies in it."""
    organ = ALSO.search(clause)
    if not organ or OF_TUMOUR.search(organ["how"]):
        return False
    before = clause[: organ.start()]
    return not (OF_TUMOUR.search(before) and (organ["how"][-1:] in ("", ",") or PLACED.search(before)))


def _millimetres(found: re.Match) -> str | None:
    """The greatest of the numbers, in mm; None where no tumour is of that size."""
    numbers = [float(re.sub(r"\s", "", one).replace(",", ".")) for one in re.findall(NUMBER, found["numbers"])]
    if not found["unit"].startswith("m"):
        numbers = [10 * (one / 10 if one >= FAR and "." in found["numbers"] else one) for one in numbers]  # a point is lost
    size = max(numbers)
    if not 0 < size <= 500:
        return None
    return f"{size:.1f}".removesuffix(".0") + " mm"
