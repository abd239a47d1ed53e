"""Words that a scan or a hand has made longer or shorter, put right: a letter lost, doubled or read as two, a space left out."""

import re
from collections.abc import Iterator
from functools import lru_cache

from workflow_scripts.lib.reports.rules.edited import Edit
from workflow_scripts.lib.reports.rules.reading import BY_GAP, BY_LOSS, KNOWN, OTHERS, known

WORD = re.compile(r"(?<![A-Za-z0-9])[0-9]*+[A-Za-z][A-Za-z0-9]*")
SEEN_AS = [("rn", "m"), ("d", "cl"), ("cl", "d"), ("vv", "w"), ("li", "h"), ("h", "li"), ("nn", "m"), ("n", "ri"), ("ri", "n"), ("m", "rn")]
SHORTEST, LONG, LONGEST = 4, 7, 40  # letters of a word that is put right; of one that may have lost any letter; of the longest
UNREAD = "~^*<>|"  # what a scan puts where it cannot read a letter
BREAKS = f" ,;:.'{UNREAD}"
TWO = 6  # letters of two words in one


def misread(text: str) -> Iterator[Edit]:
    """What to put instead of each word of ``text`` that is put right."""
    found: dict[str, str] = {}
    for word in WORD.finditer(text):
        small = word[0].lower()
        if small not in found:
            found[small] = _right(small) if SHORTEST <= len(small) <= LONGEST and small == known(small) else small
        if found[small] != small:
            yield word.start(), word.end(), _as_large(found[small], word[0])


def joined(text: str) -> Iterator[Edit]:
    """What to put instead of each two pieces of ``text`` that are one long known word with a space or a stray mark in it."""
    first = None
    for word in WORD.finditer(text):
        whole = _whole(first[0].lower(), text[first.end()], word[0].lower()) if first and word.start() == first.end() + 1 else None
        if whole:
            yield first.start(), word.end(), _as_large(whole, first[0])
        first = None if whole else word


def _whole(first: str, between: str, last: str) -> str | None:
    """The long known word that two pieces are of with what stands ``between`` them."""
    if between in BREAKS and len(first) + len(last) >= LONG and not (first in KNOWN and last in KNOWN):
        whole = first + last if {first, last} & KNOWN else known(first + last)
        if whole in KNOWN:
            return whole
    return BY_GAP.get(f"{first}?{last}") if between in UNREAD else None


@lru_cache(maxsize=4096)
def _right(word: str) -> str:
    """The known word, or the two, that ``word`` is; itself where it may be several or is none."""
    if {word, word.removesuffix("s")} & KNOWN or word in OTHERS:
        return word
    for candidates in (_looks_like(word), _one_letter_off(word), _two_words(word)):
        if len(candidates) == 1:
            return candidates.pop()
    return word


def _looks_like(word: str) -> set[str]:
    """Known words, where two letters were read as one, or one as two; in a long word others may be misread too."""
    places = ((found.start(), one, other) for one, other in SEEN_AS for found in re.finditer(one, word))
    right = {word[:at] + other + word[at + len(one) :] for at, one, other in places}
    return {known(one) if len(word) > LONG else one for one in right} & KNOWN


def _one_letter_off(word: str) -> set[str]:
    """Long known words, where a letter within is lost, one too many, or before the one it belongs behind."""
    lost = BY_LOSS.get(word, ())
    spare = {word[:at] + word[at + 1 :] for at in range(1, len(word) - 1)}
    turned = {word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(1, len(word) - 2)}
    return {*lost, *(one for one in spare | turned if one in KNOWN and len(one) >= LONG)} - {word}


def _two_words(word: str) -> set[str]:
    """Two known words without the space between them, or with a slash that was read as a letter."""
    halves = ((word[:at], word[at:]) for at in range(2, len(word) - 1)) if len(word) >= TWO else ()
    slash = ((word[:at], word[at + 1 :]) for at in range(SHORTEST, len(word) - SHORTEST) if word[at] in "il1")
    return {f"{first} {last}" for first, last in halves if first in KNOWN and last in KNOWN} | {
        f"{first}/{last}" for first, last in slash if first in KNOWN and last in KNOWN
    }


def _as_large(word: str, like: str) -> str:
    """``word`` in capitals where what it stands for is."""
    if like.isupper():
        return word.upper()
    return word.capitalize() if like[0].isupper() else word
