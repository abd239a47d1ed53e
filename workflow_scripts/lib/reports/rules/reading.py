"""A report as the rules read it: small letters, and words that a scan has misread put right, every character in its place."""

import re

LOOKS_LIKE = str.maketrans("1i|e0a5bvfq", "lllcooshutg")  # one for all that a scan takes for one another
WORD = re.compile(r"[a-z0-9]*[a-z][a-z0-9]*")
SHORTEST, LONG = 3, 7  # letters of a word that is put right where some look alike; and where one is any other
PLAIN = {ord("\n"): " "}
WORDS = """
above absence absent addendum adenocarcinoma adipose adrenal all although amended and angiolymphatic anthracosis any are artefact as at
been below beyond bone both bronchial bronchus but called cancer cannot capsular capsule carcinoma carcinomas cell cells chromophobe
circumferential clear clinical closest comment component confirm confirmed confirms consultation contain contains contrary corrected
cysts deeper description detected detrusor diagnosis diameter differentiated differentiation dimension displaced doubtful ductal each
effect eight eleven elsewhere emboli epithelium equivocal evidence evident examined exclude excluded extend extending extends extension
extracapsular extranodal family first five focal focality for found four free from frozen fuhrman gleason grade graded grades greatest
gross high hilar histologic histological history however identification identified in indeterminate infiltrate infiltrated infiltrates
infiltrating infiltration information ink inked intermediate into intraoperative invade invaded invades invading invasion involve involved
involvement involves involving is lamina large largest left lesion levels likely lobe lobular low lower lung lungs lymph lymphatic
lymphovascular macroscopic malignancy malignant margin margins mass maximum measure measures measuring mediastinal metastases metastasis
metastatic microscopic middle moderately multicentric multifocal multiple muscularis na near necrosis negative neoplasia neoplasm
neoplastic nerves neural nine no nodal node nodes nodule none nor not noted nuclear number numbers observed of on one only operative out
papillary parenchymal parietal pathologic pathological pelvic penetrates perinephric perineural perirenal perivesical pleura pleural
poorly positive possible possibly presence present previous prior probable propria prostate prostatic questionable radial reaches read
received recuts regional renal report resection residual response retraction rhabdoid right sampled sarcomatoid section sections seen
seminal seven should show shows single sinus situ six size small soft solitary space spaces specimen specimens squamous stage staging
statement station status submitted summary surgical suspected suspicious taken ten than that the this three through tissue tissues total
transitional treatment tumor tumoral tumors tumour tumours twelve two type types undifferentiated unifocal uninvolved unlikely upper
ureter ureteral urethra urethral urothelial vascular vein venous vesicle vessel vessels visceral was well were which with withdrawn
within without wrong yes
"""
KNOWN = frozenset(WORDS.split())
OTHERS = {"tree", "farm", "bath", "tat", "hone", "lane", "ceil", "ceils", "letter"}  # words that look like a known one


def _by_look() -> dict[str, str]:
    """Each known word by what it looks like; what looks like two is left out."""
    found: dict[str, list[str]] = {}
    for word in KNOWN:
        found.setdefault(word.translate(LOOKS_LIKE), []).append(word)
    return {look: words[0] for look, words in found.items() if len(words) == 1 and len(look) >= SHORTEST}


LONGEST = max(map(len, KNOWN))
BY_LOOK = _by_look() | {"n0": "no", "0f": "of", "ls": "is", "1s": "is"}


def _by_gap() -> dict[str, str]:
    """Each long known word by itself with one of its letters missing from sight; what looks like two is left out."""
    found: dict[str, list[str]] = {}
    for word in KNOWN:
        for gap in _gaps(word):
            found.setdefault(gap, []).append(word)
    return {gap: words[0] for gap, words in found.items() if len(words) == 1}


def _gaps(word: str) -> list[str]:
    return [f"{word[:place]}?{word[place + 1 :]}" for place in range(len(word))] if LONG <= len(word) <= LONGEST else []


BY_GAP = _by_gap()


def _known(word: str) -> str:
    """The known word that the scan has misread, or the word itself."""
    alike = BY_LOOK.get(word) or BY_LOOK.get(word.translate(LOOKS_LIKE))
    return alike or next((BY_GAP[gap] for gap in _gaps(word) if gap in BY_GAP), word)


def read(text: str) -> str:
    """``text``, as long as before, in small letters, line ends as spaces, and misread words put right."""
    small = text.lower()
    if len(small) != len(text):  # a letter that is two when small
        small = "".join(one.lower() if len(one.lower()) == 1 else one for one in text)
    known: dict[str, str] = {}

    def put_right(match: re.Match) -> str:
        word = match[0]
        if word not in known:
            known[word] = word if word in KNOWN or word in OTHERS else _known(word)
        return known[word]

    return WORD.sub(put_right, small.translate(PLAIN))
