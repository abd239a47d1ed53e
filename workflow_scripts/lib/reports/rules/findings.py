"""Further statements that bear on prognosis."""

import re
from collections.abc import Iterator

from workflow_scripts.lib.reports.rules.assertion import PRESENT, STATED, assertion
from workflow_scripts.lib.reports.rules.passages import Passage
from workflow_scripts.lib.reports.statements import Statement

SITES = (
    r"liver|lung|bone|brain|omentum|spleen|adrenal|peritone\w+|abdominal wall|rib|pancreas|skin|pleura|mesentery|diaphragm"
    r"|vertebra\w*|distant"
)
TOPICS = {
    "necrosis": r"(?:tumou?r |coagulative |geographic |comedo |tumou?ral |areas? of |foci of |focal "
    r"|extensive )*(?<!fat )(?<!tubular )\b(?:comedo-?)?necrosis\b|\bnecrotic tumou?r|tumou?r (?:[^.;,]{0,30} )?is (?:\w+ly "
    r"|[0-9]{1,3} ?% )?necrotic",
    "carcinoma in situ": r"carcinoma[ -]*in[ -]*situ|\b[dl]?cis\b|(?<=adeno)carcinoma in situ",
    "sarcomatoid": r"sarcomatoid(?: (?:features?|differentiation|change|component|transformation|de-?differentiation|areas?|growth"
    r"|carcinoma|renal|elements))*(?: \([^)]{0,25}\))?",
    "rhabdoid": r"rh?abh?doid|rhaboid",
    "distant metastasis": rf"distant (?:metasta\w+|spread)|metasta\w+(?: \w+){{0,5}} (?:to|in|involving)(?: the)?(?: \w+)? (?:{SITES})\b",
    "treatment effect": r"(?:treatment|therapy|chemotherapy|radiation|neo-?adjuvant|androgen[ -](?:deprivation|ablation|blockade)|hormon\w+"
    r"|chemoradi\w+|post-?treatment)(?:[ -]related)? (?:\w+ )?(?:effects?|response|changes?)"
    r"|(?:response to (?:neo-?adjuvant |prior )?(?:treatment|therapy|chemotherapy))",
    "residual tumour": r"(?<=no )viable (?:tumou?r|\w*carcinoma|cancer)|residual (?:\w+ ){0,3}?(?:tumou?r|carcinoma|malignan\w+"
    r"|neoplas\w+|disease|cancer|adenocarcinoma)",
}
TOPIC = {aspect: re.compile(rf"(?<![a-z]){words}(?![a-z])") for aspect, words in TOPICS.items()}
THERE = re.compile(
    rf"\b(?:{SITES})\b[^.;:]{{0,60}}(?:(?::| -) ?(?:involved by |positive for )?|\b(?:involved by"
    rf"|positive for) )metastatic (?:\w+ ){{0,4}}\w*(?:carcinoma"
    rf"|melanoma|sarcoma)\b"
)  # a specimen's diagnosis
QUICK = re.compile(r"necro|situ|cis\b|sarcomatoid|rh?ab|metasta|effect|response|change|residual")
PART = re.compile(r";|, (?:(?=[0-9.]+ ?[cm]m\b)|and|but|while|whereas|although|though|with)\b|, (?=(?:\w+ ){0,3}margins?\b)")
ELSEWHERE = {  # where the words are about something else
    "necrosis": re.compile(
        r"tubular|papillary necrosis|fat necrosis|fibrinoid|granulom|biopsy site|resection site|cautery|caseating"
        r"|tumor necrosis factor|ulcer(?!ation\b)|crescent|glomerul"
    ),
    "carcinoma in situ": re.compile(r"\bmargins?\b|(?:pecimen|container|part) cis\b"),
    "distant metastasis": re.compile(r"\(p ?m\)|\b[pc]?m[ :]?[01x ]|lymph node|nodal|cannot be assessed|clinical"),
    "residual tumour": re.compile(r"\bmargins?\b|\(r\)|rx"),
    "treatment effect": re.compile(r"\bno (?:known )?(?:prior|previous|pre-?\w+) (?:treatment|therapy)|\bcorrelat"),
}


def find(passage: Passage) -> Iterator[Statement]:
    """Necrosis, carcinoma in situ, changes of grave meaning, spread, and what treatment has left."""
    text = passage.text
    if not QUICK.search(text):
        return
    for aspect, pattern in TOPIC.items():
        elsewhere = ELSEWHERE.get(aspect)
        for found in pattern.finditer(text):
            if elsewhere and elsewhere.search(text, *_clause(text, found)):
                continue
            if said := assertion(text, *found.span()):
                yield passage.statement("other", aspect, *said, *found.span())
    for found in THERE.finditer(text):
        said = assertion(text, *found.span()) or (PRESENT, STATED)
        yield passage.statement("other", "distant metastasis", *said, *found.span())


def _clause(text: str, found: re.Match) -> tuple[int, int]:
    """Where the clause begins and ends that speaks of what was found."""
    before = [part.end() for part in PART.finditer(text, 0, found.start())]
    after = PART.search(text, found.end())
    return before[-1] if before else 0, after.start() if after else len(text)
