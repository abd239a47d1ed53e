"""Kaplan-Meier curves, of the event and of censoring, for many weightings of the same patients."""

from dataclasses import dataclass

import numpy as np

from workflow_scripts.lib.survival.outcome import Outcome

TINY = 1e-300


def kaplan_meier(outcome: Outcome, weights: np.ndarray, days: np.ndarray) -> np.ndarray:
    """Probability of being event-free at ``days`` (q,) under each row of ``weights`` (b, n): (b, q).

    Past the last patient's follow-up the last value is kept (`kaplan1958`).
    """
    return _product_limit(outcome, outcome.event, weights, days)


@dataclass(frozen=True)
class Censoring:
    """G, the probability of being uncensored, a step function of the training fold: ``survival`` (u,) from ``days`` (u,) on."""

    days: np.ndarray
    survival: np.ndarray

    def at(self, days: np.ndarray) -> np.ndarray:
        """G at ``days``, right-continuous; past the last training patient the last value is kept."""
        return np.concatenate([[1.0], self.survival])[np.searchsorted(self.days, days, side="right")]

    def inverse(self, days: np.ndarray) -> np.ndarray:
        """1 / G at ``days``; 0 where G is 0, for nobody stands in for a patient whom no training patient outlasts."""
        uncensored = self.at(days)
        return np.where(uncensored > 0, 1 / np.where(uncensored > 0, uncensored, 1.0), 0.0)


def fit_censoring(train: Outcome) -> Censoring:
    """Reverse Kaplan-Meier on training patients; an event tied with a censoring leaves the risk set first."""
    days = np.unique(train.days)
    return Censoring(days, _product_limit(train, ~train.event, np.ones((1, len(train))), days)[0])


def _product_limit(outcome: Outcome, falls: np.ndarray, weights: np.ndarray, days: np.ndarray) -> np.ndarray:
    """Product over patients with ``falls`` of 1 - weight / weight still at risk, up to each of ``days`` (q,): (b, q).

    Tied patients are taken one after the other, events first; their factors telescope to the textbook 1 - d / r.
    """
    order = np.lexsort((~outcome.event, outcome.days))
    falling = np.flatnonzero(falls[order] & (outcome.days[order] <= np.max(days)))
    ordered = weights[:, order]
    at_risk = np.cumsum(ordered[:, ::-1], axis=1)[:, ::-1][:, falling]
    left = np.cumprod(1 - ordered[:, falling] / np.maximum(at_risk, TINY), axis=1)
    curve = np.concatenate([np.ones((len(weights), 1)), left], axis=1)
    return curve[:, np.searchsorted(outcome.days[order][falling], days, side="right")]
