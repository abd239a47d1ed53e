"""Brier score: squared distance between what was predicted and what happened, corrected for censoring."""

import numpy as np

from workflow_scripts.lib.survival.metrics.kaplan_meier import Censoring
from workflow_scripts.lib.survival.outcome import Outcome


def brier_terms(survival: np.ndarray, outcome: Outcome, days: np.ndarray, censoring: Censoring) -> np.ndarray:
    """What each patient adds to the Brier score at each of ``days`` (q,): (n, q) (`graf1999`).

    The score is the patients' mean. ``survival`` (n, q) is the predicted probability of being event-free on those
    days; G comes from the training fold. Patients censored before a day count through the others' weights.
    """
    had_it = outcome.event[:, None] & (outcome.days[:, None] <= days)
    not_yet = outcome.days[:, None] > days
    own = censoring.inverse(outcome.days)[:, None]
    return survival**2 * had_it * own + (1 - survival) ** 2 * not_yet * censoring.inverse(days)


def integrated(terms: np.ndarray, days: np.ndarray) -> np.ndarray:
    """Average over time, by trapezoids between ``days`` (k,), of ``terms`` (n, k): (n,)."""
    if len(days) == 1:
        return terms[:, 0]
    return np.trapezoid(terms, days, axis=1) / (days[-1] - days[0])
