"""Whether a passage speaks of this patient's specimens: what of it is of a time before, of others, of a rule or an order is left blank."""

import re
from itertools import pairwise

from workflow_scripts.lib.reports.rules.reading import blank

BEFORE = r"(?:previous|prior|earlier|outside|original|initial|first|referring|known)"
WITHDRAWS = r"disregard (?:the |our )?(?:previous|prior|above|earlier) (?:report|diagnosis)(?=[ ]?[:;])"  # as pathologists write
OTHERS = re.compile(  # of the patient before, of other people, or of other reports and examinations
    r"\b(?:history of|hx of|s/p|status post|prior|previous(?:ly)?|(?<!negative )(?<!positive )(?<!free )(?<!clear )elsewhere"
    r"|outside (?:hospital|institution|biops\w+|slides?|report|material|consult\w*)|known|family(?! translocation)|mother"
    r"|died|deceased|expired|follow-?up|father|brother|sister|uncle|aunt|grand(?:mother|father)|cousin"
    r"|(?:another|other|different) patient|by (?:report|history)"
    r"|imaging|radiograph\w*|radiolog\w+|tomograph\w+|ultraso\w+|sonogra\w+|mammogra\w+|cystoscop\w+|colonoscop\w+|bronchoscop\w+|ct|mri|pet"
    r"|clinically(?! (?:significant|relevant|important))"
    r"|in (?:general|the literature)|for example|per (?:the )?(?:clinician|chart)|(?:[1-9][0-9]?|several|two|three|many) (?:years?"
    r"|months?) ago"
    r"|(?:pre-?|post-? ?)?operative (?:findings|diagnos[ie]s)|r/o|(?<!cannot )(?<!can not )rule out (?!by)"
    r"|denotes?|(?:is|are) defined (?:as|by)|by definition|stands for|means that|(?:grade|stage|category) \w+ requires|^\W*(?:if|should"
    r"|in case of)\b(?!.{0,60}:)|(?:is|are) (?:reserved|assigned|used) (?:for|when|if)"
    r"|(?:refers|applies) to|tumou?rs (?:that|which|extending|invading|involving|limited|confined) [^.;]{0,60}\bare (?:staged|graded"
    r"|classified|considered))\b"
)
THIS = re.compile(
    r"\b(?:previous|prior) (?:biops\w+|resection|tur\w*|surgery|procedure)(?: sites?| tract| changes?| cavity| scar| effects?| reaction)"
    r"|\b(?:scar\w*|sites?|cavity|tract|changes?|effects?|reaction|defect|granulomas?) (?:\w+ )?(?:of|from|after|following|with|due to"
    r"|related to)"
    r" (?:an? |the )?(?:\w+ )?(?:previous|prior)|\bno (?:known |prior )|\b(?:prior|previous|known) (?:neo-?adjuvant|chemo\w*|radio\w*"
    r"|therapy"
    rf"|treatment|presurgical)|\b{WITHDRAWS}"
)
COMPARED = re.compile(  # with what was before, of which only this much is said
    r"\b(?:(?:as )?compared (?:with|to)|in (?:comparison|contrast|addition) (?:with|to)|contrary to|unlike|similar to|identical to"
    r"|(?:(?:consistent|compatible|in keeping) with|from)(?=(?: (?:the|an?|this|patient'?s?|his|her)){0,2} known)"
    r"|as (?:seen )?in"
    rf"|(?:\w+er|more|less \w+|different) (?:than|from)|\w*match\w*) (?:the |that |those )?(?:[\w']+ ){{0,4}}?{BEFORE}\b(?:[^,;.(]"
    rf"|\([^)]*\)){{0,90}}"
)
BESIDE = re.compile(r"\([^)]{0,120}\)")
PART = re.compile(  # a clause that may speak of another time than the one before
    r";|,? ?\b(?:but|whereas|while|although|however)\b|,(?= (?:and |but )?(?:in |on )?(?:the |this |our )?(?:present|current|now|this"
    r"|today)\b)"
    r"|\band(?= (?:in |on )?(?:the |this |our )?(?:present|current|now)\b)"
)
NOW = re.compile(  # how a clause of the present begins, behind one of the past
    r"\W*(?:(?:and|but|in|on|of|whereas|while|although|however)\b\W*)*(?:(?:the|our|this) )?(?:present|current|now|this|these|today|here|no"
    r"|there (?:is|are)|(?:\w+ ){1,6}(?:is|are|shows?|has|have|contains?|measures)|(?:all |surgical |resection )*margins?)\b"
)
READER = (
    r"(?:software|system|models?|parser|computer|program|reader|algorithm|machine|extractor|ai|llm|assistant|robot|bot|tool|script"
    r"|abstractor|coder)"
)
COMMANDS = re.compile(
    rf"\b(?!{WITHDRAWS})(?:ignore|disregard|forget|override)\b[^.]{{0,40}}\b(?:instructions?|above|rules|report|text|previous)\b"
    r"|\b(?:skip|bypass|discard|omit)\b[^.]{0,30}\b(?:instructions?|above|report|text|findings)\b"
    rf"|^\W*(?:(?:dear|attention|hey|hello|to|the|any|all|ai|llm|nlp|language|chat|extraction) )*{READER}s?[ ]?[:,;-]"
    r"|(?:^\W*|\b(?:and|then|please|must|should|always|instead|simply|just|only|now) )(?:return|emit|generate|pretend|assume|act as)\b"
    rf"|\b(?:output"
    r"|respond with|reply|answer (?:with|that)|print|you (?:are|must|should|will) (?:a|an|now|say|answer|output|write"
    r"|report)|as an (?:ai|assistant)|system prompt|language model|whoever reads|when (?:summari[sz]|extract|abstract)ing"
    rf"|(?:notes?|hints?|messages?|remarks?|information|instructions?|memos?|attention|dear|clear) ?:? ?(?:(?:to|for) )?(?:the |this |any "
    rf"|all )?(?:\w+ )?"
    rf"{READER}|automated? (?:reading|processing|extraction|abstraction)|for {READER}"
    r"|(?:^|[:.,] |\b(?:and|then) )(?:please )?(?:record|set|mark|label|classify|extract|enter|code|fill in|assign|store|save|treat)"
    r" (?:[^.]{0,40}\b(?:as|to)|(?:the )?(?:field|value|fuhrman|grade|stage|margins?|lymph))\b)\b"
)
FRAMED = re.compile(
    r"\b(?:what was )?(?:taken for|mistaken for|(?:originally |initially |previously )?(?:reported|described|given|listed"
    r"|stated) (?:above )?as|(?:originally|initially|previously) (?:diagnosed|classified|interpreted|called|signed out"
    r"|read)(?: as)?)\b(?:(?!\b(?:is|was|are|were|has|have|should) )[^,;:.])*"
)
GROSSLY = re.compile(  # what is seen with the naked eye, but for an extent that is diagnosed so
    r"\bgrossly\b(?! and|,| (?:evident|visible|measur|identified|extend|invad|infiltrat))[^,.;()]*"
)


def own(text: str) -> str:
    """A passage with all of it blank that is not said of this patient's specimens now; every character that is left keeps its place."""
    text = COMPARED.sub(blank, FRAMED.sub(blank, text))
    text = text if ":" in text else GROSSLY.sub(blank, text)
    text = BESIDE.sub(lambda beside: blank(beside) if _of_others(beside[0]) else beside[0], text)
    if not _of_others(text):
        return text
    places = [0, *(part.start() for part in PART.finditer(text)), len(text)]
    kept, past = "", False
    for start, end in pairwise(places):
        clause = text[start:end]
        past = _of_others(clause) or (past and not NOW.match(clause))
        kept += " " * len(clause) if past else clause
    return kept


def _of_others(text: str) -> bool:
    return OTHERS.search(text) is not None and not THIS.search(text)
