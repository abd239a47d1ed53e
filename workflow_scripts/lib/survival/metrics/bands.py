"""Pointwise intervals around a Kaplan-Meier curve."""

import numpy as np

from workflow_scripts.lib.survival.metrics.kaplan_meier import kaplan_meier
from workflow_scripts.lib.survival.outcome import Outcome

Z95 = 1.959963984540054


def kaplan_meier_band(outcome: Outcome, days: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Kaplan-Meier at ``days`` (q,) with its 95 % interval: curve, lower and upper (q,) each.

    Greenwood's variance on the log(-log) scale, so that the interval stays inside 0..1 (`kalbfleisch2002`). Pointwise: it
    says how sure the curve is on a given day, not that the whole curve lies inside. Where the curve is still 1, or has
    reached 0, the variance says nothing and the interval is the curve itself.
    """
    curve = kaplan_meier(outcome, np.ones((1, len(outcome))), days)[0]
    when, seen = np.unique(outcome.days[outcome.event], return_counts=True)
    at_risk = len(outcome) - np.searchsorted(np.sort(outcome.days), when, side="left")
    last = at_risk == seen  # nobody is left: Greenwood's term would divide by zero
    terms = np.where(last, 0.0, seen / (at_risk * np.where(last, 1, at_risk - seen)))
    variance = np.concatenate([[0.0], np.cumsum(terms)])[np.searchsorted(when, days, side="right")]
    inside = (curve > 0) & (curve < 1)
    spread = Z95 * np.sqrt(variance) / -np.log(np.where(inside, curve, 0.5))
    lower, upper = curve ** np.exp(spread), curve ** np.exp(-spread)
    return curve, np.where(inside, lower, curve), np.where(inside, upper, curve)
