"""What prose may say of a patient: a level of risk, and on either side some of the patient's own findings, each once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Place(NamedTuple):
    """Where prose has come to: its ``level``, the ``lists`` begun so far with what each names, what stands before the next item, where one
    is due (``gap``), and whether both lists have ended."""

    level: str | None = None
    lists: tuple[tuple[str, ...], ...] = ()
    gap: str | None = None
    ended: bool = False


@dataclass(frozen=True)
class Outline:
    """The ``levels``, the words around both lists (``joints``: behind the level, between the lists, at the end), what stands between items,
    what an empty list says, and the ``findings`` that may be items."""

    levels: Sequence[str]
    joints: Sequence[str]
    separator: str
    nothing: str
    findings: Sequence[str]

    def after(self, place: Place) -> Iterator[tuple[str, Place]]:
        """What may be said next, and where that leads; a space before an item goes with the item, as word pieces have it."""
        if place.ended:
            return
        if place.level is None:
            for level in self.levels:
                yield self._opened(level + self.joints[0], Place(level))
        elif place.gap is not None:
            yield from self._items(place)
        else:
            joint = self.joints[len(place.lists)]
            yield self._opened(joint, place) if len(place.lists) == 1 else (joint, place._replace(ended=True))
            if place.lists[-1] and self._unnamed(place):
                yield self.separator.rstrip(), place._replace(gap=_gap(self.separator))

    def read(self, prose: str) -> tuple[list[str], Place] | None:
        """The parts of ``prose`` as they may be said one after the other, and where they lead; None where it is no such prose."""
        return self._read(prose, Place())

    def _read(self, rest: str, place: Place) -> tuple[list[str], Place] | None:
        if place.ended:
            return None if rest else ([], place)
        for said, then in sorted(self.after(place), key=lambda one: -len(one[0])):
            if rest.startswith(said) and (found := self._read(rest[len(said) :], then)):
                return [said, *found[0]], found[1]
        return None

    def _items(self, place: Place) -> Iterator[tuple[str, Place]]:
        *before, last = place.lists
        for finding in self._unnamed(place):
            yield place.gap + finding, place._replace(lists=(*before, (*last, finding)), gap=None)
        if not last:
            yield place.gap + self.nothing, place._replace(gap=None)

    def _unnamed(self, place: Place) -> list[str]:
        return [finding for finding in self.findings if not any(finding in named for named in place.lists)]

    @staticmethod
    def _opened(joint: str, place: Place) -> tuple[str, Place]:
        return joint.rstrip(), place._replace(lists=(*place.lists, ()), gap=_gap(joint))


def _gap(text: str) -> str:
    """The spaces that ``text`` ends with."""
    return text[len(text.rstrip()) :]
