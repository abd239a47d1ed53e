"""Invasion, of vessels, of nerves, and of named tissues."""

import re
from collections.abc import Iterator
from itertools import pairwise

from workflow_scripts.lib.reports.rules.assertion import assertion
from workflow_scripts.lib.reports.rules.codes import coded
from workflow_scripts.lib.reports.rules.passages import Passage
from workflow_scripts.lib.reports.statements import Statement

KINDS = {  # what stands before "invasion"
    "lymphovascular": r"lymph[ -]?(?:o|atic)?[ -]*vasc\w*|vasculo[ -]?lymphatic"
    r"|angio[ -]?lymph\w*|(?:lymphatic|vascular|venous|angio)[ ]?[/,-][ ]?(?:lymphatic|vascular)"
    r"|(?:blood )?(?:lymphatic|vascular) (?:and|or|/) (?:lymphatic|vascular)|lymphatic vascular|sanguineous vascular"
    r"|blood vessel|small[ -]vessel"
    r"|small vascular|(?<!mural )(?:micro)?vascular|lymphatic|capillary|intravascular",
    "perineural": r"(?:peri|intra)?-? ?neural|nerve",
    "large vessel": r"(?:extra-?mural )?venous|extra-?mural vascular|veins?|large[ -]vessel|(?:renal|pulmonary) (?:vein|artery)"
    r"|(?:inferior )?vena ?cava|(?:vena )?caval|(?:macro"
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
    "lymphovascular": r"(?<!neural )(?<!neurial )(?:small |lymphatic |lymph |blood |vascular |lymphovascular "
    r"|thin-walled ){0,3}(?:vessels|vessel|channels?|spaces?)"
    r"|lymphatics",
    "perineural": r"(?:peripheral |small )?nerves?|perineur(?:ium|al spaces?)",
    "large vessel": r"(?:main |segmental )?(?:renal|hilar|adrenal|gonadal|pulmonary|portal) (?:veins?|arter(?:y|ies))"
    r"|(?:inferior )?vena ?cava|ivc|large (?:vessels?|veins?)"
    r"|major (?:vessels?|veins?)|muscular (?:vein|branch)\w*|(?:renal )?sinus veins?",
    "capsule": r"(?:(?:renal|prostatic|prostate|thyroid|kidney) )?(?<!nodal )(?<!node )(?<!splenic )(?<!hepatic )capsule(?! of (?:the "
    r"|a )?(?:lymph )?node)",
    "fat": r"(?:peri-?nephric|peri-?renal|peri-?vesic\w+|(?:renal )?sinus|(?:renal )?hilar|peri-?pelvic|peri-?ureteral"
    r"|peri-?col(?!orectal)\w*|peri-?(?:colo)?rectal|peri-?gastric|peri-?esoph\w+|peri-?bronch\w+|peri-?hilar|mesorectal|mesocolic"
    r"|subserosal"
    r"|peri-?prostatic|extra-?vesic\w+|surrounding)[ ](?:adipose|fatty|fat|soft|connective|tissues?)(?: tissues?| fat)?"
    r"|(?:renal sinus|perivesicum)",
    "muscularis propria": r"muscular(?:is)? propr\w+|(?:detrusor|smooth|deep|superficial|bladder) muscle|muscle (?:layer"
    r"|wall|bundles?|coat)"
    r"|muscularis",
    "lamina propria": r"lamina propria|sub-?epithelial connective tissue|(?<!vaginal )submucosa",
    "adjacent organ": r"prostat(?:e\b(?! capsule)|ic (?:stroma|parenchyma|gland))|seminal vesicles?|svs?(?![0-9])|uterus|vagina"
    r"|(?:vaginal|rectal|uterine"
    r"|bowel) wall|rectum|sigmoid|bowel|colon(?:ic wall)?"
    r"|adrenal(?: gland)?(?! vein)|liver|spleen|pancreas|pelvic (?:side)?wall|abdominal wall|chest wall|diaphragm"
    r"|(?:adjacent|other) organs?|pericardium",
    "pleura": r"(?:visceral |parietal )?pleura\b",
}
NOUN = r"(?:invasion|invasio|involvement|infiltration|permeation|penetration|extension|emboli|spread|thromb\w+)\b"
ADJECTIVE = "|".join(f"(?:{words})" for words in KINDS.values())
REST = rf"(?:[ ]?\([^)]{{0,30}}\))?(?:(?:[ ]?(?:,|/|&|-)[ ]?(?:and |or )?|[ ]and[ ]|[ ]or[ ]|[ ]nor[ ])(?:{ADJECTIVE})){{0,4}}"
WORDED = {  # said in other words
    "lymphovascular": r"\blvs?i\b|\b(?:lymph)?angio-?invasion\b|\bintravascular tumou?r\b|(?:tumou?r|carcinoma) emboli"
    r"|(?:tumou?r|carcinoma)\b[^.;]{0,40}\b(?:with)?in (?:the )?(?:lymph|vasc)\w* (?:spaces?|channels?|lumens?|vessels?)"
    r"|(?:lymph|vasc)\w* (?:spaces?|channels?|vessels?) (?:(?=(?:are|is) (?:free|clear|negative))|(?:contain|show)\w* (?:tumou?r"
    r"|carcinoma|neoplas))",
    "perineural": r"\bpni\b",
    "large vessel": r"\bemvi\b",
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
VERB = re.compile(
    r"\b(?P<verb>(?:(?:involv|invad|extend|infiltrat)\w*(?: (?:in)?to)? (?:the )?following[a-z ()]{0,40}:[ ]?|(?:invad|extend"
    r"|infiltrat)\w+ into,? but not (?:through|beyond),?|invad\w+|invasive (?:into|through)|infiltrat\w+"
    r"|penetrat\w+|breach\w*|involv(?:es?|ing|ement of)"
    r"|invasion|perforat\w+|transgress\w+|travers\w+|erod\w+"
    r"|(?:extends?|extending|extended|extension|invasion|infiltration|spread\w*|grow\w*|goes|going|reach(?:es|ing)|encroach\w*|breaks?"
    r"|bursts?)"
    r" (?:\w+ly )?(?:through|thru|into|in|beyond|of|to involve|to))\b)"
)
DEPTH = re.compile(
    r"\b(?:depth|level|extent|degree) of (?:tumou?r )?(?:invasion|infiltration|penetration)[ ]?[:=-]?[ ]?|\blocal invasion[ ]?:[ ]?"
    r"|^\W*(?:tumou?r )?invasion[ ]?:[ ]?(?:in)?to "
)
EXTENT = re.compile(
    r"^\W*(?:(?:macro|micro)scopic )?(?:tumou?r )?(?:extent|extension)(?: of (?:tumou?r|invasion))?[ ]?(?:\([^)]{0,40}\))?[ ]?[:=][ ]?"
)
CONFINED = re.compile(r"\b(?:limited|confined|restricted) to\b")
LIST_ENDS = re.compile(
    r"[.;:]|\b(?:but|however|although|without|with|no|not|which|margins?|lymph nodes?|is|are|was|were|measur\w*|shows?"
    r"|in situ|abut\w*|limited|confined|absent|none|negative|free|below|above|spar(?:es?|ing)|stops?)\b"
)
BETWEEN = re.compile(r"[ ,]*(?:(?:and|n?or|the|both|right|left)[ ,]*)*")
JOINS = re.compile(r"\b(?:and|n?or)\b")
BUT_NOT = re.compile(
    r"\b(?:but|and) (?:(?:do|does|is|are|was|were) )?not "
    r"(?:(?:invade|involve|(?:present|seen|identified|found) (?:in|within)|into|through|beyond|to) )?(?:the )?"
)
LIES = re.compile(  # tumour, or a thrombus of it, is within a vessel
    r"\b(?:thromb\w+|tumou?r|\w*carcinoma|neoplasm)\b(?:(?:(?!\bno)[^.;,:]){0,40}?\b(?:(?:lies|lying|lodged|located|present|seen|identified"
    r"|found"
    r"|protrud\w*|bulg\w*)"
    r" )?(?:with)?in(?:to)?\b|(?:(?!\bno)[^.;,:]){0,40}?\b(?:fill|occlud|plug|distend|obstruct)\w*)"
)
NONE_OF = re.compile(r"\b(?:neither|nor)\b[^.;:]{0,60}$")
NEITHER = re.compile(r"[ ]?neither\b")
LIMITED = re.compile(r"limited|confined|only")
OF_TUMOUR = r"(?:tumou?r|carcinoma|neoplas\w+|malignan\w+|cancer|invasion)"
STATES = re.compile(  # a tissue, then what of it
    r"[ ]?(?:\([^)]{0,30}\))?[ ]?(?:[:,-]|is|are|was|were)?[ ]?(?:present,? ?(?:and |but )?(?:is |are )?)?(?:grossly |microscopically "
    r"|tumou?r )?"
    r"(?P<not>not (?:\w+ )?(?:involved|invaded|breached|infiltrated)|uninvolved|(?:tumou?r )?(?:\w+ly )?does not (?:involve"
    r"|invade)(?=[ ]?(?:[.;,]|$))|spared"
    rf"|(?:is |are )?(?:each |all |both )?(?:(?:free (?:of|from)|negative for) {OF_TUMOUR}|free(?=[ ]?(?:[.;,]|$)))"
    rf"|(?<=: )negative\b(?! for)"
    rf"|not identified to be involved"
    rf"|no (?:invasion|involvement))"
    rf"|[ ](?:\([^)]{{0,30}}\) |(?:is |are )?present,? (?:and |but )?)?(?P<none>(?:(?:shows?|with|has|have|contains?|reveals?) no"
    rf"|without)(?: evidence of)?"
    rf" (?:(?:residual|definite|direct|invasive|gross|\w*carcinomatous) )?{OF_TUMOUR})"
    r"|[ ](?P<doubt>(?:is |are )?(?:suspicious|concerning|worrisome|equivocal|questionable) for (?:\w+ )?(?:invasion|involvement))"
    rf"|\s*(?:involved|invaded|infiltrated|involvement|invasion)(?: (?:by|with|of) {OF_TUMOUR})?[ ]?[:?][ ]?"
    r"(?:(?P<no>no|absent|none|negative|not (?:identified|present|seen|involved|found))|yes|present|positive)\b"
    r"|[ ]?(?:[:-]|is|are|was|were)[ ]?(?:focally |extensively |directly )?(?:involved|invaded|breached|infiltrated|penetrated"
    r"|compromised|perforated)\b(?! by \w+ ?[:?])"
    rf"|[ ](?:involved|infiltrated|invaded) by (?:\w+ )?{OF_TUMOUR}(?! ?[:?])"
    rf"|[ ]?(?:contains?|(?:is |are )?(?:filled|occluded|distended|plugged) (?:with|by))[ ]{OF_TUMOUR}"
    rf"|(?:[ ]?:| with| shows?)[ ](?:{OF_TUMOUR} )?thromb\w+(?! (?:is )?(?:not|absent))"
)
CODES = {"l": "lymphovascular", "v": "large vessel", "pn": "perineural"}  # beside a stage
HEADED = re.compile(r"\b(?:invasion|infiltration|extension|involvement|spread)\b")
ITEM = {
    kind: re.compile(
        rf"[^a-z0-9]*(?:[a-z0-9][.)] )?(?P<what>{words}"
        rf"|{TISSUES[kind]})(?: ?\([^)]{{0,40}}\))?(?= *[:=-])"
    )
    for kind, words in KINDS.items()
}
LAYERS = ("muscularis propria", "lamina propria")
MEANT = {LIES: ("large vessel", *LAYERS), CONFINED: LAYERS, EXTENT: tuple(kind for kind in KINDS if kind != "adjacent organ")}
IT = re.compile(r"[ ](?:it|its (?:wall|capsule|surface|muscle|serosa))\b")  # what was named before
WITHIN = re.compile(r"\b(?:in|within|from) (?:the )?$")  # then it is said of another thing
PLACED = re.compile(r",? (?:(?:with)?in|from|of) (?:the )?")  # where, or of what, the tissue before is
NEAR = re.compile(r"\b(?:vas|vasa|deferent\w*|deferens|ducts?|ureters?|urethra|ovar(?:y|ies)|tubes?|cervix|bladder neck)\b")  # listed, too
OWN = re.compile(r"%|\bpercent|\blobes?\b|\bthr(?:ough|u) (?:the )?(?:bowel|colon|rect)\w*")  # the organ that the tumour is of
LISTED = {kind: re.compile(rf"(?<![a-z])(?:{words})(?![a-z])") for kind, words in TISSUES.items()}
REACHED = ("capsule", "pleura")  # what only is extended to is not yet invaded
PART = re.compile(r";|,(?= (?:no|and|but|while|whereas|although|without)\b)")
PAST = re.compile(r"beyond|through")  # which denied says nothing of what it is past, but of a capsule
GOES_ON = re.compile(r"(?<=extension) (?:into|through|beyond|to)\b")
CATEGORY, OR = re.compile(r"\bp?t[1-4][a-d]?\b"), re.compile(r"\bor\b")
TO = re.compile(r"\bto$")
MARGINS = re.compile(r"\b(?:(?:all|the|surgical|resection|inked) )+margins?\b")  # one of a list, of which no more is said here
MARGIN = re.compile(
    rf"(?!,? (?:and|or) {MARGINS.pattern})(?:(?!\b(?:but|is|are)\b)[^.;,]){{0,25}}\bmargin"
)  # what stands before it is its name
NOT_TUMOUR = re.compile(r"\bin[ -]?situ\b|chronic|inflammat|granulom|hyperplasia|giant cell|dysplasia|sclerosis|(?<!in )blocks? ")
ONLY_TUMOUR = re.compile(r"extension|\btumou?r|carcinoma|neoplas|invasi|malignan|cancer|infiltrat|carcinoid|oncocytoma")
QUICK = re.compile(
    r"inva|infilt|penetr|breach|invol|exten|lvi|lvsi|embol|permeat|spread|grow|spaces|channels|thromb|free|muscular|muscle|lamina|perivesic"
    r"|angio|intravasc|negative|spare|\b(?:[lv]|pn)[012]\b|compromis|limited|confined|within"
    r"|\b(?:epe|svi|pni|emvi)\b|channels|vessels|perforat|transgress|travers|erod|goes|reach|encroach|break|burst"
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
            if not GOES_ON.match(text, found.end()):
                taken.append(found.span())
            of_nodes = kind == "capsule" and "nod" in passage.context + text
            if said and not of_nodes and not (kind in ("fat", "capsule", "adjacent organ") and NOT_TUMOUR.search(found[0])):
                yield _statement(passage, kind, *said, *found.span())
    yield from _listed(passage) if HEADED.search(text, 0, passage.heading) else _into(passage, taken)
    if not NOT_TUMOUR.search(text):
        yield from _states(passage)
    for found in coded(text):
        if found["name"] in CODES:
            yield _statement(passage, CODES[found["name"]], "absent" if found["figure"] == "0" else "present", "stated", *found.span())


def _listed(passage: Passage) -> Iterator[Statement]:
    """What an item that stands below a heading of invasion is about."""
    text, first = passage.text, passage.heading
    for kind in KINDS:
        found = ITEM[kind].match(text, first)
        said = assertion(text, found.start("what"), found.end()) if found else None
        if said:
            yield _statement(passage, kind, *said, 0, found.end() + len(text[found.end() :].split(",")[0]))


def _into(passage: Passage, taken: list[tuple[int, int]]) -> Iterator[Statement]:
    """Tissues that a verb of invasion, or a depth, speaks of."""
    text = passage.text
    for found in (one for words in (VERB, DEPTH, EXTENT, LIES, CONFINED) for one in words.finditer(text)):
        if any(start <= found.start() < end for start, end in taken) and found.re is VERB:
            continue
        depth = found.re in (DEPTH, EXTENT)
        if not (depth or ONLY_TUMOUR.search(text)):
            continue
        ends = LIST_ENDS.search(text, found.end())
        last = min(ends.start() if ends else len(text), found.end() + 150)
        listed = _tissues(text, found, last)
        if not listed or NOT_TUMOUR.search(_clause(text, found.start(), listed[-1][1])):
            continue
        spared = BUT_NOT.search(text, listed[-1][1], last + 40)
        clause = text[: spared.start()] if spared else text
        if (
            STATES.match(text, listed[-1][1]) and (comma := text.rfind(",", listed[0][1], listed[-1][0])) > 0
        ):  # the last has a state of its own
            clause, listed = text[:comma], [one for one in listed if one[1] <= comma]
        said = ("present", "stated") if depth else assertion(clause, found.start(), listed[-1][1])
        if NEITHER.match(text, found.end()):
            said = ("absent", "stated")
        for kind, words in LISTED.items() if spared and not LIMITED.match(text, spared.end()) else ():
            if match := words.search(text, spared.end(), spared.end() + 40):
                yield _statement(passage, kind, "absent", "stated", found.start(), match.end())
        if said and said[0] == "absent" and PAST.search(found[0]):
            listed = [one for one in listed if one[2] not in LAYERS]
        if said and said[0] == "present" and _undecided(text, found.start(), listed):
            continue
        for _, end, kind in listed if said else ():
            yield _statement(passage, kind, *said, found.start(), end)


def _undecided(text: str, start: int, listed: list[tuple[int, int, str]]) -> bool:
    """Whether these are the words of a category, which do not say which of several tissues it is."""
    several = len({kind for _, _, kind in listed}) > 1
    return several and CATEGORY.search(text, 0, start) is not None and OR.search(text, listed[0][1], listed[-1][0]) is not None


def _tissues(text: str, verb: re.Match, last: int) -> list[tuple[int, int, str]]:
    """The tissues between a verb and ``last`` that it may be said of, in their order."""
    found = sorted((one.start(), one.end(), kind) for kind, words in LISTED.items() for one in words.finditer(text, verb.end(), last))
    if it := IT.match(text, verb.end()):
        before = [(one.end(), kind) for kind, words in LISTED.items() for one in words.finditer(text, 0, verb.start())]
        return [(*it.span(), max(before)[1])] if before else []
    if verb.re in MEANT:
        found = [one for one in found if one[2] in MEANT[verb.re]]
    if verb.re is LIES:
        found = [one for one in found if one[2] not in LAYERS or BETWEEN.fullmatch(text, verb.end(), one[0])]
    if TO.search(verb[0]):
        found = [one for one in found if one[2] not in REACHED]
    placed = {one for before, one in pairwise(found) if PLACED.fullmatch(text, before[1], one[0])}
    found = [one for one in found if one not in placed and not MARGIN.match(text, one[1])]
    return [one for one in found if one[2] != "adjacent organ" or not OWN.search(text, verb.start(), one[1])]


def _clause(text: str, start: int, end: int) -> str:
    """What the words there are part of."""
    before, after = [one.end() for one in PART.finditer(text, 0, start)], PART.search(text, end)
    return text[before[-1] if before else 0 : after.start() if after else len(text)]


def _states(passage: Passage) -> Iterator[Statement]:
    """Tissues, one or a list, of which it is said whether they are invaded."""
    text = passage.text
    words = [*((one, kind) for kind, one in LISTED.items() if kind != "lymphovascular"), (MARGINS, None), (NEAR, None)]
    listed = ((match, kind) for one, kind in words for match in one.finditer(text))
    said, following, several = None, len(text), False
    for found, kind in sorted(listed, key=lambda one: -one[0].start()):
        state = STATES.match(text, found.end())
        if state and not state["doubt"] and WITHIN.search(text, 0, found.start()):
            state = None
        several = not state and (several or JOINS.search(text, found.end(), following) is not None)  # a comma alone makes no list
        said = state or (said if said and several and BETWEEN.fullmatch(text, found.end(), following) else None)
        following = found.start()
        if said and kind and not _of_margin(text, found):
            absent = said["not"] or said["none"] or said["no"] or NONE_OF.search(text, 0, found.start())
            value = "absent" if absent else "present"
            yield _statement(passage, kind, value, "uncertain" if said["doubt"] else "stated", found.start(), said.end())


def _of_margin(text: str, found: re.Match) -> bool:
    """Whether it is the name of a margin, or one of those of a clause about margins."""
    first = max(text.rfind(mark, 0, found.start()) for mark in ".;") + 1
    return "margin" in text[first : found.start()] or MARGIN.match(text, found.end()) is not None


def _statement(passage: Passage, kind: str, value: str, certainty: str, start: int, end: int) -> Statement:
    first = passage.start
    return Statement("invasion", kind, value, certainty, passage.specimen, first + start, first + end)
