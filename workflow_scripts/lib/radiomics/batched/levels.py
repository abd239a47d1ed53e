"""Grey levels: every region's pixels binned as PyRadiomics bins them, and the levels that each region has."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from workflow_scripts.lib.radiomics.batched.quick import taken, where
from workflow_scripts.lib.radiomics.batched.regions import Regions


@dataclass(frozen=True)
class Levels:
    """The levels of q = images · p regions, r in all; a region that lacks a level has no row for it.

    ``level`` and ``row`` (images, height, width) int32: the level of each pixel, from 1, and which row that is; outside 0 and r. ``inside``
    (images, inside) is ``row`` in the order of the regions.
    By row (r,): ``region`` it is of, its ``value`` as a number, and its pixels' ``count``. By region (q,): ``first`` row and ``number``
    of rows.
    """

    level: torch.Tensor
    row: torch.Tensor
    inside: torch.Tensor
    region: torch.Tensor
    value: torch.Tensor
    count: torch.Tensor
    first: torch.Tensor
    number: torch.Tensor

    @property
    def regions(self) -> int:
        """q."""
        return len(self.number)

    @cached_property
    def largest(self) -> torch.Tensor:
        """The highest level of each region (q,)."""
        return self.value[self.first + self.number - 1]

    def total(self, values: torch.Tensor) -> torch.Tensor:
        """Sums over the rows of each region: (..., r) → (..., q)."""
        return summed(values, self.region, self.regions)


def summed(values: torch.Tensor, group: torch.Tensor, groups: int) -> torch.Tensor:
    """Sums of ``values`` (..., x) over the members of each ``group`` (x,): (..., groups)."""
    return torch.zeros((*values.shape[:-1], groups), dtype=values.dtype, device=values.device).index_add_(-1, group, values)


def find_levels(values: torch.Tensor, lowest: Sequence[np.ndarray], regions: Regions, bin_width: float) -> Levels:
    """Bin ``values`` (images, inside) float64 in the order of ``regions``, whose lowest are given (p,), of each image in its own precision.

    Bins begin at multiples of the width, the first at or below a region's lowest value; levels without pixels keep their number.
    """
    images, count, shape = len(values), regions.count, (len(values), *regions.labels.shape)
    level = _binned(values, lowest, regions, bin_width)  # (images, inside), from 0
    most = int(level.max()) + 1
    key = level + ((regions.owner + count * torch.arange(images, device=values.device)[:, None]) * most).to(torch.int32)
    cells = torch.bincount(key.flatten(), minlength=images * count * most)
    there = where(cells)
    row_of = torch.zeros_like(cells, dtype=torch.int32)
    row_of[there] = torch.arange(len(there), dtype=torch.int32, device=values.device)
    row = row_of.index_select(0, key.flatten()).view(images, -1)
    number = (cells.view(-1, most) > 0).sum(1)
    value = (there % most + 1).to(torch.float64)
    placed = [_in_place(part, outside, regions).view(shape) for part, outside in ((level + 1, 0), (row, len(there)))]
    return Levels(*placed, row, there // most, value, cells[there].to(torch.float64), torch.cumsum(number, 0) - number, number)


def _in_place(values: torch.Tensor, outside: int, regions: Regions) -> torch.Tensor:
    """Values in the order of regions (images, inside) where they are in the image (images, height · width)."""
    return taken(torch.nn.functional.pad(values, (0, 1), value=outside), regions.back)


def _binned(values: torch.Tensor, lowest: Sequence[np.ndarray], regions: Regions, bin_width: float) -> torch.Tensor:
    """Which bin (images, inside) each value falls into, from 0, decided at the very edges that numpy.arange makes for PyRadiomics."""
    edges = np.stack([_first_edges(low, bin_width) for low in lowest])  # (images, 2, p)
    start, second = torch.from_numpy(edges).to(values.device).unbind(1)
    step, found = second - start, torch.empty(values.shape, dtype=torch.int32, device=values.device)
    for which, span in regions.sized:
        own = values[:, span].view(len(values), len(which), -1)
        begin, width = start[:, which, None], step[:, which, None]
        bins = (own - begin).mul_(1 / width).trunc_()
        bins -= (bins * width).add_(begin).gt(own).to(bins.dtype)  # rounding may have stepped over an edge, or not reached it
        bins += (bins + 1).mul_(width).add_(begin).le(own).to(bins.dtype)
        found[:, span] = bins.flatten(1)
    return found


def _first_edges(lowest: np.ndarray, bin_width: float) -> np.ndarray:
    """The first two edges (2, p), rounded as PyRadiomics rounds them: in the precision of the values."""
    width = lowest.dtype.type(bin_width)
    below = lowest - np.mod(lowest, width)
    return np.stack([below, below + width]).astype(np.float64)
