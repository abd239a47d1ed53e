"""Numbers as reports write them."""

import re

NAMES = """no|none|zero one|single two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
eighteen nineteen twenty"""
WORDS = {word: number for number, words in enumerate(NAMES.split()) for word in words.split("|")}
AS_READ = {"o": 0, "i": 1, "l": 1}  # figures that a scan takes for letters
TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50}
ROMAN = {
    "i": 1,
    "ii": 2,
    "iii": 3,
    "iv": 4,
    "v": 5,
    "l": 1,
    "ll": 2,
    "lll": 3,
    "ill": 3,
    "iiiiiv": 3,  # III/IV and IV/IV as a scan reads them
    "iviiv": 4,
    "lil": 3,
    "lv": 4,
    "1v": 4,
    "1i": 2,
    "11": 2,
    "111": 3,
}
COUNT = (
    r"(?:[0-9]{1,3}|(?:twenty|thirty|forty|fifty)(?:[ -](?:one|two|three|four|five|six|seven|eight|nine))?|"
    + "|".join(sorted(WORDS, key=len, reverse=True))
    + r")"
)


def count(word: str) -> int:
    """A number in figures or words."""
    word = word.strip().lower()
    if word in AS_READ:
        return AS_READ[word]
    if word.isdigit():
        return int(word)
    if word in WORDS:
        return WORDS[word]
    tens, _, rest = re.sub(r"[ -]+", " ", word).partition(" ")
    return TENS[tens] + (WORDS[rest] if rest else 0)
