"""One slice of a volume. Which, the cohort's file says; that of a mask is its image's."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from workflow_scripts.lib.errors import StageRefusal

SQUARE = 1e-3  # sides of a pixel that differ by less than this part are the same


@dataclass(frozen=True)
class Cut:
    """Which slice: ``take`` counts from 0 along ``axis`` of the file's sizes; the largest is that of a mask; None where no mask says."""

    axis: int
    take: int | Literal["middle", "largest"] | None


@dataclass(frozen=True)
class Flat:
    """``values`` (height, width) are slice ``number`` of ``count``; None of 1 for what is flat as it comes."""

    values: np.ndarray
    spacing_mm: float | None
    number: int | None
    count: int


def flattened(values: np.ndarray, spacing: Sequence[float | None], cut: Cut | None, grey: Callable[[np.ndarray], np.ndarray]) -> Flat:
    """What is flat in ``values``, an array over the file's sizes in reverse, whose ``spacing`` in mm is in the order of the file.

    ``grey`` turns (height, width) or (height, width, channels) of the file into grey values (height, width). Raises StageRefusal where
    the cut is of no slice, or of one whose pixels are not square.
    """
    if len(spacing) == 2 or cut is None:
        return Flat(grey(values), spacing[0], None, 1)
    along = 2 - cut.axis
    count = values.shape[along]
    number = _largest(values, along, grey) if cut.take == "largest" else count // 2 if cut.take == "middle" else cut.take
    if number is None:
        raise StageRefusal("nothing says which slice of the volume to take: largest_mask needs a mask that is a volume too")
    if number >= count:
        raise StageRefusal(f"there is no slice {number}, counted from 0, in the volume")
    return Flat(grey(values.take(number, along)), _side([*spacing[: cut.axis], *spacing[cut.axis + 1 :]]), number, count)


def _largest(values: np.ndarray, along: int, grey: Callable[[np.ndarray], np.ndarray]) -> int:
    """The slice with the most pixels above zero, the first of several."""
    areas = [np.count_nonzero(grey(values.take(number, along)) > 0) for number in range(values.shape[along])]
    if not any(areas):
        raise StageRefusal("empty")
    return int(np.argmax(areas))


def _side(spacing: list[float | None]) -> float | None:
    across, down = spacing
    if across is None and down is None:
        return None
    if across is None or down is None or abs(across - down) > SQUARE * across:
        raise StageRefusal("the pixels of the slice are not square, or not known to be: resample the volume, or take another axis")
    return across
