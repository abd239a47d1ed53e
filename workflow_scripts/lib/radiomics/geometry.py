"""Which pixels of the source stand where on the square, and how to find back; and which are of which patch."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Geometry:
    """A box of the source, scaled and laid on a square, in whole pixels.

    The centre of the square's pixel (x, y) shows the source at (left - .5 + (x + .5 - pad_left) / scale_x), and so for y.
    """

    left: int
    top: int
    width: int
    height: int
    pad_left: int
    pad_top: int
    scale_x: float
    scale_y: float

    @property
    def content(self) -> tuple[int, int]:
        """Columns and rows of the square that the box fills."""
        return round(self.width * self.scale_x), round(self.height * self.scale_y)

    @property
    def source(self) -> tuple[slice, slice]:
        """The box in an array of the source (height, width)."""
        return slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)

    @property
    def square(self) -> tuple[slice, slice]:
        """What the box fills in an array of the square (side, side)."""
        columns, rows = self.content
        return slice(self.pad_top, self.pad_top + rows), slice(self.pad_left, self.pad_left + columns)


def whole(inside: np.ndarray) -> tuple[slice, slice]:
    """Rows and columns of the whole of ``inside`` (height, width)."""
    return slice(0, inside.shape[0]), slice(0, inside.shape[1])


def box_of(inside: np.ndarray, margin: float) -> tuple[slice, slice]:
    """Rows and columns of the box around ``inside`` (height, width), which is not empty, ``margin`` of its length wider at either end."""
    found = []
    for axis, length in enumerate(inside.shape):
        at = np.flatnonzero(inside.any(axis=1 - axis))
        more = round(margin * (at[-1] + 1 - at[0]))
        found.append(slice(max(0, int(at[0]) - more), min(length, int(at[-1]) + 1 + more)))
    return found[0], found[1]


def fit(box: tuple[slice, slice], side: int, stretch: bool) -> Geometry:
    """``box`` on a square of ``side`` pixels: stretched to fill it, or in the middle with its aspect ratio kept, to the nearest pixel."""
    height, width = (piece.stop - piece.start for piece in box)
    columns, rows = (side if stretch else max(1, round(side * length / max(height, width))) for length in (width, height))
    return Geometry(
        box[1].start, box[0].start, width, height, (side - columns) // 2, (side - rows) // 2, columns / width, rows / height
    )  # fmt: skip


def patch_grid(side: int, patch: int) -> np.ndarray:
    """Labels (side, side) of the non-overlapping patches of a square image, row by row from 1."""
    place = np.arange(side) // patch
    return place[:, None] * (side // patch) + place + 1
