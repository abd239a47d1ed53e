"""One tumour, or several."""

import re
from collections.abc import Iterator

from workflow_scripts.lib.reports.rules.numbers import COUNT, count
from workflow_scripts.lib.reports.rules.passages import Passage
from workflow_scripts.lib.reports.statements import Statement

WORD = re.compile(
    r"\b(?P<many>multi-? ?focal(?:ity)?(?!ly)|multi-? ?centric(?:ity)?|multiple tumou?rs?|multiple (?:separate "
    r"|discrete )?(?:foci|nodules) of (?:tumou?r|\w+ cell carcinoma))|\b(?P<one>uni-? ?focal|solitary (?:tumou?r|mass"
    r"|lesion)|(?<=distribution: )solitary|single (?:tumou?r|focus of tumou?r))\b"
)
NUMBER = re.compile(
    rf"\bnumber of (?:tumou?rs?|lesions|tumou?r foci)[ ]?[:=]?[ ]?(?P<n>{COUNT})\b"
    rf"|(?<![a-z0-9.])(?P<m>{COUNT})(?: \w+)? (?:separate|distinct|discrete) (?:\w+ )?(?:tumou?rs|tumou?r nodules"
    rf"|foci of (?:tumou?r|carcinoma))\b|(?<![a-z0-9.])(?P<k>{COUNT})(?: (?!of\b)\w+)? tumou?rs\b"
)
NONE = re.compile(r"(?: tumou?rs?| disease)?[ ]?:?[ ]?(?:not? (?:identified|seen|present)|absent|no\b|none)")
UNKNOWN = re.compile(r"[ ]?:?[ ]?(?:not (?:assess|applicab|specif|evaluat|determin)|cannot|n/a|_{2})|[ ]?:[ ]*(?:$|[a-z ]+:)")
OTHER_THING = re.compile(
    r"(?:[ ,;:/-]*(?:and|areas?|foci|of|tumou?r|microscopic|flat|high|low|grade|urothelial|transitional|cell|chronic"
    r"|extensive|papillary|small|mild|severe|mucosal|renal|cortical|simple|benign|squamous|prostatic)){0,5}"
    r"[ ,-]*(?:carcinoma[ -]?in[ -]?situ|in[ -]situ|cis\b|pin\b|dysplasia|necrosis|inflammation|hyperplasia|cysts?"
    r"|intra-? ?epithelial|adenomas?|fibrosis|infarct\w*|atypia|hemorrhage|cystitis"
    r"|scle\w+|lymphoid|calcif\w+|p\.i\.n|metaplasia|glomerulo\w+|ulcer\w+|lymphovascular|margin|extension|invasion)"
)
BEFORE = re.compile(r"(?:\bpin|p\.i\.n\.?|neoplasia|in[ -]situ|dysplasia|necrosis|adenomas?|margins?|invasion)[^.;]{0,25}$")
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
        number = count(found["n"] or found["m"] or found["k"])
        if number:
            yield _statement(passage, number > 1, found)


def _statement(passage: Passage, many: bool, found: re.Match) -> Statement:
    value = "multifocal" if many else "unifocal"
    certainty = (
        "uncertain"
        if re.search(r"probabl|possibl|suspect|cannot", passage.text[max(0, found.start() - 25) : found.end() + 20])
        else "stated"
    )
    return Statement(
        "multifocality", "foci", value, certainty, passage.specimen, passage.start + found.start(), passage.start + found.end()
    )
