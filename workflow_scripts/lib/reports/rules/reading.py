"""A report as the rules read it: small letters, and words that a scan has misread put right, every character in its place."""

import re

LOOKS_LIKE = str.maketrans("1i|e0a5bvfq", "lllcooshutg")  # one for all that a scan takes for one another
WORD = re.compile(r"(?<![a-z0-9])[0-9]*+[a-z][a-z0-9]*")
SHORTEST, LONG = 3, 7  # letters of a word that is put right where some look alike; and where one is any other
PLAIN = {ord("\n"): " "}
WORDS = """
above absence absent abuts acinar addendum adenocarcinoma adipose adrenal all although amended and angiolymphatic angiomyolipoma
anthracosis any apex are artefact as at atypia base been below benign beyond biopsy bladder bone both bowel bronchial bronchus but called
cancer cannot capillaries capillary capsular capsule carcinoma carcinomas carcinosarcoma category cell cells chromophobe circumferential
clear clinical closest coagulative collecting colon comment component confined confirm confirmed confirms consultation contain contains
contrary conventional corrected cystectomy cysts deeper description detected detrusor diagnosis diameter differentiated differentiation
diffuse dimension displaced dissection distant dominant doubtful ductal dysplasia each effect eight eleven elsewhere emboli epithelium
equivocal evidence evident examined excised excision exclude excluded extend extending extends extension extensive extensively
extracapsular extranodal extraprostatic family fills first five focal focality foci focus for found four free from frozen fuhrman
glandular gleason grade graded grades greatest gross groups high hilar histologic histological history however hyperplasia identification
identified in indeterminate infiltrate infiltrated infiltrates infiltrating infiltration inflammation information ink inked inpatient
intermediate into intraoperative intravascular invade invaded invades invading invaginated invasion invasive involve involved involvement
involves involving is kidney lamina large largest left lesion levels likely liver lobe lobular low lower lung lungs lymph lymphadenectomy
lymphatic lymphovascular macroscopic macroscopy malignancy malignant margin margins mass maximum measure measures measuring mediastinal
medullary mesorectal metastases metastasis metastatic micropapillary microscopic microscopy middle moderately mucinous multicentric
multifocal multinodular multiple muscularis na near neck necrosis negative neoplasia neoplasm neoplastic nephrectomy nerves neural
neuroendocrine nine no nodal node nodes nodule none nor not noted nuclear nucleolar number numbers observed occluding of on oncocytoma one
only operative out outpatient pancreas papillary parenchyma parenchymal parietal patent pathologic pathological patient patients pattern
pelvic penetrates penetration pericolic perinephric perineural perineurial perinodal perirenal peritoneum perivesical plasmacytoid pleura
pleural poorly positive possible possibly presence present previous primary prior probable procedure propria prostate prostatectomy
prostatic questionable radial reaches reactive read received rectum recuts regional renal report resection resides residual response
retraction rhabdoid right sample sampled samples sampling sarcomatoid satellite scale score secondary section sections seen seminal seven
should show shows signet single sinus site sites situ six size small soft solitary space spaces spares specimen specimens spindle spleen
spread squamous stage staging staple statement station status submitted summary surgical suspected suspicious taken ten tertiary than that
the this three thrombus through tissue tissues total touches transitional transurethral treatment tubular tumor tumoral tumors tumour
tumours twelve two type types unclassified undifferentiated unifocal uninvolved unlikely upper ureter ureteral ureteric urethra urethral
urothelial uterus vagina vascular vein venous vesicle vesicles vessel vessels visceral was well were which with withdrawn within without
wrong yes
"""
KNOWN = frozenset(WORDS.split())
ALIKE = """
tree farm bath tat hone lane ceil ceils letter though throughout thorough another law far info arc ore oil fen identifier locality primacy
potent probably measured diagnoses receiver displaces artifact
"""
OTHERS = frozenset(ALIKE.split())  # words that look like a known one


def _by_look() -> dict[str, str]:
    """Each known word by what it looks like; what looks like two is left out."""
    found: dict[str, list[str]] = {}
    for word in KNOWN:
        found.setdefault(word.translate(LOOKS_LIKE), []).append(word)
    return {look: words[0] for look, words in found.items() if len(words) == 1 and len(look) >= SHORTEST}


LONGEST = max(map(len, KNOWN))
BY_LOOK = _by_look() | {"n0": "no", "nol": "not", "nct": "not", "0f": "of", "ls": "is", "1s": "is", "fs": "is", "call": "cell"}


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


def _by_loss() -> dict[str, set[str]]:
    """Long known words by what is left of them without one of their inner letters."""
    found: dict[str, set[str]] = {}
    for word in KNOWN:
        for place in range(1, len(word) - 1 if len(word) >= LONG else 1):
            found.setdefault(word[:place] + word[place + 1 :], set()).add(word)
    return found


BY_LOSS = _by_loss()


def known(word: str) -> str:
    """The known word of the same length that the scan has misread, or the word itself."""
    if word in KNOWN or word in OTHERS:
        return word
    alike = BY_LOOK.get(word) or BY_LOOK.get(word.translate(LOOKS_LIKE))
    return alike or next((BY_GAP[gap] for gap in _gaps(word) if gap in BY_GAP), word)


def read(text: str) -> str:
    """``text``, as long as before, in small letters, line ends as spaces, and misread words put right."""
    small = text.lower()
    if len(small) != len(text):  # a letter that is two when small
        small = "".join(one.lower() if len(one.lower()) == 1 else one for one in text)
    read_as: dict[str, str] = {}

    def put_right(match: re.Match) -> str:
        word = match[0]
        if word not in read_as:
            read_as[word] = known(word)
        return read_as[word]

    return WORD.sub(put_right, small.translate(PLAIN))


def blank(match: re.Match) -> str:
    """As many spaces as what was found has characters."""
    return " " * len(match[0])
