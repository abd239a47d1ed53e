"""Type of the tumour, and variants."""

import re
from collections.abc import Iterator

from workflow_scripts.lib.reports.rules.passages import Passage
from workflow_scripts.lib.reports.statements import Statement

RENAL = r"renal[ -]?cell[ ]?(?:(?:adeno)?carcinoma|ca\b|cancer)"
NAMED = rf"(?:{RENAL}|renal carcinoma|rcc\b)"  # where its kind is named beside it


def _papillary(number: str) -> str:
    """Words for a papillary carcinoma of the kidney of one of the two types."""
    kind = rf"\(?type {number}\b\)?"
    return (
        rf"{kind} papillary {NAMED}|papillary,? {kind},? {NAMED}"
        rf"|papillary (?:{NAMED}|carcinoma)(?: ?\([^)]{{0,60}}\))?[ ,.-]{{1,3}}{kind}|papillary[ ,-]{{1,3}}{kind}(?! papillary)"
        rf"|papillary {NAMED} of {kind}"
        rf"|{NAMED}[ ,-]{{1,3}}\(?papillary(?: (?:type|variant))?[ ,]{{1,2}}{kind}|renal papillary carcinoma,? {kind}"
    )


TYPES = {  # the first that fits a place
    "papillary renal cell carcinoma, type 1": _papillary("(?:1|i)"),
    "papillary renal cell carcinoma, type 2": _papillary("(?:2|ii)"),
    "clear cell papillary renal cell carcinoma": rf"clear cell papillary {NAMED}",
    "papillary renal cell carcinoma": rf"papillary(?:[ -]type)? {NAMED}"
    rf"|{NAMED}(?: ?\([^)]{{0,60}}\))?[ ,.:•·-]{{1,3}}(?:chromophil )?\(?papillary"
    rf"|renal papillary carcinoma"
    rf"|papillary (?:renal )?(?:cell )?carcinoma of (?:the )?kidney",
    "chromophobe renal cell carcinoma": rf"chromophobe {NAMED}|{NAMED}[ ,:•·-]{{1,3}}\(?chromophobe",
    "clear cell renal cell carcinoma": rf"(?:conventional[ ,]*)?\(?clear[ -]cell\)?[ ,]*(?:\(?conventional\)?[ ,]*)?(?:type )?{NAMED}"
    rf"|conventional(?: type)? {NAMED}"
    rf"|{NAMED}(?: ?\([^)]{{0,60}}\))?[ ,:(•·-]{{1,4}}(?:of )?(?:the )?(?:conventional|clear[ -]?cell)"
    rf"|\(?conventional\)? renal carcinoma",
    "collecting duct carcinoma": r"collecting duct carcinoma|bellini duct carcinoma|carcinoma of (?:the )?collecting ducts",
    "renal medullary carcinoma": r"renal medullary carcinoma|medullary carcinoma of (?:the )?kidney",
    "mucinous tubular and spindle cell carcinoma": r"mucinous,? tubular,?(?: and)? spindle[ -]cell (?:renal cell )?carcinoma",
    "tubulocystic renal cell carcinoma": rf"tubulocystic (?:{NAMED}|carcinoma)",
    "multilocular cystic renal cell carcinoma": rf"multilocular(?: cystic)?(?: clear cell)? {NAMED}|multilocular clear cell {NAMED}",
    "translocation renal cell carcinoma": rf"(?:xp11(?:[.]2)?"
    rf"|mit(?: family)?)[ -]?(?:associated )?translocation(?:-associated)? (?:{NAMED}|carcinoma)"
    rf"|translocation[ -]?(?:associated )?{NAMED}",
    "acquired cystic disease-associated renal cell carcinoma": rf"acquired cystic (?:kidney )?disease[ -]associated {NAMED}",
    "renal cell carcinoma, unclassified": rf"(?:{NAMED}[ ,-]{{1,3}}unclassified|unclassified {NAMED})",
    "renal cell carcinoma": RENAL,
    "papillary urothelial carcinoma": r"papillary (?:urothelial(?: cell)?"
    r"|transitional[ -]cell)(?:,? (?:high|low)[ -]grade,?)? (?:carcinoma|cancer)"
    r"|(?:urothelial|transitional[ -]cell) carcinoma,? papillary|papillary carcinoma of (?:the )?urothelium",
    "urothelial carcinoma": r"(?<!flat )(?:urothelial|transitional[ -]cell)(?: \(transitional[ -]cell\)"
    r"| cell)?(?: bladder)? (?:carcinoma|cancer)(?! in[ -]?situ)"
    r"|urothelial(?: cell)?,? (?:high|low)[ -]grade,? carcinoma|(?:urothelial|transitional)(?: cell)? \((?:transitional"
    r"|urothelial)(?: cell)?\) carcinoma|\btcc\b"
    r"|(?<=type: )(?:urothelial|transitional[ -]cell)(?: \((?:urothelial|transitional)(?:[ -]cell)?\))?(?=[ ]?(?:[.,;]|$))"
    r"|carcinoma of (?:the )?urothelium|carcinoma,? (?:of )?(?:urothelial|transitional[ -]cell)(?: type)?",
    "squamous cell carcinoma": r"(?:squamous|epidermoid)(?: cell)? (?:carcinoma|cancer)(?! in[ -]?situ)"
    r"|carcinoma,? squamous(?: cell)?(?: type)?",
    "adenosquamous carcinoma": r"adeno-?squamous carcinoma",
    "prostatic adenocarcinoma": r"prostat(?:ic|e) (?:(?!without|with|no)\w+ )?(?:adenocarcinoma|carcinoma)"
    r"|(?:adeno)?carcinoma(?: \([^)]{0,20}\))?(?: of|,) (?:the )?prostate|acinar (?:type )?adenocarcinoma"
    r"|adenocarcinoma,? \(?(?:conventional )?acinar(?: type)?(?! predominant)"
    r"|adenocarcinoma(?: \([^)]{0,30}\))?[ ,.:-]{1,3}(?:\w+ differentiated[ ,]{1,2})?gleason",
    "ductal carcinoma": r"(?:invasive|infiltrating)(?: \w+)? duct(?:al)? (?:adeno)?carcinoma|invasive (?:mammary )?carcinoma(?:,"
    r"| of) no special type"
    r"|(?:invasive|infiltrating) carcinoma(?: of (?:the )?breast)?,? (?:\([^)]{0,12}\),? )?(?:ductal|nst|nos type)"
    r"|ductal carcinoma,? (?:invasive|infiltrating)",
    "lobular carcinoma": r"(?:invasive|infiltrating)(?: \w+)? lobular carcinoma|(?:invasive|infiltrating) carcinoma,? lobular"
    r"|lobular carcinoma,? (?:invasive|infiltrating)",
    "tubular carcinoma": r"(?<!mucinous )tubular carcinoma",
    "medullary carcinoma": r"(?<!renal )medullary carcinoma",
    "metaplastic carcinoma": r"metaplastic carcinoma",
    "large cell neuroendocrine carcinoma": r"large[ -]cell neuroendocrine carcinoma",
    "small cell carcinoma": r"(?<!non[ -])small[ -]cell(?: neuroendocrine)? (?:carcinoma|cancer)|small[ -]cell (?:undifferentiated"
    r"|anaplastic|lung) (?:carcinoma|cancer)"
    r"|oat cell carcinoma",
    "non-small cell carcinoma": r"non[ -]small[ -]cell(?: lung)? (?:carcinoma|cancer)",
    "large cell carcinoma": r"large[ -]cell(?: undifferentiated)? carcinoma",
    "neuroendocrine carcinoma": r"(?<!cell )neuroendocrine carcinoma",
    "carcinoid tumour": r"carcinoid(?: tumou?r)?\b",
    "bronchioloalveolar carcinoma": r"bronchi?olo-? ?alveolar (?:cell )?carcinoma",
    "signet ring cell carcinoma": r"signet[ -]ring(?:[ -]cell)? (?:adeno)?carcinoma",
    "mucinous adenocarcinoma": r"(?:mucinous|colloid)(?: \(?(?:mucinous|colloid)\)?)? adenocarcinoma(?! in[ -]?situ)"
    r"|adenocarcinoma,? mucinous(?: type)?",
    "mucinous carcinoma": r"(?:mucinous|colloid)(?: \(?(?:mucinous|colloid)\)?)? carcinoma(?! in[ -]?situ)",
    "adenocarcinoma": r"(?<!prostatic )(?<!mucinous )\badenocarcinoma\b(?! in[ -]?situ)",
    "hepatocellular carcinoma": r"hepatocellular carcinoma",
    "sarcomatoid carcinoma": r"sarcomatoid carcinoma(?! (?:component|areas|differentiation|elements))",
    "undifferentiated carcinoma": r"(?<!cell )undifferentiated carcinoma",
    "oncocytoma": r"oncocytoma",
    "angiomyolipoma": r"angiomyolipoma",
    "metanephric adenoma": r"metanephric adenoma",
    "carcinosarcoma": r"carcinosarcoma",
    "leiomyosarcoma": r"leiomyosarcoma",
    "rhabdomyosarcoma": r"rhabdomyosarcoma",
    "liposarcoma": r"liposarcoma",
    "melanoma": r"(?:malignant )?melanoma",
}
TYPE = re.compile("|".join(f"(?P<t{place}>(?<![a-z]){words})" for place, words in enumerate(TYPES.values())))
NAMES = tuple(TYPES)
GROUPS = {f"t{place}": name for place, name in enumerate(NAMES)}
KIND = r"(?P<{}>clear[ -]cell|conventional|chromophobe|papillary)\b"
ELSE = rf"(?! ?[(,]?(?:{NAMED}|\w*carcinoma|urothelial|adenoma|features?|pattern|architecture|growth|structures?|areas?|cells?|[12i]))"
BARE = re.compile(  # a kind of renal cell carcinoma that is called by no more than its name
    rf"\b(?:histolog\w+|tumou?r"
    rf"|cell) (?:sub)?type(?: ?\([^)]{{0,40}}\))?[ ]?[:=-][ ]*(?:conventional[ ,]*)?\(?{KIND.format('labelled')}{ELSE}"
    rf"|\b{KIND.format('typed')} (?:sub)?type\b{ELSE}"
)
KINDS = (
    r"squamous|glandular|micropapillary|plasmacytoid|nested|spindle[ -]cell|trophoblastic|lymphoepithelioma-like|microcystic"
    r"|clear[ -]cell|neuroendocrine|small[ -]cell|mucinous|signet[ -]ring(?:[ -]cell)?|large nested|lipid[ -]rich|giant[ -]cell"
    r"|villoglandular"
    r"|adenocarcinomatous|osteoclast[ -]like"
)
VARIANT = re.compile(
    rf"\b(?P<kind>{KINDS})(?P<and> and (?P<second>{KINDS}))?[ ](?P<word>differentiation|variant|features?|component|changes?"
    rf"|pattern|elements?|areas|morphology|histology)\b|\bvariants?(?: histology)?[ ]?:[ ]?(?P<named>{KINDS})\b"
)
VALUE = {
    "squamous": "squamous differentiation",
    "glandular": "glandular differentiation",
    "adenocarcinomatous": "glandular differentiation",
    "neuroendocrine": "neuroendocrine differentiation",
}
DENIED = re.compile(
    r"\b(?:(?:finding|aberration|abnormality|change)s? (?:\w+ )?(?:in|for)|(?:often|commonly|frequently) (?:found|seen) in|no|not"
    r"|without|negative for|(?:favou?r\w*"
    r"|prefer\w*)\b[^.;]{0,70}\bover|as opposed to|instead of|absence of|free of|never"
    r"|uninvolved by|rather than|ruled? out|exclud\w+|versus"
    r"|vs[.]?|including|differential|metasta\w+|history of|nor|than|staging for|types of|protocol for|typical|resembl\w*|reminiscent"
    r"|mimic\w*"
    r"|simulat\w*)\b(?:(?!\b(?:but|with"
    r"|shows?)\b)[^.;:]){0,60}$"
)
MAYBE = re.compile(
    r"\b(?:suspicious|suggest\w*|favou?r\w*|possibl[ey]|probabl[ey]|consistent with|compatible with|likely|suspect\w*)\b[^.;:]{0,40}$"
)
NOT_EXCLUDED = re.compile(r"\bcan ?not (?:\w+ly )?(?:rule out|exclude) (?:an? )?(?:\w+ ){0,3}$")
FAVOURED = re.compile(r"[^.;,]{0,25}\b(?:is|are) (?:favou?red|suspected|likely|possible)\b")
BEHIND = re.compile(
    r"[^.;,:]{0,30}\b(?:is |are )?(?:not (?:identified|present|seen|favou?red)|absent|is excluded|(?:was|were) (?:considered|ruled out"
    r"|excluded)|protocol|checklist"
    r"|synoptic|parameters?|cell line|antigen|markers?|antibod\w+)|[ ]?:[ ]?(?:is |are )?(?:no\b|none|absent|not )"
    r"|[^.;,:]{0,30}:[ ]?(?:gx\b|can ?not|n/a)"
)


def find(passage: Passage) -> Iterator[Statement]:
    """Types and variants that the passage states of this tumour."""
    text = passage.text
    if not re.search(
        r"carcinoma|cancer|rcc|carcinoid|melanoma|adenoma|oncocyt|angiomyo|tcc|sarcoma|differentiation|variant|features"
        r"|component|renal.?cell|type",
        text,
    ):
        return
    types = [*TYPE.finditer(text)]
    for found in types:
        certainty = _certainty(text, found)
        if certainty:
            yield passage.statement("histology", "type", GROUPS[found.lastgroup], certainty, *found.span())
    for found in BARE.finditer(text) if passage.kidney else ():
        certainty = _certainty(text, found)
        if certainty and not any(one.start() < found.end() and found.start() < one.end() for one in types):
            kind = (found["labelled"] or found["typed"]).replace("conventional", "clear cell").replace("-", " ")
            yield passage.statement("histology", "type", f"{kind} renal cell carcinoma", certainty, *found.span())
    for found in VARIANT.finditer(text):
        certainty = _certainty(text, found)
        for kind in (found["kind"] or found["named"], found["second"]) if certainty else ():
            if kind and not (kind.startswith("clear") and passage.kidney):
                yield passage.statement("histology", "variant", VALUE.get(kind, kind.replace("-", " ")), certainty, *found.span())


def _certainty(text: str, found: re.Match) -> str | None:
    """stated or uncertain, and None where the type is denied, or named for another reason."""
    before, after = text[max(0, found.start() - 90) : found.start()], text[found.end() : found.end() + 60]
    open_to = NOT_EXCLUDED.search(before) is not None
    if (DENIED.search(before) and not open_to) or BEHIND.match(after):
        return None
    if open_to or FAVOURED.match(after):
        return "uncertain"
    maybe = MAYBE.search(before)
    return "uncertain" if maybe and not re.search(r"consistent with|compatible with", maybe[0]) else "stated"
