"""Invasion, of vessels, of nerves, and of named tissues."""

import re
from collections.abc import Iterator

from workflow_scripts.lib.reports.rules.assertion import assertion
from workflow_scripts.lib.reports.rules.passages import Passage
from workflow_scripts.lib.reports.statements import Statement

KINDS = {  # what stands before "invasion"
    "lymphovascular": r"lymph[ -]?o?[ -]*vasc\w*|angio[ -]?lymph\w*|(?:lymphatic|vascular|venous|angio)[ ]?[/,-][ ]?(?:lymphatic|vascular)"
    r"|(?:blood )?(?:lymphatic|vascular) (?:and|or|/) (?:lymphatic|vascular)|lymphatic vascular|sanguineous vascular"
    r"|blood vessel|small[ -]vessel"
    r"|small vascular|(?:micro)?vascular|lymphatic|capillary|intravascular",
    "perineural": r"(?:peri|intra)?-? ?neural|nerve",
    "large vessel": r"venous|veins?|large[ -]vessel|(?:renal|pulmonary) (?:vein|artery)|(?:inferior )?vena ?cava|(?:vena )?caval|(?:macro"
    r"|large )vascular",
    "capsule": r"(?:renal |prostatic )?capsular|(?:renal )?capsule|trans-?capsular|extra-? ?capsular|extra-? ?prostatic",
    "fat": r"(?:peri-?nephric|peri-?renal|peri-?vesic\w+|(?:renal )?sinus|hilar|peri-?pelvic|peri-?colic|mesorectal)"
    r"(?: (?:adipose|fatty|fat|soft))?(?: tissues?| fat)?",
    "muscularis propria": r"muscularis(?: propria)?|detrusor(?: muscle)?|muscle",
    "lamina propria": r"lamina propria|submucosal",
    "adjacent organ": r"seminal vesicles?|(?:ipsilateral )?adrenal(?: gland)?|prostat(?:e|ic(?: strom\w+)?)|rectal|vaginal|uterine"
    r"|adjacent organs?",
    "pleura": r"(?:visceral |parietal )?pleural?",
}
TISSUES = {  # what is invaded
    "lymphovascular": r"(?:small |lymphatic |lymph |blood |vascular |lymphovascular |thin-walled ){0,3}(?:vessels|vessel|channels?|spaces?)"
    r"|lymphatics",
    "perineural": r"(?:peripheral |small )?nerves?|perineur(?:ium|al spaces?)",
    "large vessel": r"(?:main |segmental )?(?:renal|hilar|adrenal|gonadal|pulmonary|portal) (?:veins?|arter(?:y|ies))"
    r"|(?:inferior )?vena ?cava|ivc|large (?:vessels?|veins?)"
    r"|major (?:vessels?|veins?)|muscular (?:vein|branch)\w*|(?:renal )?sinus veins?",
    "capsule": r"(?:the )?(?:renal|prostatic|prostate|thyroid|kidney)?[ ]?capsule",
    "fat": r"(?:peri-?nephric|peri-?renal|peri-?vesic\w+|(?:renal )?sinus|(?:renal )?hilar|peri-?pelvic|peri-?ureteral"
    r"|peri-?coli?c\w*|mesorectal"
    r"|peri-?prostatic|extra-?vesic\w+|surrounding)[ ](?:adipose|fatty|fat|soft|connective|tissues?)(?: tissues?| fat)?"
    r"|(?:renal sinus|perivesicum)",
    "muscularis propria": r"muscular(?:is)? propr\w+|(?:detrusor|smooth|deep|superficial|bladder) muscle|muscle (?:layer"
    r"|wall|bundles?|coat)"
    r"|muscularis",
    "lamina propria": r"lamina propria|sub-?epithelial connective tissue|(?<!vaginal )submucosa",
    "adjacent organ": r"prostat(?:e\b(?! capsule)|ic (?:stroma|parenchyma|gland))|seminal vesicles?|uterus|vagina|(?:vaginal|rectal|uterine"
    r"|bowel) wall|rectum|sigmoid|bowel|colon(?:ic wall)?"
    r"|adrenal(?: gland)?(?! vein)|liver|spleen|pancreas|pelvic (?:side)?wall|abdominal wall|chest wall|diaphragm"
    r"|(?:adjacent|other) organs?|pericardium",
    "pleura": r"(?:visceral |parietal )?pleura\b",
}
NOUN = r"(?:invasion|invasio|involvement|infiltration|permeation|penetration|extension|emboli|spread|thromb\w+)\b"
ADJECTIVE = "|".join(f"(?:{words})" for words in KINDS.values())
REST = rf"(?:[ ]?\([^)]{{0,30}}\))?(?:(?:[ ]?(?:,|/|&|-)[ ]?(?:and |or )?|[ ]and[ ]|[ ]or[ ]|[ ]nor[ ])(?:{ADJECTIVE})){{0,4}}"
NAMED = {
    kind: re.compile(
        rf"(?<![a-z])(?:{words}){REST}(?:[ ](?:spaces?|channels?|vessels?))?[ ]?(?:\([^)]{{0,30}}\)[ ]?)?(?:vessel |tumou?r )?(?:{NOUN}"
        + (
            r"|cancer invasion)"
            if kind != "lymphovascular"
            else r")|\blvs?i\b|(?:tumou?r|carcinoma) emboli|(?:tumou?r|carcinoma)[^.;]{0,40}"
            r"in (?:the )?(?:lymphatic|vascular)\w* (?:spaces|channels)|(?:lymphatic|vascular) (?:spaces"
            r"|channels)(?= (?:are|is) (?:free|clear|negative))"
        )
    )
    for kind, words in KINDS.items()
}
VERB = re.compile(
    r"\b(?P<verb>(?:invad\w+|invasive (?:into|through)|infiltrat\w+|penetrat\w+|breach\w*|involv(?:es|ing|ement of)"
    r"|invasion|(?:extends?|extending|extension|invasion|infiltration"
    r"|spread\w*|grow\w*) (?:directly |focally )?(?:through|thru|into|in|beyond|of|to involve|to))\b)"
)
DEPTH = re.compile(
    r"\b(?:depth|level|extent|degree) of (?:tumou?r )?(?:invasion|infiltration|penetration)[ ]?[:=-]?[ ]?|\blocal invasion[ ]?:[ ]?"
)
LIST_ENDS = re.compile(
    r"[.;:]|\b(?:but|however|although|without|with|no|not|which|margins?|lymph nodes?|is|are|was|were|measur\w*|shows?"
    r"|in situ|abut\w*|limited|below|above)\b"
)
BETWEEN = re.compile(r"[ ,]*(?:(?:and|or|the|both|right|left)[ ,]*)*")
JOINS = re.compile(r"\b(?:and|or)\b")
BUT_NOT = re.compile(
    r"\b(?:but|and) (?:(?:do|does|is|are|was|were) )?not "
    r"(?:(?:invade|involve|(?:present|seen|identified|found) (?:in|within)|into|through|beyond|to) )?(?:the )?"
)
NEITHER = re.compile(r"[ ]?neither\b")
LIMITED = re.compile(r"limited|confined|only")
STATES = re.compile(  # a tissue, then what of it
    r"[ ]?(?:\([^)]{0,30}\))?[ ]?(?:[:,-]|is|are|was|were)?[ ]?(?:present,? ?(?:and |but )?(?:is |are )?)?(?:grossly "
    r"|microscopically |tumou?r )?"
    r"(?P<not>not (?:\w+ )?(?:involved|invaded|breached|infiltrated)|uninvolved|does not (?:involve|invade)|(?:is "
    r"|are )?free (?:of|from) (?:tumou?r|carcinoma"
    r"|neoplas\w+|invasion)|not identified to be involved|no (?:invasion|involvement))"
    r"|[ ]?(?:[:-]|is|are|was|were)[ ]?(?P<yes>(?:focally |extensively |directly )?(?:involved|invaded|breached|infiltrated))\b"
)
LISTED = {kind: re.compile(rf"(?<![a-z])(?:{words})(?![a-z])") for kind, words in TISSUES.items()}
REACHED = ("capsule", "pleura")  # what only is extended to is not yet invaded
TO = re.compile(r"\bto$")
MARGIN = re.compile(r"[^.;,]{0,25}\bmargin")
NOT_TUMOUR = re.compile(r"\bin[ -]?situ\b|chronic|inflammat|granulom|hyperplasia|giant cell|dysplasia|sclerosis|(?<!in )blocks? ")
ONLY_TUMOUR = re.compile(r"extension|\btumou?r|carcinoma|neoplas|invasi|malignan|cancer|infiltrat")
QUICK = re.compile(
    r"inva|infilt|penetr|breach|invol|exten|lvi|lvsi|embol|permeat|spread|grow|spaces|channels|thromb|free|muscular|lamina|perivesic"
)


def find(passage: Passage) -> Iterator[Statement]:
    """What the passage says of invasion."""
    text = passage.text
    if not QUICK.search(text):
        return
    taken: list[tuple[int, int]] = []
    for kind, pattern in NAMED.items():
        for found in pattern.finditer(text):
            if kind == "large vessel" and re.search(r"(?:lymph\w*|small)[ /,-]{1,3}$", text[max(0, found.start() - 12) : found.start()]):
                continue
            said = assertion(text, found.start(), found.end())
            taken.append(found.span())
            of_nodes = kind == "capsule" and "nod" in passage.context + text
            if said and not of_nodes and not (kind in ("fat", "capsule", "adjacent organ") and NOT_TUMOUR.search(found[0])):
                yield _statement(passage, kind, *said, *found.span())
    if not NOT_TUMOUR.search(text):
        yield from _into(passage, taken)
        if "margin" not in text:
            yield from _states(passage)


def _into(passage: Passage, taken: list[tuple[int, int]]) -> Iterator[Statement]:
    """Tissues that a verb of invasion, or a depth, speaks of."""
    text = passage.text
    for found in (*VERB.finditer(text), *DEPTH.finditer(text)):
        if any(start <= found.start() < end for start, end in taken) and found.re is VERB:
            continue
        ends = LIST_ENDS.search(text, found.end())
        last = min(ends.start() if ends else len(text), found.end() + 150)
        listed = sorted(
            (match.start(), match.end(), kind) for kind, words in LISTED.items() for match in words.finditer(text, found.end(), last)
        )
        if TO.search(found[0]):
            listed = [one for one in listed if one[2] not in REACHED]
        listed = [one for one in listed if not MARGIN.match(text, one[1])]
        if not listed or not (found.re is DEPTH or ONLY_TUMOUR.search(text)):
            continue
        spared = BUT_NOT.search(text, listed[-1][1], last + 40)
        clause = text[: spared.start()] if spared else text
        if (
            STATES.match(text, listed[-1][1]) and (comma := text.rfind(",", listed[0][1], listed[-1][0])) > 0
        ):  # the last has a state of its own
            clause, listed = text[:comma], [one for one in listed if one[1] <= comma]
        said = ("present", "stated") if found.re is DEPTH else assertion(clause, found.start(), listed[-1][1])
        if NEITHER.match(text, found.end()):
            said = ("absent", "stated")
        for kind, words in LISTED.items() if spared and not LIMITED.match(text, spared.end()) else ():
            if match := words.search(text, spared.end(), spared.end() + 40):
                yield _statement(passage, kind, "absent", "stated", found.start(), match.end())
        for _, end, kind in listed if said else ():
            yield _statement(passage, kind, *said, found.start(), end)


def _states(passage: Passage) -> Iterator[Statement]:
    """Tissues, one or a list, of which it is said whether they are invaded."""
    text = passage.text
    listed = ((match, kind) for kind, words in LISTED.items() if kind != "lymphovascular" for match in words.finditer(text))
    said, following, several = None, len(text), False
    for found, kind in sorted(listed, key=lambda one: -one[0].start()):
        state = STATES.match(text, found.end())
        several = not state and (several or JOINS.search(text, found.end(), following) is not None)  # a comma alone makes no list
        said = state or (said if said and several and BETWEEN.fullmatch(text, found.end(), following) else None)
        following = found.start()
        if said:
            yield _statement(passage, kind, "absent" if said["not"] else "present", "stated", found.start(), said.end())


def _statement(passage: Passage, kind: str, value: str, certainty: str, start: int, end: int) -> Statement:
    first = passage.start
    return Statement("invasion", kind, value, certainty, passage.specimen, first + start, first + end)
