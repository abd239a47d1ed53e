"""Smooth calibration: the distance between predicted and observed risk, patient by patient (ICI, E50, E90)."""

import numpy as np

from workflow_scripts.lib.survival.metrics.ratios import ratio
from workflow_scripts.lib.survival.metrics.weighted_cox import cox_coefficients, event_probability, row_blocks
from workflow_scripts.lib.survival.outcome import Outcome

KNOT_QUANTILES = (0.1, 0.5, 0.9)
CLOSEST_TO_CERTAIN = 1e-6


def spline_basis(predicted: np.ndarray) -> np.ndarray:
    """Restricted cubic spline, 3 knots, of the complementary log-log of predicted risk (n,): (n, 2) (`harrell2015`).

    Knots at the 10th, 50th and 90th percentiles. Only the straight line, (n, 1), where
    ties make knots coincide or there are but two values.
    """
    x = np.log(-np.log1p(-np.clip(predicted, CLOSEST_TO_CERTAIN, 1 - CLOSEST_TO_CERTAIN)))
    knots = np.quantile(x, KNOT_QUANTILES) if x.size else np.zeros(3)
    first, middle, last = knots
    if not first < middle < last or len(np.unique(x)) <= 2:
        return x[:, None]
    cubes = np.maximum(x[:, None] - knots, 0) ** 3  # (n, 3)
    bend = cubes @ np.array([1.0, (first - last) / (last - middle), (middle - first) / (last - middle)])
    return np.stack([x, bend / (last - first) ** 2], axis=1)


def calibration_distances(
    predicted: np.ndarray, outcome: Outcome, day: float, basis: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """ICI, E50 and E90 at ``day``: mean, median and 90th percentile of |observed - predicted| risk, each (b,) (`austin2020`).

    Observed risk is that of a Cox regression of the outcome on ``basis`` (n, p) of the prediction, fitted under each
    row of ``weights`` (b, n). NaN where that regression has no solution (no event, identical predictions).
    """
    coefficients = cox_coefficients(basis, outcome, weights)
    found = np.full((len(weights), 3), np.nan)
    for rows in row_blocks(len(weights)):
        solved = np.flatnonzero(np.isfinite(coefficients[rows]).all(axis=1)) + rows.start
        if not solved.size:
            continue
        held = weights[solved]
        distance = np.abs(event_probability(basis, outcome, held, coefficients[solved], day) - predicted)
        found[solved, 0] = ratio((held * distance).sum(axis=1), held.sum(axis=1))
        found[solved, 1:] = weighted_quantiles(distance, held, (0.5, 0.9))
    return found[:, 0], found[:, 1], found[:, 2]


def weighted_quantiles(values: np.ndarray, weights: np.ndarray, fractions: tuple[float, ...]) -> np.ndarray:
    """Quantiles of each row of ``values`` (b, n), each value held ``weights`` (b, n) times, whole numbers: (b, fractions).

    Straight lines between order statistics, as numpy.quantile on the rows written out.
    """
    order = np.argsort(values, axis=1)
    values, held = np.take_along_axis(values, order, axis=1), np.cumsum(np.take_along_axis(weights, order, axis=1), axis=1)
    quantiles = []
    for fraction in fractions:
        position = (held[:, -1:] - 1) * fraction
        low, high = (
            np.take_along_axis(values, (held <= place).sum(axis=1, keepdims=True), axis=1)
            for place in (np.floor(position), np.ceil(position))
        )
        quantiles.append(low + (position - np.floor(position)) * (high - low))
    return np.concatenate(quantiles, axis=1)
