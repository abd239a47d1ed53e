"""Type of the tumour, and variants."""

import re
from collections.abc import Iterator

from workflow_scripts.lib.reports.rules.passages import Passage
from workflow_scripts.lib.reports.statements import Statement

RENAL = r"renal[ -]?cell[ ]?(?:carcinoma|ca\b|cancer)"
TYPES = {  # the first that fits a place
    "papillary renal cell carcinoma, type 1": rf"papillary {RENAL}[ ,]{{1,2}}\(?type (?:1|i)\b"
    rf"|{RENAL}[ ,-]{{1,3}}papillary(?: type)?[ ,]{{1,2}}\(?type (?:1|i)\b",
    "papillary renal cell carcinoma, type 2": rf"papillary {RENAL}[ ,]{{1,2}}\(?type (?:2|ii)\b|renal papillary carcinoma,? type 2"
    rf"|{RENAL}[ ,-]{{1,3}}papillary(?: type)?[ ,]{{1,2}}\(?type (?:2|ii)\b",
    "clear cell papillary renal cell carcinoma": rf"clear cell papillary {RENAL}",
    "papillary renal cell carcinoma": rf"papillary(?:[ -]type)? {RENAL}|{RENAL}(?: ?\([^)]{{0,60}}\))?[ ,:-]{{1,3}}\(?papillary"
    rf"|renal papillary carcinoma"
    rf"|papillary (?:renal )?(?:cell )?carcinoma of (?:the )?kidney",
    "chromophobe renal cell carcinoma": rf"chromophobe {RENAL}|{RENAL}[ ,:-]{{1,3}}\(?chromophobe",
    "clear cell renal cell carcinoma": rf"(?:conventional[ ,]*)?\(?clear[ -]cell\)?[ ,]*(?:\(?conventional\)?[ ,]*)?(?:type )?(?:{RENAL}"
    rf"|renal carcinoma)"
    rf"|conventional(?: type)? (?:{RENAL}|renal carcinoma)"
    rf"|{RENAL}(?: ?\([^)]{{0,60}}\))?[ ,:(-]{{1,4}}(?:of )?(?:the )?(?:conventional|clear[ -]?cell)"
    rf"|\(?conventional\)? renal carcinoma",
    "collecting duct carcinoma": r"collecting duct carcinoma",
    "renal cell carcinoma, unclassified": rf"(?:{RENAL}[ ,-]{{1,3}}unclassified|unclassified {RENAL})",
    "renal cell carcinoma": RENAL,
    "papillary urothelial carcinoma": r"papillary (?:urothelial|transitional cell)(?: (?:high|low)[ -]grade)? carcinoma"
    r"|urothelial carcinoma,? papillary",
    "urothelial carcinoma": r"(?:urothelial|transitional[ -]cell)(?: \(transitional[ -]cell\)"
    r"| cell)?(?: bladder)? carcinoma(?! in[ -]?situ)"
    r"|urothelial (?:high|low)[ -]grade carcinoma|\btcc\b",
    "squamous cell carcinoma": r"(?:squamous|epidermoid)(?: cell)? carcinoma(?! in[ -]?situ)",
    "adenosquamous carcinoma": r"adeno-?squamous carcinoma",
    "prostatic adenocarcinoma": r"prostat(?:ic|e) (?:\w+ )?(?:adenocarcinoma|carcinoma)|adenocarcinoma of (?:the )?prostate"
    r"|acinar adenocarcinoma",
    "ductal carcinoma": r"(?:invasive|infiltrating) duct(?:al)? carcinoma|invasive (?:mammary )?carcinoma of no special type",
    "lobular carcinoma": r"(?:invasive|infiltrating) lobular carcinoma",
    "small cell carcinoma": r"small[ -]cell(?: neuroendocrine)? carcinoma|small[ -]cell (?:undifferentiated|anaplastic) carcinoma",
    "large cell neuroendocrine carcinoma": r"large[ -]cell neuroendocrine carcinoma",
    "large cell carcinoma": r"large[ -]cell carcinoma",
    "neuroendocrine carcinoma": r"(?<!cell )neuroendocrine carcinoma",
    "mucinous adenocarcinoma": r"(?:mucinous|colloid) (?:adeno)?carcinoma",
    "adenocarcinoma": r"(?<!prostatic )(?<!mucinous )\badenocarcinoma\b(?! of the prostate)(?! in[ -]?situ)",
    "oncocytoma": r"oncocytoma",
    "angiomyolipoma": r"angiomyolipoma",
    "carcinosarcoma": r"carcinosarcoma",
    "leiomyosarcoma": r"leiomyosarcoma",
}
TYPE = re.compile("|".join(f"(?P<t{place}>(?<![a-z]){words})" for place, words in enumerate(TYPES.values())))
NAMES = tuple(TYPES)
GROUPS = {f"t{place}": name for place, name in enumerate(NAMES)}
KINDS = (
    r"squamous|glandular|micropapillary|plasmacytoid|nested|spindle[ -]cell|trophoblastic|lymphoepithelioma-like|microcystic"
    r"|clear[ -]cell|neuroendocrine|small[ -]cell|mucinous|signet[ -]ring"
)
VARIANT = re.compile(
    rf"\b(?P<kind>{KINDS})(?P<and> and (?P<second>{KINDS}))?[ ](?P<word>differentiation|variant|features|component|change"
    rf"|pattern)\b|\bvariant(?: histology)?[ ]?:[ ]?(?P<named>micropapillary|plasmacytoid|nested)\b"
)
VALUE = {
    "squamous": "squamous differentiation",
    "glandular": "glandular differentiation",
    "neuroendocrine": "neuroendocrine differentiation",
}
DENIED = re.compile(
    r"\b(?:no|not|without|negative for|absence of|free of|never|uninvolved by|rather than|ruled? out|exclud\w+|versus"
    r"|vs[.]?|differential|metasta\w+|history of|nor|than|staging for|types of|protocol for|typical)\b(?:(?!\b(?:but|with"
    r"|shows?)\b)[^.;:]){0,60}$"
)
MAYBE = re.compile(
    r"\b(?:suspicious|suggest\w*|favou?r\w*|possibl[ey]|probabl[ey]|consistent with|compatible with|likely|suspect\w*)\b[^.;:]{0,40}$"
)
FAVOURED = re.compile(r"[^.;,]{0,25}\b(?:is|are) (?:favou?red|suspected|likely|possible)\b")
BEHIND = re.compile(
    r"[^.;,]{0,30}\b(?:is |are )?(?:not (?:identified|present|seen|favou?red)|absent|is excluded|protocol|checklist"
    r"|synoptic|parameters?|cell line)|[ ]?:[ ]?(?:no\b|none|absent|not )"
)


def find(passage: Passage) -> Iterator[Statement]:
    """Types and variants that the passage states of this tumour."""
    text = passage.text
    if not re.search(r"carcinoma|oncocyt|angiomyo|tcc|sarcoma|differentiation|variant|features|component|renal.?cell", text):
        return
    for found in TYPE.finditer(text):
        certainty = _certainty(text, found)
        if certainty:
            yield _statement(passage, "type", GROUPS[found.lastgroup], certainty, found)
    for found in VARIANT.finditer(text):
        certainty = _certainty(text, found)
        for kind in (found["kind"] or found["named"], found["second"]) if certainty else ():
            if kind and not (kind.startswith("clear") and "renal" in text):
                yield _statement(passage, "variant", VALUE.get(kind, kind.replace("-", " ")), certainty, found)


def _certainty(text: str, found: re.Match) -> str | None:
    """stated or uncertain, and None where the type is denied, or named for another reason."""
    before, after = text[max(0, found.start() - 90) : found.start()], text[found.end() : found.end() + 60]
    if DENIED.search(before) or BEHIND.match(after):
        return None
    if FAVOURED.match(after):
        return "uncertain"
    maybe = MAYBE.search(before)
    return "uncertain" if maybe and not re.search(r"consistent with|compatible with", maybe[0]) else "stated"


def _statement(passage: Passage, aspect: str, value: str, certainty: str, found: re.Match) -> Statement:
    return Statement("histology", aspect, value, certainty, passage.specimen, passage.start + found.start(), passage.start + found.end())
