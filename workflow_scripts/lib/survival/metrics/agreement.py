"""How closely one prognosis follows another."""

import numpy as np

from workflow_scripts.lib.survival.metrics.ratios import ratio, weighted_mean


def spearman(first: np.ndarray, second: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Spearman's rank correlation of ``first`` and ``second`` (n,) under each row of ``weights`` (b, n): (b,).

    Ranks are those of the resample, ties at their middle. NaN where either does not vary.
    """
    x, y = _centred_ranks(first, weights), _centred_ranks(second, weights)
    together, alone, other = (np.einsum("bi,bi,bi->b", weights, a, b) for a, b in ((x, y), (x, x), (y, y)))
    return ratio(together, np.sqrt(alone * other))


def curve_distance(first: np.ndarray, second: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean absolute difference, in probability, of survival curves (n, k), over patients and grid edges: (b,)."""
    return weighted_mean(np.abs(first - second).mean(axis=1), weights)


def _centred_ranks(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Middle rank of each patient in a sample that holds it ``weights`` times, less the mean rank: (b, n)."""
    _, group = np.unique(values, return_inverse=True)
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    held = np.add.reduceat(weights[:, order], starts, axis=1) if starts.size else weights  # (b, distinct values)
    return (np.cumsum(held, axis=1) - held / 2 - held.sum(axis=1, keepdims=True) / 2)[:, group]
