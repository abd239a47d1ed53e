"""A text with pieces of it replaced, which knows where each character was before."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

Edit = tuple[int, int, str]  # from, to, and what is there instead


@dataclass(frozen=True)
class Edited:
    """The new ``text``; of each edit in order where it begins and ends, in the new text and in the old."""

    text: str
    new: list[tuple[int, int]]
    old: list[tuple[int, int]]

    def start(self, place: int) -> int:
        """Where in the old text that begins which begins at ``place``."""
        last = bisect_right(self.new, (place, len(self.text))) - 1
        return self.old[last][0] if last >= 0 and place < self.new[last][1] else self._moved(place, last)

    def end(self, place: int) -> int:
        """Where in the old text that ends which ends at ``place``."""
        last = bisect_left(self.new, (place, -1)) - 1
        return self.old[last][1] if last >= 0 and place < self.new[last][1] else self._moved(place, last)

    def _moved(self, place: int, last: int) -> int:
        return place if last < 0 else place + self.old[last][1] - self.new[last][1]


def edited(text: str, edits: Iterable[Edit]) -> Edited:
    """``text`` with ``edits``, which are in its order and apart from each other."""
    parts, new, old, begin, length = [], [], [], 0, 0
    for start, end, words in edits:
        length += start - begin + len(words)
        parts += [text[begin:start], words]
        new.append((length - len(words), length))
        old.append((start, end))
        begin = end
    return Edited("".join([*parts, text[begin:]]), new, old)
