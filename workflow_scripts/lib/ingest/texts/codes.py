"""Codes that name a patient, such as barcodes, found in scanned text although the scan has misread some of their characters."""

import re
from collections.abc import Iterable

import numpy as np

LOOK_ALIKE = {"0": "OQDCUE@9", "1": "ILJT]|!", "2": "Z", "4": "A", "5": "S$", "6": "G", "8": "B&3"}  # what a scan takes for one another
PLAIN = {ord(one): ord(one.upper()) for one in "0123456789abcdefghijklmnopqrstuvwxyz"}
PLAIN |= {ord(case): ord(digit) for digit, others in LOOK_ALIKE.items() for one in others for case in (one, one.lower())}
SHORTEST, LONG = 6, 10  # characters: a shorter code is not looked for; a long one may run into others, or be misread
MISREAD = 5  # one character in so many, where the code begins a word
BEHIND = re.compile(r"(?i)[-–_.~ ]{0,3}[0-9a-z. ]{2,4}[-–_.~ ]{1,3}P[R8]")  # sample and kind of document in a TCGA barcode


def cut_codes(text: str, codes: Iterable[str], word: str = "[ID]") -> tuple[str, int]:
    """``text`` with ``word`` for every place where one of ``codes`` stands, and how many these were.

    Case, separators and look-alikes do not matter. A code with a prefix, as in TCGA-2F-A9KO, is found without it too.
    """
    plain, where = _plainly(text)
    spans = sorted((where[first], where[last] + 1) for code in codes for first, last in _places(code, plain, where))
    parts, end = [], 0
    for start, stop in spans:
        if start < end:  # within the one before
            continue
        parts += [text[end:start], word]
        behind = BEHIND.match(text, stop)
        end = behind.end() if behind else stop
    return "".join([*parts, text[end:]]), len(parts) // 2


def _plainly(text: str) -> tuple[np.ndarray, np.ndarray]:
    """The letters and digits of ``text`` (n,) as code points, one for all that look alike, and where each stands (n,)."""
    every = np.frombuffer(text.translate(PLAIN).encode("utf-32-le"), dtype=np.uint32)
    where = np.flatnonzero(((every >= ord("0")) & (every <= ord("9"))) | ((every >= ord("A")) & (every <= ord("Z"))))
    return every[where], where


def _places(code: str, plain: np.ndarray, where: np.ndarray) -> list[tuple[int, int]]:
    """First and last character, as positions in ``plain``, of each place where ``code`` stands, or what is behind its prefix."""
    found = []
    for one in dict.fromkeys([code, code.partition("-")[2]]):
        wanted = _plainly(one)[0]
        long = len(wanted) >= LONG
        if len(wanted) < SHORTEST or len(plain) < len(wanted) or not (long or any(map(str.isdigit, one))):
            continue
        hits = np.zeros(len(plain) - len(wanted) + 1, dtype=np.int16)
        for offset, character in enumerate(wanted):
            hits += plain[offset : offset + len(hits)] == character
        first = np.flatnonzero(hits >= len(wanted) - (len(wanted) // MISREAD if long else 0))
        last, exact = first + len(wanted) - 1, hits[first] == len(wanted)
        alone = np.diff(where, prepend=-2, append=where[-1] + 2) > 1  # (n + 1,) nothing directly before the character, or behind the last
        kept = exact | alone[first] if long else alone[first] & alone[last + 1]
        found += list(zip(first[kept], last[kept], strict=True))
    return found
