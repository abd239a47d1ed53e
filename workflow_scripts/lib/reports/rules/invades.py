"""Verbs of invasion and depths, and the tissues that they speak of."""

import re
from collections.abc import Iterator
from itertools import pairwise

from workflow_scripts.lib.reports.rules.assertion import assertion
from workflow_scripts.lib.reports.rules.involved import STATES
from workflow_scripts.lib.reports.rules.tissues import BETWEEN, KINDS, LAYERS, LISTED, MARGIN, NOT_TUMOUR, Found

VERB = re.compile(
    r"\b(?P<verb>(?:(?:involv|invad|extend|infiltrat)\w*(?: (?:in)?to)? (?:the )?following[a-z ()]{0,40}:[ ]?|(?:invad|extend"
    r"|infiltrat)\w+ into,? but not (?:through|beyond),?|invad\w+|invasive (?:into|through|to)|infiltrat\w+"
    r"|penetrat\w+|breach\w*|involv(?:es?|ing|ement of)"
    r"|invasion|perforat\w+|transgress\w+|travers\w+|erod\w+|cross(?:es|ed)|enter(?:s|ed)|(?<=not )(?:reach|cross|enter)"
    r"|(?:extends?|extending|extended|extension|invasion|infiltration|spread\w*|grow\w*|goes|going|gone|reach(?:es|ing)|encroach\w*"
    r"|breaks?|bursts?)"
    r" (?:\w+ly )?(?:through|thru|into|in|beyond|of|to involve|to))\b)"
)
DEPTH = re.compile(
    r"\b(?:depth|level|extent|degree) of (?:tumou?r )?(?:invasion|infiltration|penetration)[ ]?[:=-]?[ ]?|\blocal invasion[ ]?:[ ]?"
    r"|^\W*(?:tumou?r )?invasion[ ]?:[ ]?(?:in)?to "
)
EXTENT = re.compile(
    r"^\W*(?:[a-z0-9]{1,2}[.)] ?)?(?:(?:macro|micro)scopic )?(?:direct )?(?:tumou?r )?(?:extent|extension)"
    r"(?: of (?:(?:direct|invasive) )?(?:tumou?r|disease|invasion)(?: invasion)?)?[ ]?(?:\([^)]{0,40}\))?[ ]?[:=][ ]?"
)
ORGANS = re.compile(  # a label behind which other organs stand
    r"\b(?:extension|invasion|spread) (?:of (?:the )?(?:invasive )?tumou?r )?(?:in)?to (?:adjacent|other|neighbou?ring) "
    r"(?:organs?|structures?|tissues?)[^:;.]{0,30}:[ ]?"
    r"|^\W*(?:[a-z0-9]{1,2}[.)] ?)?direct (?:extension|invasion)(?: of (?:invasive )?tumou?r)?[ ]?:[ ]?"
    r"|\b(?:adjacent|other|extra-?\w+) (?:organs?|structures?|tissues?)\b[^:;.]{0,30}\binvolve[ds]?[ ]?:[ ]?"
)
CONFINED = re.compile(r"\b(?:(?:limited|confined|restricted) to|(?:stay|remain|stop|end)s? (?:with)?in(?! front| [0-9]))\b")
LIST_ENDS = re.compile(
    r"[.;:]|\b(?:but|however|although|without|with|no|not|which|margins?|lymph nodes?|is|are|was|were|measur\w*|shows?"
    r"|in situ|abut\w*|limited|confined|absent|none|negative|free|below|above|spar(?:es?|ing)|stops?|proximity|adjacent to|close to)\b"
)
BUT_NOT = re.compile(
    r"\b(?:but|and) (?:(?:do|does|is|are|was|were) )?not "
    r"(?:(?:invade|involve|(?:present|seen|identified|found) (?:in|within)|into|through|beyond|to) )?(?:the )?"
)
LIES = re.compile(  # tumour, or a thrombus of it, is within a vessel
    r"\b(?:thromb\w+|tumou?r(?:al)?|\w*carcinoma"
    r"|neoplasm)\b(?:(?:(?!\b(?:no|can ?not|absent))[^.;,:]){0,40}?\b(?:(?:lies|lying|lodged|located|present|seen|identified"
    r"|found"
    r"|protrud\w*|bulg\w*)"
    r" )?(?:with)?in(?:to)?\b|(?:(?!\bno)[^.;,:]){0,40}?\b(?:fill|occlud|plug|distend|obstruct)\w*)"
)
FLAT = ("fat", *LAYERS)  # in which tumour is only where nothing else stands between
PUSHES = re.compile(r"protrud|bulg")
MOVES = re.compile(r"cross|enter")  # what other things do, too
BY_TUMOUR = re.compile(
    r"\b(?:tumou?r|carcinoma|neoplasm|lesion|mass|thrombus|it|which|that)(?: (?:has|had|have|also|then|do|does|did|not|\w+ly))* $"
)
NEITHER = re.compile(r"[ ]?neither\b")
LIMITED = re.compile(r"limited|confined|only")
MEANT = {LIES: ("large vessel", *FLAT), CONFINED: LAYERS, EXTENT: tuple(kind for kind in KINDS if kind != "adjacent organ")}
IT = re.compile(r"[ ](?:it|its (?:wall|capsule|surface|muscle|serosa))\b")  # what was named before
PLACED = re.compile(r",? (?:(?:with)?in|from|of) (?:the )?")  # where, or of what, the tissue before is
OWN = re.compile(r"%|\bpercent|\blobes?\b|\bthr(?:ough|u) (?:the )?(?:bowel|colon|rect)\w*")  # the organ that the tumour is of
REACHED = ("capsule", "pleura")  # what only is extended to is not yet invaded
PART = re.compile(r";|,(?= (?:no|and|but|while|whereas|although|without)\b)")
PAST = re.compile(r"beyond|through")  # which denied says nothing of what it is past, but of a capsule
CATEGORY, OR = re.compile(r"\bp?t[1-4][a-d]?\b"), re.compile(r"\bor\b")
TO = re.compile(r"\bto$")
ONLY_TUMOUR = re.compile(r"extension|\btumou?r|carcinoma|neoplas|inva[sd]|malignan|cancer|infiltrat|carcinoid|oncocytoma")


def invades(text: str, taken: list[tuple[int, int]]) -> Iterator[Found]:
    """Tissues that a verb of invasion, or a depth, speaks of."""
    for found in (one for words in (VERB, DEPTH, EXTENT, ORGANS, LIES, CONFINED) for one in words.finditer(text)):
        if any(start <= found.start() < end for start, end in taken) and found.re is VERB:
            continue
        depth = found.re in (DEPTH, EXTENT, ORGANS)
        if not (depth or ONLY_TUMOUR.search(text)) or (MOVES.match(found[0]) and not BY_TUMOUR.search(text[: found.start()])):
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
                yield kind, "absent", "stated", found.start(), match.end()
        if said and said[0] == "absent" and PAST.search(found[0]):
            listed = [one for one in listed if one[2] not in LAYERS]
        if said and said[0] == "present" and _undecided(text, found.start(), listed):
            continue
        for _, end, kind in listed if said else ():
            yield kind, *said, found.start(), end


def _undecided(text: str, start: int, listed: list[tuple[int, int, str]]) -> bool:
    """Whether these are the words of a category, which do not say which of several tissues it is."""
    several = len({kind for _, _, kind in listed}) > 1
    first, last = (listed[0][1], listed[-1][0]) if several else (start, listed[0][0])
    return CATEGORY.search(text, 0, start) is not None and OR.search(text, first, last) is not None


def _tissues(text: str, verb: re.Match, last: int) -> list[tuple[int, int, str]]:
    """The tissues between a verb and ``last`` that it may be said of, in their order."""
    found = sorted((one.start(), one.end(), kind) for kind, words in LISTED.items() for one in words.finditer(text, verb.end(), last))
    if it := IT.match(text, verb.end()):
        before = [(one.end(), kind) for kind, words in LISTED.items() for one in words.finditer(text, 0, verb.start())]
        return [(*it.span(), max(before)[1])] if before else []
    if verb.re in MEANT:
        found = [one for one in found if one[2] in MEANT[verb.re]]
    if verb.re is LIES:
        found = [one for one in found if one[2] not in FLAT or (BETWEEN.fullmatch(text, verb.end(), one[0]) and not PUSHES.search(verb[0]))]
    if TO.search(verb[0]):
        found = [one for one in found if one[2] not in REACHED]
    placed = {one for before, one in pairwise(found) if PLACED.fullmatch(text, before[1], one[0])}
    found = [one for one in found if one not in placed and not MARGIN.match(text, one[1])]
    return [one for one in found if one[2] != "adjacent organ" or not OWN.search(text, verb.start(), one[1])]


def _clause(text: str, start: int, end: int) -> str:
    """What the words there are part of."""
    before, after = [one.end() for one in PART.finditer(text, 0, start)], PART.search(text, end)
    return text[before[-1] if before else 0 : after.start() if after else len(text)]
