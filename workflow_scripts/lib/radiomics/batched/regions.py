"""Regions of one image size, such as the patches of a grid, with what every filter's matrices need to know of them."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import torch

from workflow_scripts.lib.errors import StageRefusal

LINES = ((0, 1), (1, 0), (1, 1), (1, -1))  # the four directions in a plane, as (rows down, columns right)
Place = tuple[slice, slice, slice]  # which images, rows and columns


class Shift(NamedTuple):
    """Pixels that have a neighbour some way off: where they are, where it is, and 1 where both are of one region (rows, columns) int32."""

    here: Place
    there: Place
    same: torch.Tensor


class Sized(NamedTuple):
    """The s regions of m pixels: which they are (s,), and where in ``Regions.order`` their s · m pixels are."""

    which: torch.Tensor
    span: slice


class Lines(NamedTuple):
    """Pixels of ``Regions.order`` line after line (inside,), whether one begins a line or follows a gap (inside,), and which regions have
    two pixels or more in some line (p,)."""

    order: torch.Tensor
    begins: torch.Tensor
    several: torch.Tensor


@dataclass(frozen=True)
class Regions:
    """``labels`` (height, width): 0 outside, and 1 to p inside the p regions, of any shape.

    Raises StageRefusal for what PyRadiomics refuses too: a region that is missing, or is no more than a point or a line.
    """

    labels: torch.Tensor

    def __post_init__(self) -> None:
        for number in range(1, self.count + 1):
            rows, columns = torch.nonzero(self.labels == number, as_tuple=True)
            if not len(rows) or rows.min() == rows.max() or columns.min() == columns.max():
                raise StageRefusal(f"region {number} of {self.count} spans fewer than two rows or columns")

    @cached_property
    def count(self) -> int:
        """How many regions."""
        return int(self.labels.max())

    @cached_property
    def _sizes(self) -> torch.Tensor:
        """Pixels of each region (p,)."""
        return torch.bincount(self.labels.flatten(), minlength=self.count + 1)[1:]

    @cached_property
    def order(self) -> torch.Tensor:
        """The pixels inside, region by region, small regions first, row by row in each: (inside,) of flat positions."""
        flat = self.labels.flatten()
        inside = torch.nonzero(flat).flatten()
        by_size = torch.argsort(self._sizes, stable=True)
        rank = torch.empty_like(by_size)
        rank[by_size] = torch.arange(self.count, device=rank.device)
        return inside[torch.argsort(rank[flat[inside] - 1], stable=True)]

    @cached_property
    def owner(self) -> torch.Tensor:
        """The region, from 0, of each pixel in ``order`` (inside,)."""
        return self.labels.flatten()[self.order] - 1

    @cached_property
    def back(self) -> torch.Tensor:
        """Where in ``order`` each pixel of the image is; those outside are behind its end: (height · width,)."""
        place = torch.full((self.labels.numel(),), len(self.order), device=self.labels.device)
        place[self.order] = torch.arange(len(self.order), device=place.device)
        return place

    @cached_property
    def sized(self) -> list[Sized]:
        """Regions by their size, in the order of ``order``."""
        found, begin = [], 0
        for size in torch.unique(self._sizes).tolist():
            which = torch.nonzero(self._sizes == size).flatten()
            found.append(Sized(which, slice(begin, begin + size * len(which))))
            begin += size * len(which)
        return found

    def shifts(self, distances: tuple[int, ...]) -> list[Shift]:
        """One of each pair of opposite offsets whose larger component is one of ``distances``, in pixels."""
        return [self._shift(down, right) for distance in distances for down, right in _offsets(distance)]

    def _shift(self, down: int, right: int) -> Shift:
        height, width = self.labels.shape
        everything = slice(None)
        here = (everything, slice(0, height - down), slice(max(0, -right), width - max(0, right)))
        there = (everything, slice(down, height), slice(max(0, right), width - max(0, -right)))
        own, other = self.labels[here[1:]], self.labels[there[1:]]
        return Shift(here, there, ((own == other) & (own > 0)).to(torch.int32))

    @cached_property
    def lines(self) -> list[Lines]:
        """The pixels in lines, along each of the four directions."""
        return [self._lines(down, right) for down, right in LINES]

    def _lines(self, down: int, right: int) -> Lines:
        height, width = self.labels.shape
        row, column = self.order // width, self.order % width
        line = self.owner * 2 * (height + width) + row * right - column * down + width  # the same along a line, in one region only
        place = line * 2 * (height + width) + row * down + column * right + width
        order = torch.argsort(place)
        begins = torch.ones(len(order), dtype=torch.bool, device=order.device)
        begins[1:] = torch.diff(place[order]) != down**2 + right**2
        shared = torch.diff(line[order]) == 0
        several = torch.zeros(self.count, dtype=torch.bool, device=order.device)
        several[self.owner[order][1:][shared]] = True
        return Lines(order, begins, several)

    @cached_property
    def longest(self) -> int:
        """No run is longer, in pixels: the largest extent of a region."""
        width = self.labels.shape[1]
        extents = []
        for place in (self.order // width, self.order % width):
            ends = [
                torch.zeros(self.count, device=place.device, dtype=place.dtype).scatter_reduce_(
                    0, self.owner, place, end, include_self=False
                )
                for end in ("amax", "amin")
            ]
            extents.append(int((ends[0] - ends[1]).max()) + 1)
        return max(extents)


def _offsets(distance: int) -> list[tuple[int, int]]:
    """Half of the pixels at this distance in the maximum norm: opposite ones are the same pair."""
    around = [(down, right) for down in range(distance + 1) for right in range(-distance, distance + 1)]
    return [(down, right) for down, right in around if max(down, abs(right)) == distance and (down > 0 or right > 0)]
