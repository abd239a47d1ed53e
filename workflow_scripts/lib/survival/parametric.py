"""Whole curves through survival probabilities that were stated for a few days only."""

import numpy as np

PARTS = 40  # of an interval, whose ends are tried first: there may be several valleys
STEPS = 35  # within two of its parts, to within 1e-8 of them
FLATTEST, STEEPEST = 0.2, 5.0  # Weibull shapes: beyond, a few rounded probabilities say nothing of the time around them
CERTAIN = 0.005  # probabilities are stated in whole percent


def fitted_curves(stated: np.ndarray, at: np.ndarray, days: np.ndarray, family: str) -> np.ndarray:
    """Survival (n, k) at ``days`` (k,) of curves through, or near, ``stated`` probabilities (n, q) ``at`` (q,) days, which increase.

    ``family`` interpolated passes through every one of them: between two of them, log cumulative hazard is linear in log time, which is a
    piece of a Weibull curve; the outer pieces go on beyond, with shapes within .2 and 5. A probability that rises counts as the one before.
    exponential and weibull are nearest in squares of probability: Σ (p − exp(−(t / s)^a))², where a is 1, or within .2 and 5.
    One stated probability fixes no shape, so its curve is exponential.
    """
    stated, scale = np.clip(np.asarray(stated, dtype=float), CERTAIN, 1 - CERTAIN), float(np.mean(at))
    at, days = np.asarray(at) / scale, np.asarray(days) / scale
    if family == "interpolated" and len(at) > 1:
        return _interpolated(np.minimum.accumulate(stated, axis=1), at, days)
    shape = np.ones(len(stated)) if family == "exponential" or len(at) == 1 else _shape_of(stated, at)
    return _curve(_rate_of(stated, at, shape), shape, days)


def _interpolated(stated: np.ndarray, times: np.ndarray, days: np.ndarray) -> np.ndarray:
    """Survival (n, k) at ``days`` (k,), in pieces: the i-th ends at the i-th of ``times`` (q,), q at least 2; the last has no end."""
    log_hazard, log_times = np.log(-np.log(stated)), np.log(times)
    inner = np.diff(log_hazard) / np.diff(log_times)  # (n, q - 1)
    shape = np.concatenate([_bounded(inner[:, :1]), inner, _bounded(inner[:, -1:])], axis=1)
    piece = np.searchsorted(times, days)  # (k,)
    through = np.maximum(piece - 1, 0)  # a stated time that the piece passes through
    log_days = np.log(np.maximum(days, 1e-12))
    return np.exp(-np.exp(np.clip(log_hazard[:, through] + shape[:, piece] * (log_days - log_times[through]), -50, 50)))


def _bounded(shape: np.ndarray) -> np.ndarray:
    return np.clip(shape, FLATTEST, STEEPEST)


def _curve(log_rate: np.ndarray, shape: np.ndarray, times: np.ndarray) -> np.ndarray:
    return np.exp(-np.exp(np.clip(log_rate[:, None] + shape[:, None] * np.log(np.maximum(times, 1e-12)), -50, 50)))


def _rate_of(stated: np.ndarray, times: np.ndarray, shape: np.ndarray) -> np.ndarray:
    """The logarithm of the rate (n,) that brings the curve of this ``shape`` (n,) nearest."""

    def miss(log_rate: np.ndarray) -> np.ndarray:
        return ((stated - _curve(log_rate, shape, times)) ** 2).sum(1)

    each = np.log(-np.log(stated)) - shape[:, None] * np.log(times)  # of each probability by itself: the best lies between
    return _smallest(miss, each.min(1), each.max(1))


def _shape_of(stated: np.ndarray, times: np.ndarray) -> np.ndarray:
    """The shape (n,) of the nearest Weibull curve."""

    def miss(log_shape: np.ndarray) -> np.ndarray:
        shape = np.exp(log_shape)
        return ((stated - _curve(_rate_of(stated, times, shape), shape, times)) ** 2).sum(1)

    low, high = (np.full(len(stated), np.log(bound)) for bound in (FLATTEST, STEEPEST))
    return np.exp(_smallest(miss, low, high))


def _smallest(miss, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Where ``miss`` of (n,) values is smallest between ``low`` and ``high`` (n,): golden section about the best of even places."""
    tried = [low + (high - low) * part / PARTS for part in range(PARTS + 1)]
    best, part = np.argmin([miss(place) for place in tried], axis=0), (high - low) / PARTS
    middle, golden = low + best * part, (np.sqrt(5) - 1) / 2
    low, high = np.maximum(low, middle - part), np.minimum(high, middle + part)
    for _ in range(STEPS):
        left, right = high - golden * (high - low), low + golden * (high - low)
        nearer = miss(left) <= miss(right)
        low, high = np.where(nearer, low, left), np.where(nearer, right, high)
    return (low + high) / 2
