"""Whether a passage says that something is there, that it is not, or that it may be."""

import re

PRESENT, ABSENT, SKIPPED = "present", "absent", None
STATED, UNCERTAIN = "stated", "uncertain"
STOP = (
    r"(?:but|however|although|though|while|whereas|is present|are present|identified|seen|present|positive|shows?|yes|with(?! no\b)|which"
    r"|and (?:extensive|focal|prominent|marked))"
)
ONLY = r"(?! (?:only|just|merely|absent|free|negative|uninvolved)\b)"  # not absent is present
GAP = rf"(?P<gap>(?:(?!\b{STOP}\b)[^;:.]){{0,90}})$"
NO = re.compile(
    rf"(?:(?<![a-z])(?:no|not{ONLY}|non|without|negative for|free (?:of|from)|absence o[fs]|absent|lack(?:s|ing)?(?: of)?"
    r"|devoid of|neither|nor|never|rather than|(?<=[,;] )negative(?! (?:for|lymph|nodes?|margins?)\b)"
    r"|(?:fails? to|(?:did|does|do) not)(?: (?:show|reveal|contain|demonstrate|exhibit))?)\b"
    r"|(?<![0-9.])0 ?%|\bno(?=(?:angio|lymph|peri|vasc|sarcom|tumor|invas)))" + r"(?!.*\b(?:no|not|without|negative for)\b)" + GAP
)
MAYBE = re.compile(
    r"\b(?:suspicious|suspected|suspicion|possibl[ey]|probabl[ey]|suggest\w*|concerning|worrisome|question\w*|equivocal|favou?r\w*|likely"
    r"|possibilit(?:y|ies)|can ?not (?:be )?(?:\w+ly )?(?:exclude|rule out)d?|may|might|presum\w+|indeterminate|not (?:\w+ )?exclude\w*"
    r"|apparent\w*|borderline|uncertain|doubtful|unclear)\b" + GAP
)
ASKED = re.compile(
    r"\b(?:if|whether|(?:evaluat\w*|stain\w*|assess\w*|look\w*|search\w*|examin\w*|material|adequacy|check|sent|submitted"
    r"|correlat\w*) for)\b" + GAP + r"|\b(?:mimic|simulat|resembl)\w*(?: \w+)? $"
)
UNKNOWN = (
    r"not present in (?:this |the )?specimen|"
    r"not? (?:examined|assess\w*|evaluat\w*|applicable|specified|reported|sampled|submitted|available|resected|stated|tested|determin\w*"
    r"|performed"
    r"|known|provided|done|included|given)|can ?not (?:be )?(?:assess|evaluat|determin)\w*|n[/.]?a\b|unknown|pending|_{2,}"
    r"|unable|unlikely|\[ ?\]|\w{0,3} ?resected"
)
DOUBT = (
    r"suspicious|suspected|possibl[ey]|probabl[ey]|equivocal|indeterminate|questionable|doubtful|likely|favou?red"
    r"|(?:may|might|could) be|not (?:\w+ly )?(?:excluded|ruled out)|uncertain|unclear|suggested|presumed|considered"
    r"|can ?not be (?:entirely |completely |definit\w+ )?(?:excluded|ruled out)"
)
DENIED = (
    rf"\(-\)|present,? (?:but |and )?not (?:involved|invaded)|pl0|[lv]0|(?<![0-9.])0(?![0-9]|[.][0-9])|no\b|not\b{ONLY}|none|absent|lacking"
    rf"|negative|free\b|uninvolved|neg\b|nil\b|never|excluded"
    rf"|ruled out"
    r"|unidentified|not? identified"
)
AFFIRMED = (
    r"present|identified|yes|positive|seen|noted|found|detected|confirmed|involved|extensive\w*|focal\w*|observed|evident"
    r"|\(?\+\)?|pl[123]|[lv][12]|demonstrated|prominent|conspicuous|encountered|apparent|recognized|widespread"
    r"|invaded|breached|not (?:absent|free|negative|uninvolved)"
)
FOUND = (
    r"(?:\w+ )?(?:identified|seen|found|present|detected|observed|demonstrated|noted|appreciated|confirmed|encountered|recogni[sz]ed"
    r"|evident)"
)
NEXT = rf"but|however|although|with|without|and (?:no|neither|not(?! {FOUND})|(?:shows?|has|have) no)"  # here something else is spoken of
AFTER = re.compile(
    rf"(?:(?!\b(?:{NEXT})\b)[^;.,]|,(?=\s{{2}}|\s(?:is|are|was|were"
    rf"|not)\b)){{0,60}}?(?<![a-z])(?:(?P<unknown>{UNKNOWN})|(?P<doubt>{DOUBT})|(?P<denied>{DENIED})"
    rf"|(?P<affirmed>{AFFIRMED}))(?![a-z])"
)
EXCEPT = re.compile(  # it is there, if in few places
    r"(?:(?!\b(?:invasion|extension|involvement|necrosis|features|no)\b)[^;:.]){0,80}?\b(?:except (?:for )?(?:in|at|on|within|one|two|an?"
    r"|single|rare|focal\w*|few)|but (?:is |are )?(?:focally )?(?:present|seen|identified|found) (?:in|at|on|within))\b"
)
BESIDE = re.compile(
    r"^,[^,;.:]{3,70},(?= (?:is|are|was|were|can ?not|could)\b)|^ ?\((?:excluding|including|other than"
    r"|not) [^)]{0,110}\)|^ ?\([^)]{0,90} not (?:included|counted)\)"
)  # said between commas, before the verb
AMOUNT = re.compile(r"\b(?:foci|focus|rare|few|minimal|limited|microscopic|multiple|by|into|of|in)\b|[0-9]")
VALUE = re.compile(r"(?:\s*\([^)]{0,60}\))?\s*(?:status|by tumou?r|of tumou?r)?\s*(?P<mark>[:=]|-(?=\s)|\s-)\s*(?P<value>[^;]{0,60})")
NAMED = (PRESENT, "named")  # there, if this is a sentence, and no line of a form
SUPPORT = re.compile(
    r"\b(?:with|and|there|positive|focal\w*|extensive\w*|foci|focus|areas?|marked|prominent|show\w*|tumou?rs?|carcinomas?|sarcoma"
    r"|contain\w*|has|have|into|by|of|in"
    r"|multiple|numerous|several|many|occasional|multifocal|microscopic|evidence|rare|p?t[1-4][a-c]?|beyond|through|is|are|arising)\b"
    r"|[0-9] ?(?:%|[cm]m\b)|\bfindings?[ ]?:"
)
VERBAL = re.compile(
    r"^metasta\w+ .*\b(?:to|in|involving)\b|\b(?:invad|involv|infiltrat|extend|penetrat|contain)\w*|\b(?:invasion|invasive|extension"
    r"|infiltration) (?:(?:in)?to|through)\b|\b(?:thromb\w+|tumou?r|carcinoma|neoplasm)\b.*\b(?:in|into|within|fill\w*|occlud\w*|plug\w*)\b"
    r"|\bnecrotic\b|^(?:break|breach|burst|penetrat|ruptur|through|beyond|outside)\w*\b"
)
COMMA = re.compile(r",(?!.*\b(?:or|nor)\b)")
LISTED = re.compile(r"[a-z -]{3,40}(?:,(?: [a-z]+){1,3}){0,3},? (?:or|nor)\b")  # what is one of several, the last of which is joined
CONFIRMED, NOT_CONFIRMED = (
    re.compile(r"(?<!cannot be )(?<!not be )\bconfirm(?:s|ed)?\b"),
    re.compile(
        r"\bnot (?:be )?(?:confirmed|substantiated|borne out|verified)|(?<!be )(?<!ly )(?<!not )\b(?:ruled out|excluded|refuted"
        r"|disproved)\b"
    ),
)


def assertion(text: str, start: int, end: int) -> tuple[str, str] | None:
    """present or absent, and stated or uncertain, of what stands at ``start`` to ``end``; None where it is only named, or not assessed."""
    before, after = text[max(0, start - 160) : start], BESIDE.sub("", text[end : end + 180])[:110]
    if ASKED.search(before):
        return SKIPPED
    found = _value(after) or _sentence(before, text[start:end], after)
    if found == (ABSENT, STATED) and EXCEPT.match(after):
        return PRESENT, STATED
    if found is NAMED:
        told = SUPPORT.search(text[:start]) or SUPPORT.search(text[end:]) or VERBAL.search(text[start:end])
        return (PRESENT, STATED) if told else None
    if found and found[1] == UNCERTAIN:
        if NOT_CONFIRMED.search(text, start):
            return ABSENT, STATED
        if CONFIRMED.search(text, start):
            return PRESENT, STATED
    return found if found != (SKIPPED, STATED) else None


def _value(after: str) -> tuple[str | None, str] | None:
    """What follows a label and its colon."""
    label = VALUE.match(after)
    if not label:
        return None
    found = AFTER.match(label["value"])
    if not found:
        return None if AMOUNT.search(label["value"]) else (SKIPPED, STATED)
    return _meaning(found)


def _sentence(before: str, said: str, after: str) -> tuple[str | None, str]:
    """What the words around what is ``said`` say; NAMED where they say nothing."""
    no, maybe, found = NO.search(before), MAYBE.search(before), AFTER.match(after)
    meaning = _meaning(found) if found else None
    if maybe and not (no and no.start() > maybe.start()):
        return PRESENT, UNCERTAIN
    if no and (not COMMA.search(no["gap"]) or LISTED.match(said + after)):
        return ABSENT, STATED
    return meaning or NAMED


def _meaning(found: re.Match) -> tuple[str | None, str]:
    if found["unknown"]:
        return SKIPPED, STATED
    if found["doubt"]:
        return PRESENT, UNCERTAIN
    return (ABSENT if found["denied"] else PRESENT), STATED
