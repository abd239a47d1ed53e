"""The matrices of texture, of all regions at once, as entries: only cells of levels that a region has exist."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from workflow_scripts.lib.radiomics.batched.levels import Levels, summed
from workflow_scripts.lib.radiomics.batched.quick import taken, where
from workflow_scripts.lib.radiomics.batched.regions import Regions, Shift


@dataclass(frozen=True)
class Pairs:
    """Every pair of levels of every region, c in all, ordered by region and row of the first and the second level."""

    levels: Levels

    @cached_property
    def base(self) -> torch.Tensor:
        """The first pair of each region (q,)."""
        squares = self.levels.number**2
        return torch.cumsum(squares, 0) - squares

    @cached_property
    def region(self) -> torch.Tensor:
        """The region of each pair (c,)."""
        return torch.repeat_interleave(self.levels.number**2)

    @cached_property
    def _place(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        within = torch.arange(len(self.region), device=self.region.device) - taken(self.base, self.region)
        number = taken(self.levels.number, self.region)
        return within // number, within % number, number

    @cached_property
    def first(self) -> torch.Tensor:
        """The row of the first level (c,)."""
        return taken(self.levels.first, self.region) + self._place[0]

    @cached_property
    def second(self) -> torch.Tensor:
        """The row of the second level (c,)."""
        return taken(self.levels.first, self.region) + self._place[1]

    @cached_property
    def swapped(self) -> torch.Tensor:
        """The pair of the same levels the other way round (c,)."""
        one, other, number = self._place
        return taken(self.base, self.region) + other * number + one

    def total(self, values: torch.Tensor) -> torch.Tensor:
        """Sums over the pairs of each region: (..., c) → (..., q)."""
        return summed(values, self.region, self.levels.regions)


def cooccurrences(pairs: Pairs, shifts: list[Shift]) -> torch.Tensor:
    """How often two levels lie ``shifts`` apart, either way round: (shifts, c)."""
    levels, cells = pairs.levels, len(pairs.region)
    rank = torch.arange(len(levels.region), device=levels.row.device) - levels.first[levels.region]
    begin = pairs.base[levels.region] + levels.number[levels.region] * rank  # the pair of each row with its region's first
    one, other = (_looked_up(part, levels.row) for part in (begin, rank))
    one_way = torch.stack([_counted(one[shift.here] + other[shift.there], shift.same, cells) for shift in shifts])
    return (one_way + taken(one_way, pairs.swapped)).to(torch.float64)


def _looked_up(table: torch.Tensor, row: torch.Tensor) -> torch.Tensor:
    """``table`` (r,) at each pixel's row, 0 outside: of the shape of ``row``, int32."""
    return torch.nn.functional.pad(table.to(torch.int32), (0, 1)).index_select(0, row.flatten()).view(row.shape)


def _counted(key: torch.Tensor, counts: torch.Tensor, most: int) -> torch.Tensor:
    """How often each ``key`` below ``most`` (most,) is there, among those where ``counts`` is 1, not 0."""
    key = (key - most) * counts + most  # several times as fast as torch.where
    return torch.bincount(key.flatten(), minlength=most + 1)[:most]


@dataclass(frozen=True)
class Entries:
    """Cells of a matrix of levels by sizes (run lengths, zone sizes, dependences): ``count`` of a ``size`` at a level's ``row``.

    All (e,), in one of so many ``directions``.
    """

    levels: Levels
    direction: torch.Tensor
    row: torch.Tensor
    size: torch.Tensor
    count: torch.Tensor
    directions: int


def _entries(levels: Levels, cells: torch.Tensor) -> Entries:
    """From counts by direction, row and size (directions, r, sizes)."""
    place = where(cells)
    line, size = place // cells.shape[2], place % cells.shape[2]
    direction, row = line // cells.shape[1], line % cells.shape[1]
    count = taken(cells.flatten(), place).to(torch.float64)
    return Entries(levels, direction, row, (size + 1).to(torch.float64), count, len(cells))


def runs(levels: Levels, regions: Regions) -> Entries:
    """Pixels of one level in a row, along each of four directions: those in which a region is wider than a pixel somewhere."""
    rows, most = len(levels.region), regions.longest
    counts = []
    for order, begins, several in regions.lines:
        along = taken(levels.inside, order)
        new = begins.repeat(len(along), 1)
        new[:, 1:] |= along[:, 1:] != along[:, :-1]
        start = where(new)
        length = torch.diff(start, append=start.new_tensor([new.numel()]))
        key = taken(along.flatten(), start).to(length.dtype).mul_(most).add_(length - 1)
        found = torch.bincount(key, minlength=rows * most).view(rows, most)
        counts.append(found.mul_(several[levels.region % regions.count, None].to(found.dtype)))
    return _entries(levels, torch.stack(counts))


def zones(levels: Levels) -> Entries:
    """Pixels of one level that touch, by sides or corners; found on the CPU, image by image."""
    row_of, sizes = zip(*(_components(image, len(levels.region)) for image in levels.row.cpu().numpy()), strict=True)
    row, size = (torch.from_numpy(np.concatenate(part)).to(levels.row.device) for part in (row_of, sizes))
    most = int(size.max()) + 1
    key, count = torch.unique(row * most + size, return_counts=True)
    row = key // most
    return Entries(levels, torch.zeros_like(row), row, (key % most).to(torch.float64), count.to(torch.float64), 1)


def _components(row: np.ndarray, outside: int) -> tuple[np.ndarray, np.ndarray]:
    """The row of each zone of an image (height, width), and its size."""
    import cc3d

    found = cc3d.connected_components(row + 1, connectivity=8).ravel().astype(np.intp)
    size = np.bincount(found)
    level = np.empty(len(size), dtype=row.dtype)
    level[found] = row.ravel()
    real = (size > 0) & (level < outside)
    return level[real], size[real]


def dependences(levels: Levels, shifts: list[Shift], alpha: int) -> Entries:
    """For each pixel, itself and how many of its neighbours differ by ``alpha`` levels at most."""
    size = torch.zeros_like(levels.level)
    for shift in shifts:
        alike = (levels.level[shift.here] - levels.level[shift.there]).abs_().le(alpha).to(size.dtype).mul_(shift.same)
        size[shift.here] += alike
        size[shift.there] += alike
    most, rows = 2 * len(shifts) + 1, len(levels.region)
    key = levels.row * most + size
    return _entries(levels, torch.bincount(key.flatten(), minlength=(rows + 1) * most)[: rows * most].view(1, rows, most))


def differences(levels: Levels, shifts: list[Shift]) -> torch.Tensor:
    """By row, the sum over its pixels of how far their level is from the mean of their neighbours' (r,); 0 for pixels without any."""
    level, rows = levels.level, len(levels.region)
    around, near = torch.zeros_like(level), torch.zeros_like(level[0])
    for shift in shifts:
        around[shift.here].addcmul_(shift.same, level[shift.there])
        around[shift.there].addcmul_(shift.same, level[shift.here])
        near[shift.here[1:]] += shift.same
        near[shift.there[1:]] += shift.same
    away = level.to(torch.float64).sub_(around.to(torch.float64).div_(near.clamp(min=1).to(torch.float64)))
    away = away.abs_().mul_((near > 0).to(away.dtype))  # torch is slow where types are mixed
    return torch.bincount(levels.row.flatten(), weights=away.flatten(), minlength=rows + 1)[:rows]
