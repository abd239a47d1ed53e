"""Resampling patients: multiplicities, intervals, and p-values of differences."""

import numpy as np


def multiplicities(patients: int, resamples: int, seed: int) -> np.ndarray:
    """How often each patient is in each resample: (resamples + 1, patients), row 0 being the sample itself (`efron1979`)."""
    drawn = np.random.default_rng(seed).integers(0, patients, (resamples, patients))
    drawn += np.arange(resamples)[:, None] * patients
    counts = np.bincount(drawn.ravel(), minlength=resamples * patients).reshape(resamples, patients)
    return np.concatenate([np.ones((1, patients)), counts])


def interval(replicates: np.ndarray, level: float = 0.95) -> tuple[float, float]:
    """Percentile interval of ``replicates`` (b,); undefined replicates (NaN) are left out; NaN when all are."""
    defined = replicates[np.isfinite(replicates)]
    if not defined.size:
        return np.nan, np.nan
    lower, upper = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return float(lower), float(upper)


def p_value(differences: np.ndarray) -> float:
    """Two-sided p-value that a difference is 0, from its replicates (b,), NaN left out (`davison1997`).

    Twice the part of the replicates on the rarer side of 0, itself counted in, and one added to both counts: never 0.
    """
    defined = differences[np.isfinite(differences)]
    if not defined.size:
        return np.nan
    rarer = min((defined <= 0).sum(), (defined >= 0).sum())
    return float(min(1.0, 2 * (1 + rarer) / (1 + defined.size)))


def holm(p_values: np.ndarray) -> np.ndarray:
    """Holm's correction of ``p_values`` (m,) for their number; undefined ones (NaN) stay so and do not count (`holm1979`)."""
    corrected = np.full(len(p_values), np.nan)
    defined = np.flatnonzero(np.isfinite(p_values))
    order = defined[np.argsort(p_values[defined], kind="stable")]
    corrected[order] = np.minimum(1.0, np.maximum.accumulate(p_values[order] * np.arange(order.size, 0, -1)))
    return corrected
