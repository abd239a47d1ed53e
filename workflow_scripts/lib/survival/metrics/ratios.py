"""Ratios that are undefined where nothing can be counted."""

import numpy as np


def ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """``numerator / denominator`` where the denominator is positive, NaN elsewhere."""
    undefined = np.full(np.broadcast_shapes(np.shape(numerator), np.shape(denominator)), np.nan)
    return np.divide(numerator, denominator, out=undefined, where=denominator > 0)


def weighted_mean(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean over patients of ``values`` (n,) or (n, q) under each row of ``weights`` (b, n): (b,) or (b, q)."""
    total = weights.sum(axis=1)
    return ratio(weights @ values, total if values.ndim == 1 else total[:, None])
