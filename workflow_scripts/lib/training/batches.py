"""Which examples make up which batch: shuffled, bucketed by length, and the same after a restart."""

from collections.abc import Iterator

import numpy as np

from workflow_scripts.lib.survival.seeds import derive_seed

POOL = 32  # batches whose examples are sorted by length together: less padding, yet still random


def training_batches(lengths: np.ndarray, size: int, seed: int, start: int = 0, strata: np.ndarray | None = None) -> Iterator[np.ndarray]:
    """Endless row positions, ``size`` at a time, each epoch shuffled afresh; from batch ``start`` on.

    A function of its arguments alone, so that a resumed run sees the batches it would have seen. Where there are
    fewer than ``size`` examples a batch is all of them. With ``strata`` (m,) every batch has its share of each stratum, to within one,
    and lengths mix.
    """
    size = min(size, len(lengths))
    per_epoch = len(lengths) // size
    epoch, skip = divmod(start, per_epoch)
    while True:
        yield from _epoch(lengths, size, derive_seed(seed, "epoch", epoch), strata)[skip:]
        epoch, skip = epoch + 1, 0


def _epoch(lengths: np.ndarray, size: int, seed: int, strata: np.ndarray | None) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(lengths))
    if strata is not None:
        order = _mixed(order, strata, rng)
    whole, pool = order[: len(order) // size * size], size * (POOL if strata is None else 1)
    pools = [rows[np.argsort(lengths[rows], kind="stable")] for rows in np.split(whole, range(pool, len(whole), pool))]
    batches = np.concatenate(pools).reshape(-1, size)
    return list(batches[rng.permutation(len(batches))])


def _mixed(order: np.ndarray, strata: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The same positions, those of each stratum in their order but evenly spread over the whole."""
    place = np.empty(len(order))
    for stratum in np.unique(strata):
        own = np.flatnonzero(strata[order] == stratum)
        place[own] = (np.arange(len(own)) + rng.random()) / len(own)
    return order[np.argsort(place, kind="stable")]


def in_order(lengths: np.ndarray, size: int) -> Iterator[np.ndarray]:
    """Every row position once, alike lengths together, ``size`` at a time: for looking, not for training."""
    order = np.argsort(lengths, kind="stable")
    for start in range(0, len(order), size):
        yield order[start : start + size]
