"""Invasion, of vessels, of nerves, and of named tissues."""

import re
from collections.abc import Iterator

from workflow_scripts.lib.reports.rules.assertion import assertion
from workflow_scripts.lib.reports.rules.codes import coded
from workflow_scripts.lib.reports.rules.invades import invades
from workflow_scripts.lib.reports.rules.involved import involved
from workflow_scripts.lib.reports.rules.nodes import IN_TEXT, of_nodes
from workflow_scripts.lib.reports.rules.passages import Passage
from workflow_scripts.lib.reports.rules.tissues import KINDS, NOT_TUMOUR, TISSUES, Found
from workflow_scripts.lib.reports.statements import Statement

NOUN = r"(?:invasions?|invasio|involvement|infiltrations?|permeation|penetration|extensions?|emboli|spread|thromb\w+)\b"
ADJECTIVE = "|".join(f"(?:{words})" for words in KINDS.values())
REST = rf"(?:[ ]?\([^)]{{0,30}}\))?(?:(?:[ ]?(?:,|/|&|-)[ ]?(?:and |or )?|[ ]and[ ]|[ ]or[ ]|[ ]nor[ ])(?:{ADJECTIVE})){{0,4}}"
TOLD = r"(?=[ ]?(?::|not|present|negative|positive|involved|absent))"
WORDED = {  # said in other words
    "lymphovascular": rf"\blymphatic \(small[ -]vessels?\){TOLD}|\blvs?i\b|\b(?:lymph)?angio-?invasion\b|\bintravascular tumou?r\b"
    r"|(?:tumou?r(?:al)?|carcinoma(?:tous)?|neoplastic) emboli"
    r"|\b(?:tumou?r|carcinoma|it is)\b[^.;]{0,40}\b(?:with)?in (?:the |an? )?(?:lymph|vasc)\w* (?:spaces?|channels?|lumens?|vessels?)"
    r"|(?:lymph|vasc)\w* (?:spaces?|channels?|vessels?) (?:(?=(?:are|is) (?:free|clear|negative))|(?:contain|show)\w* (?:tumou?r"
    r"|carcinoma|neoplas))",
    "perineural": r"\bpni\b",
    "large vessel": rf"\bemvi\b|\bvenous \(large[ -]vessels?\){TOLD}",
    "capsule": r"\bepe\b",
    "adjacent organ": r"\bsvi\b",
}
NAMED = {
    kind: re.compile(
        rf"(?<![a-z])(?:{words}){REST}(?:[ ](?:spaces?|channels?|vessels?))?[ ]?(?:\([^)]{{0,30}}\)[ ]?)?(?:vessel |tumou?r "
        rf"|cancer )?{NOUN}"
        rf"|(?<![a-z])(?:invasion|involvement)(?:,| of(?: the)?)? (?:{words}){REST}(?= ?[:-])"
        rf"|{WORDED.get(kind, '(?!)')}"
    )
    for kind, words in KINDS.items()
}
CODES = {"l": "lymphovascular", "v": "large vessel", "pn": "perineural"}  # beside a stage
HEADED = re.compile(r"\b(?:invasion|infiltration|extension|involvement|spread)\b")
ITEM = {
    kind: re.compile(
        rf"[^a-z0-9]*(?:[a-z0-9][.)] )?(?P<what>{words}"
        rf"|{TISSUES[kind]})(?: ?\([^)]{{0,40}}\))?(?= *(?:[:=-]|(?:un)?involved|not|free|negative|present|absent))"
    )
    for kind, words in KINDS.items()
}
WITHIN_NOT = re.compile(r"^(?:tumou?r|carcinoma|it is)\b.*\b(?:not|never|can ?not|absent)\b.*\b(?:with)?in\b")
GOES_ON = re.compile(r"(?<=sion) (?:into|through|beyond|to)\b")
SMALL = re.compile(r"(?:lymph\w*|small)[ /,-]{1,3}$")
SOFT = ("fat", "capsule", "adjacent organ")  # which what is no tumour may reach, too


def find(passage: Passage) -> Iterator[Statement]:
    """What the passage says of invasion."""
    for kind, value, certainty, start, end in _found(passage):
        yield passage.statement("invasion", kind, value, certainty, start, end)


def _found(passage: Passage) -> Iterator[Found]:
    """Every kind of invasion that the passage says something of."""
    text = passage.text
    named = [(kind, found) for kind, pattern in NAMED.items() for found in pattern.finditer(text) if not _small(kind, text, found.start())]
    for kind, found in named:
        said = ("absent", "stated") if WITHIN_NOT.search(found[0]) else assertion(text, *found.span())
        nodal = kind == "capsule" and "capsul" in found[0] and (IN_TEXT.search(text) or "nodal" in text or of_nodes(passage.context))
        if said and not nodal and not (kind in SOFT and NOT_TUMOUR.search(found[0])):
            yield kind, *said, *found.span()
    if HEADED.search(text, 0, passage.heading):
        yield from _listed(text, passage.heading)
    else:
        yield from invades(text, [found.span() for _, found in named if not GOES_ON.match(text, found.end())])
    yield from involved(text)
    for found in coded(text):
        if found["name"] in CODES:
            yield CODES[found["name"]], "absent" if found["figure"] in "0o" else "present", "stated", *found.span()


def _small(kind: str, text: str, start: int) -> bool:
    """Whether the vessels named from ``start`` are not the large ones that they may be."""
    return kind == "large vessel" and SMALL.search(text, max(0, start - 12), start) is not None


def _listed(text: str, first: int) -> Iterator[Found]:
    """What an item is about that begins at ``first``, below a heading of invasion."""
    for kind in KINDS:
        found = ITEM[kind].match(text, first)
        said = assertion(text, found.start("what"), found.end()) if found else None
        if said:
            yield kind, *said, 0, found.end() + len(text[found.end() :].split(",", maxsplit=1)[0])
