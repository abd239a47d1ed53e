"""Size of the tumour: its greatest diameter."""

import re
from collections.abc import Iterator

from workflow_scripts.lib.reports.rules.passages import Passage
from workflow_scripts.lib.reports.statements import Statement

NUMBER = r"[0-9]{1,3}(?:[ ]?[.,][ ]?[0-9]{1,2})?"
UNIT = r"(?P<unit>cms?|mms?|em|ern|crn|centimet\w+|millimet\w+)\b"
MEASURE = re.compile(rf"(?<![0-9.,/a-z-])(?P<numbers>{NUMBER}(?:[ ]?(?:cm|mm|em)?[ ]?(?:x|by|\)\(|×)[ ]?{NUMBER}){{0,2}})[ ]?-?[ ]?{UNIT}")
OF_TUMOUR = re.compile(
    r"\b(?:tumou?rs?|mass(?:es)?|carcinomas?|adenocarcinomas?|neoplas\w+|lesions?|nodules?|cancer|oncocytomas?|angiomyolipomas?|\w*sarcomas?)\b|\b(?:tumou?r"
    r"|neoplasia's) size\b|\bsize of (?:the )?(?:tumou?r|neoplasm)"
)
SIZE = re.compile(
    r"^[^a-z]{0,4}(?:\w )?(?:tumou?r )?(?:size|greatest (?:tumou?r )?(?:diameter|dimension)|(?:maxim\w+|largest"
    r"|greatest) (?:tumou?r )?(?:diameter|dimension))\b"
)
FURTHER = re.compile(
    r"\b(?:nodes?|nodal|margins?|from|within|depth|thickness|metasta\w+|invasive component|specimen|weigh\w*|cyst|in situ"
    r"|stone|calculus|ink|prostate gland|deposit|polyp"
    r"|additional dimensions?|thrombus|less than|smaller|or less|greater than|more than|clearance|distance|away|beyond)\b|<=|[<>]"
)
ALSO = re.compile(
    r"\b(?:kidney|bladder|ureter|prostate|vein|fat|wall|lobe|specimen|gland|vesicles?|tissue|node|parenchyma|portion"
    r"|segment|fragments?|piece)[a-z ,]{0,20}(?:measur\w+|is|of)\W*$"
)
GROSS_TUMOUR = re.compile(r"\b(?:tumou?r|mass|neoplasm|lesion)\b[^.;]{0,80}$")


def find(passage: Passage) -> Iterator[Statement]:
    """Each size that the passage gives of a tumour; the report's is the greatest."""
    text = passage.text
    if not (OF_TUMOUR.search(text) or SIZE.search(text)) or "node" in passage.context:
        return
    for found in MEASURE.finditer(text):
        value = _millimetres(found)
        before, after = text[max(0, found.start() - 80) : found.start()], text[found.end() : found.end() + 40]
        if value is None or _of_something_else(before, after):
            continue
        if passage.section == "gross" and not (GROSS_TUMOUR.search(before) or re.match(r"[^.;]{0,60}\b(?:tumou?r|mass|neoplasm)\b", after)):
            continue
        yield Statement("size", "tumour", value, "stated", passage.specimen, passage.start + found.start(), passage.start + found.end())


def _of_something_else(before: str, after: str) -> bool:
    clause = re.split(r"[.;:](?![0-9])|\bin greatest\b", before)[-1]
    return (
        FURTHER.search(clause) is not None
        or re.search(r"\b(?:not|instead of)[ ]$", clause) is not None
        or ALSO.search(clause) is not None
        or re.match(
            r"[^.;,]{0,25}\b(?:from|away|or less\w*|margins?|of the|beyond|thick|deep|lymph|nodes?|segment|portion|length|clearance)\b",
            after,
        )
        is not None
    )


def _millimetres(found: re.Match) -> str | None:
    """The greatest of the numbers, in mm; None where no tumour is of that size."""
    numbers = [float(re.sub(r"\s", "", one).replace(",", ".")) for one in re.findall(NUMBER, found["numbers"])]
    size = max(numbers) * (1 if found["unit"].startswith("m") else 10)
    if not 0 < size <= 500:
        return None
    return f"{size:.1f}".removesuffix(".0") + " mm"
