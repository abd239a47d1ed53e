"""Headings whose items stand below them and do not name them again: margins, lymph nodes, ways of invasion, or a thing that is there."""

import re
from dataclasses import dataclass

SIDES = (
    r"left|right|both|bilateral|all|others?|remaining|proximal|distal|anterior|posterior|superior|inferior|lateral|medial|deep|upper|lower"
    r"|superficial|apical|apex|basal|base|central|peripheral|surgical|resection|end|lines?|tissues?|fat|status"
)
MARGINS, NODES, INVASION, THING = "margins", "nodes", "invasion", "thing"
WORDS = {  # what a heading speaks of
    MARGINS: r"margins?|(?:resection|surgical) (?:lines?|edges|planes|limits?)",
    NODES: r"(?:lymph )?nodes?|lymphadenectomy",
    INVASION: r"invasion|infiltration|extension|involvement|spread",
}
PLACES = {  # and the places of its items
    MARGINS: r"gerota\W{0,3}s|fascia|ureter\w*|urethra\w*|renal|veins?|arter\w+|vascular|vessels?|vena|cava|bronch\w+|parenchym\w+|soft"
    r"|radial|circumferential"
    r"|peri\w+|para\w+|adipose|fascia|gerota'?s|bladder|neck|mucosal?|serosal?|mesenter\w+|skin|staple|stump|hilar|hilum|sinus|pulmonary"
    r"|caval"
    r"|vas|deferens|pelvic|side ?wall|chest|wall|capsul\w+|prostat\w+|vagina\w*|rectal|omental|pleural?",
    NODES: r"specify|number|examined|involved|lymph|nodes?|hilar|mediastinal|pelvic|obturator|external|internal|common|iliac|perivesical"
    r"|presacral|para-?\w+|caval|pericaval"
    r"|aortic|periaortic|hypogastric|cloquet|subcarinal|peribronchial|sentinel|axillary|inguinal|retroperitoneal|interaortocaval|regional"
    r"|(?:level|station)(?: [0-9]{1,2})?|[0-9]{1,2}[lr]|packet|chain|region|group",
    INVASION: r"gerota\W{0,3}s|fascia|major|main|segmental|lymph\w*|vascular|venous|vessels?|blood|veins?|arter\w+|peri\w+|neural"
    r"|nerves?|capsul\w*|extra\w+|renal|sinus|vena|cava"
    r"|adrenal|gland|seminal|vesicles?|prostat\w+|muscularis|propria|lamina|pleura\w*|visceral|parietal|adipose|soft|hilar|microvascular"
    r"|large|small|space|adjacent|organs?|rectum|uterus|vagina|bowel",
}
OPENS = re.compile(
    r"[^a-z0-9]{0,4}(?:(?:(?:part|specimen) )?#?[a-z0-9]{1,2}[.):] ?)?(?:[a-z]{2,}[ ,/]{1,2}){0,6}?(?:"
    + "|".join(f"(?P<{kind}>{words})" for kind, words in WORDS.items())
    + r")(?: of (?:resection|excision|tumou?r)|,? (?:histolog\w+|microscop\w+|assess\w+)| (?:status|assessment|evaluation|dissections?"
    r"|examined|sampled|sites?)|[ ,;-]{1,3}(?:left|right|proximal|distal|biops\w+|excision|shave|permanent|final))*"
    r"(?: ?\([^)]{0,60}\))?[ ]?(?:[:;]|[ .-]*$)"
)
ITEMS = {
    kind: re.compile(
        rf"[^a-z0-9]{{0,4}}(?:[a-z0-9][.)] )?(?:(?:{words}|{SIDES})\b[ ,/&()-]{{0,3}}(?:(?:and|or|of|the|to) )?){{1,8}}"
        r"(?:[:=]|(?<=-)[ ]|(?<=[ ])(?=(?:free|negative|positive|(?:un)?involved|no|not|absent|present)\b))"
    )
    for kind, words in PLACES.items()
}
ITEMS[THING] = re.compile(
    r"[^a-z0-9]{0,4}(?:\(?if [a-z]+[),:]{0,2} )?(?:(?:number|no[.]|total|tumou?r) )?"
    r"(?:involve\w*|positive|examined|present|uninvolved|invaded|invasion|infiltrat\w*|metasta\w+|status)\b[^:]{0,40}:"
)
NAMES = {kind: re.compile(rf"\b(?:{words})\b") for kind, words in WORDS.items()} | {THING: re.compile(r"(?!)")}
THERE = re.compile(  # a thing, and that there is one
    r"[^a-z0-9]{0,4}(?=[a-z ,/]{0,60}\b(?:adrenals?|nodes?|glands?|vesicles?|veins?|ureters?|prostate|pleura|organs?|vagina|uterus|muscle"
    r"|muscularis)\b)[a-z]{2,}(?:[ ,/]{1,2}[a-z]{2,}){0,5}?(?=(?: (?:is |are )?(?:present|included|submitted|sampled|received|attached))?"
    r"(?: ?\([^)]{0,40}\))?[ ]?[:;?][ ]?(?:yes|present|included|submitted|sampled|received|identified)\b[ .]*$)"
)
RESULT = re.compile(  # of a margin that was sent for itself
    r"[^a-z0-9]{0,4}(?:no (?:evidence of )?(?:\w+ (?:or )?){0,3}(?:tumou?r|\w*carcinoma|malignan\w+|neoplas\w+)|(?:negative|positive) for"
    r"|free of|(?:segment of )?benign (?:urethra\w*|ureter\w*|urotheli\w*|mucosa|fibro\w*|renal)"
    r"|(?:\w+ )?(?:urothelial|transitional cell) carcinoma)"
)
FAR = 800  # characters from a heading to what is listed below it


@dataclass(frozen=True)
class Heading:
    """Where a heading stands, and of what its items may be."""

    start: int
    end: int
    kind: str

    def again(self, text: str, start: int, end: int) -> bool:
        """Whether what stands there names it itself."""
        return NAMES[self.kind].search(text, start, end) is not None

    def lists(self, text: str, start: int, end: int) -> bool:
        """Whether what stands there is one of its items."""
        result = self.kind == MARGINS and RESULT.match(text, start, end)
        return end - self.start <= FAR and (result or ITEMS[self.kind].match(text, start, end)) is not None

    def above(self, text: str, start: int, end: int) -> str:
        """An item as it is read: behind its heading, and nothing of what stands between them."""
        return text[self.start : self.end] + " " * (start - self.end) + text[start:end]


def heading(text: str, start: int, end: int) -> Heading | None:
    """The heading there, alone or before the first of its items."""
    if thing := THERE.match(text, start, end):
        return Heading(start, thing.end(), THING)
    found = OPENS.match(text, start, end)
    if not found:
        return None
    one = Heading(start, found.end(), found.lastgroup)
    return one if not text[found.end() : end].strip(" .-") or one.lists(text, found.end(), end) else None
