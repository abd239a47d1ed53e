"""A report as the rules read it: small letters, and words that a scan has misread put right, every character in its place."""

import re

LOOKS_LIKE = str.maketrans("1i|e0a5bvfq", "lllcooshutg")  # one for all that a scan takes for one another
WORD = re.compile(r"[a-z0-9]*[a-z][a-z0-9]*")
SHORTEST, LONG = 3, 7  # letters of a word that is put right where some look alike; and where one is any other
PLAIN = {ord("\n"): " "}
KNOWN = set(
    """
    no not none na yes is of on in at as are was were the and nor for from with without within into through beyond near this that than been
    absent absence present presence identified identification detected seen noted found observed evident evidence confirmed confirm confirms
    negative positive free clear uninvolved involved involves involving involvement involve suspicious suspected possible possibly probable
    equivocal indeterminate questionable doubtful cannot excluded exclude likely unlikely read should called statement status withdrawn wrong
    tumor tumour tumors tumours carcinoma carcinomas adenocarcinoma malignancy malignant neoplasm neoplasia neoplastic metastatic metastasis
    metastases cancer cell cells type types mass lesion nodule cysts squamous urothelial transitional papillary clear renal chromophobe ductal
    lobular small large bronchial bronchus vascular vessel vessels vein venous parenchymal ureteral urethral ureter urethra resection surgical
    margin margins inked ink soft tissue tissues radial circumferential closest lymphovascular angiolymphatic lymphatic lymph invasion invades
    invaded invade invading infiltrates infiltrating infiltration infiltrate extends extending extension extend penetrates reaches perineural
    neural nerves spaces space emboli node nodes nodal hilar mediastinal regional pelvic station examined sampled contain contains which
    number numbers total involved grade graded histologic histological nuclear fuhrman gleason low high intermediate well moderately poorly
    differentiated undifferentiated differentiation measures measuring measure greatest maximum largest dimension diameter size tumoral
    component one two three four five six seven eight nine ten eleven twelve all both each any but however although contrary above below
    capsule capsular extracapsular extranodal perinephric perirenal perivesical sinus adipose muscularis propria detrusor lamina pleura
    pleural visceral parietal necrosis situ sarcomatoid rhabdoid residual treatment effect response multifocal unifocal focal focality
    multicentric solitary single multiple stage staging pathologic pathological history clinical information prior previous elsewhere family
    diagnosis clinical operative intraoperative consultation frozen section microscopic summary comment submitted
    specimen specimens gross description macroscopic received addendum amended corrected report levels deeper first sections show shows
    anthracosis only out seminal vesicle prostate prostatic adrenal sections retraction artefact taken displaced epithelium recuts
    grades bone lobe lung lungs left right upper lower middle
    """.split()
)
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
