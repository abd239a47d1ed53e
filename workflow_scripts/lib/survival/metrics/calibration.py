"""Calibration: do predicted probabilities come true? Groups of predicted risk, and D-calibration."""

import numpy as np
from scipy.special import chdtrc

from workflow_scripts.lib.survival.metrics.kaplan_meier import kaplan_meier
from workflow_scripts.lib.survival.metrics.ratios import ratio
from workflow_scripts.lib.survival.outcome import Outcome

D_BINS = 10


def risk_groups(predicted: np.ndarray, groups: int) -> np.ndarray:
    """The group, 0 to ``groups`` - 1, of each prediction (n,): equal sizes but for ties, which stay together."""
    _, value, count = np.unique(predicted, return_inverse=True, return_counts=True)
    middle = np.cumsum(count) - count / 2
    return (middle * groups / max(len(predicted), 1)).astype(int)[value]


def grouped_risk(
    predicted: np.ndarray, outcome: Outcome, day: float, group: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Mean predicted and observed probability of the event by ``day`` in each group present: (b, groups) each.

    Observed is 1 - Kaplan-Meier: raw counts would take censored patients for survivors. NaN for a group without weight.
    """
    expected, observed = [], []
    for number in np.unique(group):
        held = np.flatnonzero(group == number)
        total = weights[:, held].sum(axis=1)
        expected.append(ratio(weights[:, held] @ predicted[held], total))
        observed.append(ratio((1 - kaplan_meier(outcome[held], weights[:, held], np.array([day]))[:, 0]) * total, total))
    shape = (len(expected), len(weights))
    return np.reshape(expected, shape).T, np.reshape(observed, shape).T


def calibration_slope(expected: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Slope through the origin of ``observed`` on ``expected`` (b, groups), unweighted least squares: (b,).

    1 is perfect, below 1 predicts too much risk. |1 - slope| is the deviation D of `kuo2026`. NaN when every
    prediction is 0. Groups without weight are left out.
    """
    return ratio(np.nansum(expected * observed, axis=1), np.nansum(expected**2, axis=1))


def d_calibration(survival_then: np.ndarray, event: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Chi-square statistic (b,) and its p-value (b,) that predicted survival at the event is uniform (`haider2020`).

    ``survival_then`` (n,) is each curve at the patient's own last day; censored patients are spread evenly over the
    probabilities below it. A small p-value says that probabilities do not come true; a large one does not say
    that the model discriminates. Resamples repeat patients, which makes their statistics larger than the sample's.
    """
    observed = weights @ _d_shares(survival_then, event)  # (b, bins)
    expected = observed.sum(axis=1, keepdims=True) / D_BINS
    statistic = ratio((observed - expected) ** 2, expected).sum(axis=1)
    return statistic, chdtrc(D_BINS - 1, statistic)


def _d_shares(survival_then: np.ndarray, event: np.ndarray) -> np.ndarray:
    """The part of each patient in each bin of survival probability: (n, D_BINS), rows sum to 1."""
    low = np.arange(D_BINS) / D_BINS
    own = np.minimum((survival_then * D_BINS).astype(int), D_BINS - 1)[:, None] == np.arange(D_BINS)
    below = np.clip(survival_then[:, None] - low, 0, 1 / D_BINS) / np.where(survival_then > 0, survival_then, 1.0)[:, None]
    return np.where((event | (survival_then <= 0))[:, None], own, below)
