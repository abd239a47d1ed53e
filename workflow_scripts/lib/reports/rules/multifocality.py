"""One tumour, or several."""

import re
from collections.abc import Iterator

from workflow_scripts.lib.reports.rules.numbers import COUNT, count
from workflow_scripts.lib.reports.rules.passages import Passage
from workflow_scripts.lib.reports.statements import Statement

TUMOUR = (
    r"(?:(?:invasive|infiltrating|ductal|lobular|papillary|clear|chromophobe|renal|urothelial|transitional|squamous|cell|tumou?r|mammary"
    r"|prostatic"
    r"|high|low|grade|adeno)[ -])*(?:tumou?r|carcinoma|adenocarcinoma|cancer|neoplasm|oncocytoma)s?"
)
SEPARATE = r"(?:(?:separate|distinct|discrete|independent|synchronous|individual|additional|satellite|different|invasive|small|large) )"
WORD = re.compile(
    r"\b(?P<many>multi-? ?focal(?:ity)?(?!ly)|multi-? ?centric(?:ity)?|multi-?nodular tumou?r|(?<=focality: )(?:multiple|several|[2-9])"
    r"|(?:bi-?|two |three )focal(?!ly)|tumou?r multiplicity"
    rf"|(?:multiple|several|numerous|many) (?:{SEPARATE}{{1,2}}|\w+ )?(?:tumou?rs?\b(?! (?:cells?|fragments?|nodes?))|neoplasms|carcinomas"
    rf"|(?:tumou?r )?(?:foci|nodules|masses) of"
    rf" {TUMOUR}|tumou?r (?:foci|nodules|masses))"
    r"|an? (?:second|third|separate|additional),? (?:\w+,? ){0,2}(?:tumou?r|carcinoma|neoplasm)\b(?! (?:cells?|fragments?|sections?"
    r"|blocks?|tissue|slides?|bank|deposits?|thromb\w+))"
    rf"|(?:separate|satellite) tumou?r nodules?|in addition to (?:the|this|an?) (?:[^.;]|[.](?=[0-9])){{0,60}}\b(?:mass|tumou?r|nodule"
    rf"|carcinoma)\b"
    rf"[^.;]{{0,30}}?\b(?:{COUNT}|several|multiple|second|another|additional|further|smaller) (?:[a-z-]+ ){{0,3}}"
    rf"(?:nodules?|mass(?:es)?|tumou?rs?|foc(?:us|i))\b(?![^.;]*\b(?:benign|adenom|cyst|hyperpla|node))"
    rf"|(?:foci|nodules|masses) of {TUMOUR} are (?:scattered|found|present|seen) (?:in|through)\w* (?:\w+ ){{1,3}}(?:lobes|quadrants"
    rf"|kidneys?|glands?))"
    r"|\b(?P<one>uni-? ?focal|unicentric|(?:solitary|single) (?:(?:invasive|dominant|large|small|discrete) )?(?:tumou?r|mass|lesion"
    r"|neoplasm)\b(?! cells?)"
    r"|(?<=distribution: )solitary|tumou?r is (?:solitary|single)|(?<=focality: )(?:solitary|single)"
    rf"|(?:single|solitary) (?:focus|nodule) of {TUMOUR})\b"
)
NUMBER = re.compile(
    rf"\bnumber of (?:(?:primary |separate |tumou?r )?(?:tumou?rs?|lesions|foci|nodules|masses|carcinomas))(?: (?:present"
    rf"|identified))?[ ]?[:=]?[ ]?"
    rf"(?:at least |> ?)?(?P<n>{COUNT})\b"
    rf"|(?<![a-z0-9.])(?P<m>{COUNT}) (?:{SEPARATE}|\w+ )?(?:tumou?rs|(?:tumou?r )?(?:foci|nodules|masses|lesions) of {TUMOUR}"
    rf"|tumou?r (?:foci|nodules|masses)"
    rf"|{SEPARATE}(?:(?!polyp|cyst|benign)\w+ )?(?:tumou?r nodules|masses|lesions|carcinomas|neoplasms|primaries))\b"
)
NONE = re.compile(r"(?: tumou?rs?| disease)?[ ]?:?[ ]?(?:not? (?:identified|seen|present)|absent|no\b|none)")
UNKNOWN = re.compile(r"[ ]?:?[ ]?(?:not (?:assess|applicab|specif|evaluat|determin)|cannot|n/a|_{2})|[ ]?:[ ]*(?:$|[a-z ]+:)")
OTHER_THING = re.compile(
    r"(?:[ ,;:/-]*(?:and|areas?|foci|of|tumou?r|microscopic|flat|high|low|grade|urothelial|transitional|cell|chronic"
    r"|extensive|lymphatic|angio-?lymphatic|vascular|perineural|papillary|small|mild|severe|mucosal|renal|cortical|simple|benign"
    r"|squamous|prostatic)){0,5}"
    r"[ ,-]*(?:carcinoma[ -]?in[ -]?situ|in[ -]situ|cis\b|pin\b|dysplasia|necrosis|inflammation|hyperplasia|cysts?"
    r"|intra-? ?epithelial|adenomas?|fibrosis|infarct\w*|atypia|hemorrhage|cystitis"
    r"|scle\w+|lymphoid|calcif\w+|\w*granulom\w*|necrotizing|p\.i\.n|metaplasia|glomerulo\w+|ulcer\w+|lymphovascular|margin|extension"
    r"|invasion)"
)
BEFORE = re.compile(r"(?:\bpin|p\.i\.n\.?|neoplasia|in[ -]situ|dysplasia|necrosis|adenomas?|margins?|invasion)[^.;]{0,25}$|\bif (?:\w+ )?$")
DOUBT = re.compile(r"probabl|possibl|suspect|cannot|not (?:\w+ly )?(?:excluded|ruled out)")
DENIED = re.compile(r"\b(?:no|not|without)\b[^.;:,]{0,30}$")


def find(passage: Passage) -> Iterator[Statement]:
    """Whether the tumour is one or several."""
    text = passage.text
    for found in WORD.finditer(text):
        if OTHER_THING.match(text, found.end()) or BEFORE.search(text[: found.start()]) or UNKNOWN.match(text, found.end()):
            continue
        many = found["many"] is not None
        if NONE.match(text, found.end()) or DENIED.search(text[: found.start()]):
            many = not many
        yield _statement(passage, many, found)
    for found in NUMBER.finditer(text):
        number = count(found["n"] or found["m"])
        if number:
            yield _statement(passage, number > 1, found)


def _statement(passage: Passage, many: bool, found: re.Match) -> Statement:
    value = "multifocal" if many else "unifocal"
    near = passage.text[max(0, found.start() - 25) : found.end() + 30]
    certainty = "uncertain" if DOUBT.search(near) else "stated"
    return passage.statement("multifocality", "foci", value, certainty, *found.span())
