"""Lymph nodes: how many are involved of how many, and whether tumour grows out of them."""

import re
from collections.abc import Iterator
from dataclasses import replace

from workflow_scripts.lib.reports.rules.assertion import assertion
from workflow_scripts.lib.reports.rules.counts import REGIONAL
from workflow_scripts.lib.reports.rules.numbers import COUNT, count
from workflow_scripts.lib.reports.rules.passages import Passage
from workflow_scripts.lib.reports.rules.reading import blank
from workflow_scripts.lib.reports.statements import Statement

NODE = r"(?:lymph[ -]?nodes?|\bnodes?\b|lymphadenectomy|\bnodal\b|\blns?\b|\baxillary (?:contents?|dissection))"
IN_TEXT = re.compile(NODE)
METASTASIS = r"(?:metasta\w+|carcinoma|tumou?r|malignan\w+|neoplas\w+|cancer)"
NONE = (
    rf"(?:no (?:evidence of )?(?:\w+ ){{0,3}}{METASTASIS}|negative|free of|benign|not involved|uninvolved|without {METASTASIS}"
    rf"|tumou?r[ -]free|reactive|hyperplas\w+|unremarkable|anthraco\w+)"
)
N = rf"(?<![a-z0-9.])(?P<n>{COUNT}|(?<=[:=] )[oil]|(?<=[:=])[oil])(?![a-z0-9]|[.][0-9]|[ ]?(?:cm|mm|x))"
OF = rf"(?<![a-z0-9.])(?P<of>{COUNT})(?![a-z0-9]|[.][0-9]|[ ]?(?:cm|mm|x ))"
FRACTION = re.compile(r"(?<![0-9/.])(?P<n>[0-9]{1,3}|[o](?=[ ]?/[ ]?[0-9]))[ ]?/[ ]?(?P<of>[0-9]{1,3})(?![0-9/.]?[0-9]|/|[ ]?(?:hpf|high))")
COUNTED = [  # number involved, number examined, in several orders
    re.compile(
        rf"{N}(?:(?!\b(?:one|two|three|four|five|six|seven|eight|nine|ten)\b)[^.;0-9]){{0,40}}?\b(?:out of|of)\b(?: the"
        rf"| a total of)? {OF}"
    ),
    re.compile(rf"{OF}[^.;]{{0,60}}?[ ,(]{N} of (?:which|these|them)\b"),
    re.compile(rf"{OF}[^.;]{{0,60}}?\b(?:of which|of these|of them),? {N}\b(?! (?:cm|mm))"),
    re.compile(rf"(?:involved|positive)[ :]{{1,3}}{N}[^.]{{0,40}}?(?:examined|sampled|total\w*)[ :]{{1,3}}{OF}"),
    re.compile(rf"(?:examined|sampled|total\w*)[ :]{{1,3}}{OF}[^.]{{0,40}}?(?:involved|positive|metasta\w+)[ :]{{1,3}}{N}"),
    re.compile(
        rf"{OF}(?: \(\d+\))?(?: \w+){{0,2}} {NODE},(?: of which)? {N} (?:(?:is|are|was|were) )?"
        rf"(?:positive(?! for (?!metasta|tumou?r|carcinoma))|involved|with metasta\w+)"
    ),
    re.compile(rf"{OF}(?: \w+){{0,3}} (?:examined|sampled|identified)[ ,;:]{{1,3}}(?:and |with )?{N} (?:\w+ )?(?:involved|positive)"),
]
OF_NONE = [  # none of so many
    re.compile(rf"{OF}(?: \(\d+\))? (?:\w+ )?(?:benign|negative|reactive|unremarkable|uninvolved|tumou?r[ -]free) (?:\w+ ){{0,3}}{NODE}"),
    re.compile(rf"{METASTASIS}[^.;]{{0,20}}\bnot (?:seen|identified|present|found) in (?:any of )?(?:the |all )?{OF}"),
    re.compile(rf"{NODE}[^.;0-9]{{0,50}}\((?P<of2>\d+)\)[ ]?[:,-]?[ ]?{NONE}"),
    re.compile(rf"\bno (?:evidence of )?(?:\w+ ){{0,3}}{METASTASIS}(?: \w+)? (?:\w+ )?(?:in|on|of) (?:the |all |any of )?{OF}"),
    re.compile(rf"{OF}(?: \(\d+\))?(?: \w+){{0,3}} {NODE}(?: \([^)]*\))?(?: \w+){{0,4}}?[ ,:;-]+(?:\w+ ){{0,5}}?{NONE}"),
    re.compile(
        rf"(?:all|each)(?: of)?(?: the)?(?: {OF})?(?: \w+){{0,2}}? {NODE}(?: \w+){{0,2}}?(?: \((?P<of2>\d+)\))?[ ,]+(?:are "
        rf"|is |were )?(?:\w+ )?{NONE}"
    ),
    re.compile(rf"\({OF}\)(?: \w+){{0,4}} {NODE}(?: \w+){{0,3}}? {NONE}"),
    re.compile(rf"{NODE}[ ]?\((?P<of2>\d+)\)[^.;]{{0,40}}?{NONE}"),
    re.compile(rf"{NODE}[^.;0-9]{{0,50}}{NONE}[^.;0-9]{{0,30}}\({OF}\)"),
    re.compile(rf"{OF} (?:\w+ ){{0,3}}{NODE}[^.;]{{0,60}}?{NONE}"),
]
OF_SOME = [  # so many involved
    re.compile(rf"(?:{METASTASIS}[^.;]{{0,40}}?\b(?:in|to|involv\w+)|positive) {OF}(?: \w+){{0,4}} {NODE}"),
    re.compile(rf"{OF}(?: \w+){{0,3}} {NODE}[^.;]{{0,30}}?\b(?:positive|with metasta|involved by|containing metasta)"),
]
OTHERS_CLEAR = re.compile(rf"(?: (?:is|are|was|were))?(?: \w+)? {NONE}")  # of so many it is said that they are not involved
NONE_IN = re.compile(rf"{NONE}(?: \w+){{0,3}} in (?:all )?$")
NOTED_NONE = re.compile(
    rf"{NODE}(?: status| metastas[ie]s| involvement)?[^.;0-9]{{0,60}}?[:,-]?\s*(?:is |are |were )?{NONE}"
    rf"|{NONE}[^.;]{{0,20}}{NODE}|no (?:lymph )?nod(?:e|al) (?:metasta\w+|involvement)"
)
NOTED_SOME = re.compile(
    rf"^\W*(?:(?:regional|pelvic|hilar|axillary) )?{NODE}\w* (?:metastas[ei]s|involvement)[ ]?(?::|is|are)[ ]?(?:present|identified|yes)"
    rf"|metasta\w+(?:(?!\b(?:no|not|without|negative|free|absent)\b)[^.;]){{0,60}}(?:in|to|involving)[^.;]{{0,40}}{NODE}"
    rf"|{NODE}[^.;:]{{0,40}}[:,-]?[^.;]{{0,20}}(?:positive"
    rf"|involved by|metastatic)"
)
TAKEN = r"(?:examined|sampled|identified|found|retrieved|removed|received|dissected|harvested|submitted|recovered|evaluated)"
HOLDING = (
    rf"(?:with|containing|contain|showing|having|harbou?ring|replaced by|infiltrated by|involved(?: by| with)?"
    rf"|positive(?: for)?)(?: (?:\w+ ){{0,2}}(?:{METASTASIS}|disease|deposits?))?"
)
NUMBER_EXAMINED = re.compile(
    rf"(?:(?:numbers?|no[.]?) of (?:regional )?(?:lymph )?nodes? ?(?:\(s\) )?{TAKEN}|(?:total )?number {TAKEN}|nodes? {TAKEN}"
    rf"|total (?:number of |regional )*(?:lymph )?nodes(?: {TAKEN})?)[ ]?[:=]?[ ]?{OF}"
)
NUMBER_INVOLVED = re.compile(
    rf"(?:(?:numbers?|no[.]?) (?:of )?(?:(?:regional )?(?:lymph )?nodes? ?(?:\(s\) )?)?{HOLDING}|nodes {HOLDING}"
    rf"|(?:number|no[.]?) of (?:positive|involved|metastatic) (?:regional )?(?:lymph )?nodes|(?:positive|involved"
    rf"|metastatic) (?:lymph )?nodes)(?: ?\([^)]{{0,40}}\))?[ ]?[:=]?[ ]?{N}"
)
OUTSIDE = re.compile(
    r"\bene\b|extra-? ?(?:nodal|capsular)(?: \([^)]{0,30}\))?(?: (?:tumou?r )?(?:extension|spread|invasion|involvement|growth))?"
    r"|perinodal (?:(?:tumou?r|soft tissue)[ ])?(?:\([^)]{0,30}\) )?(?:extension|invasion|spread|involvement|growth)"
    r"|capsular (?:transposition|rupture)"
    r"|(?:breach\w*|penetrat\w*|ruptur\w*|invad\w*|through|beyond|outside)(?: \w+){0,3}? (?:(?:lymph )?nod(?:e|al) capsules?"
    r"|capsules? of (?:\w+ ){0,2}nodes?)"
    r"|(?:into|invad\w*|involv\w*|infiltrat\w*)(?: \w+){0,2}? perinodal (?:fat|adipose|soft|tissue)"
    r"|perinodal (?:adipose |soft |fatty )?(?:fat|tissue)(?= (?:is |are )?(?:not |un)?(?:involved|invaded|free))"
)
ALONE = re.compile(r"extra-?nodal|perinodal|\bene\b|\bp?n[0-3o][a-c]?(?: ?\([a-z]+\))?[ ,]*\((?=[0-9]{1,3}/)")  # of nodes, without the word
STATION = re.compile(
    r"\b(?:(?:left|right|bilateral) )?(?:hilar|mediastinal|pelvic|obturator|iliac|external iliac|internal iliac"
    r"|common iliac|perivesical|presacral|para-?aortic|paracaval|hypogastric|cloquet|subcarinal|peribronchial|sentinel"
    r"|axillary|inguinal|retroperitoneal|interaortocaval|paratracheal|station \d+|level \d+[a-z]?)"
)
JOINED = re.compile(r" (?:left|right)(?: [a-z]+){0,2}(?: lymph)?(?: nodes?)?,? and ")  # the nodes of both sides
WITH_ORGAN = re.compile(r"\b(?:kidney|renal|nephrectomy|prostat\w+)\b")  # that has a capsule, too
NOT_NODES = re.compile(
    r"candidate|cassette|submitted|bisected|(?<!nodes )received|mitos"
    r"|(?<!metastasis )(?<!deposit )(?<!focus )(?<!largest )measur|slides? |half\b"
)
NO_COUNT = re.compile(r"(?:grad(?:e|ing)|fuhrman|gleason|differentiat\w*)[^;,.]{0,25}$|\bdated?[^;,.]{0,12}$")


CATEGORY = re.compile(  # what a category means
    r"\bp?n[1-3][a-c]?(?: ?\([^)]{0,20}\))?[ ]?[:-][ ]?metasta\w+ (?:in|to|involving) [0-9]+ (?:to|or|-)[^.;]*"
)


def find(passage: Passage) -> Iterator[Statement]:
    """What the passage says of lymph nodes."""
    text = passage.text
    here = IN_TEXT.search(text)
    if not here and not IN_TEXT.search(passage.context) and not ALONE.search(text):
        return
    for found in OUTSIDE.finditer(text):
        said = assertion(text, *found.span())
        if said and (ALONE.search(found[0]) or "nod" in found[0] or here or of_nodes(passage.context)):
            yield _statement(passage, "extranodal", *said, *found.span())
    if not NOT_NODES.search(text):
        yield from _counts(replace(passage, text=CATEGORY.sub(blank, text)))


def of_nodes(context: str) -> bool:
    """Whether a specimen is of nodes, and not of an organ with them."""
    return IN_TEXT.search(context) is not None and not WITH_ORGAN.search(context)


def _counts(passage: Passage) -> Iterator[Statement]:
    """Involved and examined, by the first wording that fits."""
    text = passage.text
    fractions = [found for found in FRACTION.finditer(text) if not NO_COUNT.search(text[: found.start()])]
    if fractions:
        for found in fractions:
            involved, examined = (0 if found["n"] == "o" else int(found["n"])), int(found["of"])
            if involved <= examined and examined:
                yield _statement(passage, REGIONAL, f"{involved}/{examined}", "stated", *found.span())
        return
    for pattern in COUNTED:
        if counted := _counted(pattern, text):
            involved, examined = (sum(numbers) for numbers in zip(*(pair for pair, _ in counted), strict=True))
            first, last = counted[0][1][0], counted[-1][1][1]
            yield _statement(passage, REGIONAL, f"{involved}/{examined}", "stated", first, last)
            return
    for value, pattern in (("0/{}", OF_NONE), ("{}/?", OF_SOME)):
        for one in pattern:
            found = one.search(text)
            number = next((match for match in found.groupdict().values() if match), None) if found else None
            if found and (number is None or count(number)):
                yield _statement(passage, REGIONAL, value.format(count(number) if number else "?"), "stated", *found.span())
                return
    yield from _numbers(passage)


def _counted(pattern: re.Pattern, text: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Involved and examined, and where it is said: of the first place, and of others that are joined to it by ``and``."""
    found: list[tuple[tuple[int, int], tuple[int, int]]] = []
    for match in pattern.finditer(text):
        none = NONE_IN.search(text[: match.start()]) is not None
        number, examined = count(match["n"]), count(match["of"])
        pair = 0 if none else examined - number if OTHERS_CLEAR.match(text, match.end()) else number, examined
        if NO_COUNT.search(text[: match.start()]) or not 0 <= pair[0] <= pair[1] or not pair[1]:
            continue
        if found and not JOINED.fullmatch(text, found[-1][1][1], match.start()):
            break
        found.append((pair, match.span()))
    return found


def _numbers(passage: Passage) -> Iterator[Statement]:
    """One number of two, each on a line of its own; or none, only that nodes are involved or are not."""
    text = passage.text
    examined, involved = NUMBER_EXAMINED.search(text), NUMBER_INVOLVED.search(text)
    if examined and (number := count(examined["of"])):
        none = not involved and NOTED_NONE.search(text)
        yield _statement(passage, REGIONAL, f"{0 if none else '?'}/{number}", "stated", *examined.span())
    if involved:
        yield _statement(passage, REGIONAL, f"{count(involved['n'])}/?", "stated", *involved.span())
    if examined or involved:
        return
    if re.search(r"no (?:regional )?(?:lymph )?nodes? (?:\w+ )?(?:identified|present|submitted|found|seen|sampled|received)", text):
        return
    for pattern, value in ((NOTED_NONE, "0/?"), (NOTED_SOME, "some/?")):
        found = pattern.search(text)
        if found:
            yield _statement(passage, REGIONAL, value, "stated", *found.span())
            return


def _statement(passage: Passage, aspect: str, value: str, certainty: str, start: int, end: int) -> Statement:
    if aspect == REGIONAL:
        before = [*STATION.finditer(passage.text[:start])]
        station = before[-1] if before else STATION.search(passage.text, end) or STATION.search(passage.context)
        aspect = f"{REGIONAL} {station[0]}" if station else REGIONAL
    return passage.statement("nodes", aspect, value, certainty, start, end)
