"""Tissues of which it is said whether they are invaded."""

import re
from collections.abc import Iterator

from workflow_scripts.lib.reports.rules.tissues import BETWEEN, LISTED, MARGIN, MARGINS, NOT_TUMOUR, Found

JOINS = re.compile(r"\b(?:and|n?or)\b")
NONE_OF = re.compile(r"\b(?:neither|nor)\b[^.;:]{0,60}$|\bno (?:\w+ )?$")
OF_TUMOUR = r"(?:tumou?r|carcinoma|neoplas\w+|malignan\w+|cancer|invasion)"
STATES = re.compile(  # a tissue, then what of it
    r"[ ]?(?:\([^)]{0,60}\))?[ ]?(?:[:,-]{1,2}|: -|is|are|was"
    r"|were)?[ ]?(?:(?:normal|unremarkable|intact),? ?)?(?:(?:present|sampled|included),? ?(?:and |but )?(?:is |are )?)?(?:grossly "
    r"|microscopically "
    r"|tumou?r )?"
    r"(?P<not>not (?:\w+ )?(?:involved|invaded|breached|infiltrated)|uninvolved|(?:tumou?r )?(?:\w+ly )?does not (?:involve"
    r"|invade)(?=[ ]?(?:[.;,]|$))|spared"
    rf"|(?:is |are )?(?:each |all |both )?(?:(?:free (?:of|from)|negative for) {OF_TUMOUR}|free(?=[ ]?(?:[.;,]|$)))"
    rf"|(?<=: )negative\b(?! for)"
    rf"|not identified to be involved"
    rf"|no (?:(?:invasion|involvement|extension)\b(?! (?:in|into|of|to|beyond|through)\b)|tumou?r\b(?! (?:thromb|embol)))"
    rf"|(?<=[:,] )no (?:evidence of )?{OF_TUMOUR})"
    rf"|[ ](?:\([^)]{{0,30}}\) |(?:is |are )(?:present,? (?:and |but )?)?|present,? (?:and |but )?)?(?P<none>(?:(?:shows?|with|has"
    rf"|have|contains?|reveals?) no"
    rf"|without)(?: evidence of)?"
    rf" (?:(?:residual|definite|direct|invasive|gross|\w*carcinomatous) )?{OF_TUMOUR})"
    r"|[ ](?P<doubt>(?:is |are )?(?:suspicious|concerning|worrisome|equivocal|questionable) for (?:\w+ )?(?:invasion|involvement)"
    r"|(?:(?:may|might|could) be|(?:is |are )?(?:possibly|probably|likely)) (?:involved|invaded|infiltrated|breached))"
    rf"|\s*(?:involved|invaded|infiltrated|involvement|invasion)(?: (?:by|with|of) {OF_TUMOUR})?[ ]?[:?][ ]?"
    r"(?:(?P<no>no|absent|none|negative|not (?:identified|present|seen|involved|found))|yes|present|positive)\b"
    r"|[ ]?(?:\([^)]{0,60}\)[ ]?)?(?:[:-]|is|are|was|were)[ ]?(?:focally |extensively |directly )?(?:involved|invaded|breached"
    r"|infiltrated|penetrated|compromised|perforated)\b(?! by \w+ ?[:?])"
    rf"|[ ]?:[ ]?(?:focally )?positive\b(?: for {OF_TUMOUR}|(?! for))|[ ]?:[ ](?:tumou?r )?(?:\w+ly )?involves(?=[ ]?(?:[.;,]|$))"
    rf"|[ ](?:involved|infiltrated|invaded) by (?:\w+ )?{OF_TUMOUR}(?! ?[:?])"
    r"|[ ](?:involved|invaded)(?=[ ]?(?:[.;]|$))"
    rf"|[ ]?(?:contains?|(?:is |are )?(?:filled|occluded|distended|plugged) (?:with|by))[ ]{OF_TUMOUR}"
    rf"|(?:[ ]?:| with| shows?)[ ](?:{OF_TUMOUR} )?thromb\w+(?! (?:is )?(?:not|absent))"
)
SHARE = re.compile(r"(?:%|\bpercent) of (?:the )?$")  # of the organ that the tumour is of
WITHIN = re.compile(r"\b(?:in|within|from) (?:the )?$")  # then it is said of another thing
NEAR = re.compile(r"\b(?:vas|vasa|deferent\w*|deferens|ducts?|ureters?|urethra|ovar(?:y|ies)|tubes?|cervix|bladder neck)\b")  # listed, too


def involved(text: str) -> Iterator[Found]:
    """Tissues, one or a list, of which it is said whether they are invaded."""
    words = [*((one, kind) for kind, one in LISTED.items() if kind != "lymphovascular"), (MARGINS, None), (NEAR, None)]
    listed = ((match, kind) for one, kind in words for match in one.finditer(text))
    said, following, several = None, len(text), False
    for found, kind in sorted(listed, key=lambda one: -one[0].start()):
        state = STATES.match(text, found.end())
        if state and ((not state["doubt"] and WITHIN.search(text, 0, found.start())) or SHARE.search(text, 0, found.start())):
            state = None
        several = not state and (several or JOINS.search(text, found.end(), following) is not None)  # a comma alone makes no list
        said = state or (said if said and several and BETWEEN.fullmatch(text, found.end(), following) else None)
        following = found.start()
        if said and kind and not (_of_margin(text, found) or _of_no_tumour(text, found.start(), said.end())):
            absent = said["not"] or said["none"] or said["no"] or NONE_OF.search(text, 0, found.start())
            value = "absent" if absent else "present"
            yield kind, value, "uncertain" if said["doubt"] else "stated", found.start(), said.end()


def _of_no_tumour(text: str, start: int, end: int) -> bool:
    """Whether the words from ``start`` are of a clause about something that is no tumour."""
    return (
        NOT_TUMOUR.search(text, start, min((place for mark in ".;" if (place := text.find(mark, end)) > 0), default=len(text))) is not None
    )


def _of_margin(text: str, found: re.Match) -> bool:
    """Whether it is the name of a margin, or one of those of a clause about margins."""
    first = max(text.rfind(mark, 0, found.start()) for mark in ".;") + 1
    return "margin" in text[first : found.start()] or MARGIN.match(text, found.end()) is not None
