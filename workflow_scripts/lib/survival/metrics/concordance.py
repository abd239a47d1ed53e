"""Concordance: among two patients, does the one with the earlier event have the higher predicted risk?

A pair is comparable when the earlier time is an event; a censoring on the day of an event counts as later. Each index
is a ratio of sums over such pairs, w'Aw / w'Bw for the patients' weights w, so that all rows of ``weights`` (b, n)
cost one matrix product. Without a comparable pair the index is NaN.
"""

import numpy as np

from workflow_scripts.lib.survival.metrics.kaplan_meier import Censoring
from workflow_scripts.lib.survival.metrics.ratios import ratio
from workflow_scripts.lib.survival.outcome import Outcome, TimeGrid

TIE = 1e-8
"""Predictions closer than this are tied and count one half."""


def harrell_c(log_risk: np.ndarray, outcome: Outcome, weights: np.ndarray) -> np.ndarray:
    """Harrell's C of ``log_risk`` (n,) under each row of ``weights`` (b, n): (b,), 0.5 for a coin (`harrell1982`).

    It depends on how patients were censored; Uno's C does not.
    """
    cases = np.flatnonzero(outcome.event)
    return _concordance(log_risk[cases, None] - log_risk, outcome, cases, weights[:, cases], weights)


def uno_c(log_risk: np.ndarray, outcome: Outcome, weights: np.ndarray, censoring: Censoring, last_day: float) -> np.ndarray:
    """Uno's C of ``log_risk`` (n,) under each row of ``weights`` (b, n): (b,) (`uno2011`).

    Events before ``last_day`` weigh 1 / G², with G from the training fold and not resampled; later ones are left out.
    """
    cases = np.flatnonzero(outcome.event & (outcome.days < last_day))
    case_weights = weights[:, cases] * censoring.inverse(outcome.days[cases]) ** 2
    return _concordance(log_risk[cases, None] - log_risk, outcome, cases, case_weights, weights)


def antolini_c(survival: np.ndarray, grid: TimeGrid, outcome: Outcome, weights: np.ndarray) -> np.ndarray:
    """C^td: is the curve of the patient with the event the lower one on the day of that event? (b,) (`antolini2005`).

    ``survival`` (n, k) on the grid's right edges. Under proportional hazards it is Harrell's C; where curves cross it
    asks more than one number per patient can answer.
    """
    cases = np.flatnonzero(outcome.event)
    on_the_day = grid.survival_at(survival, outcome.days[cases]).T  # (cases, n)
    own = on_the_day[np.arange(cases.size), cases]
    return _concordance(on_the_day - own[:, None], outcome, cases, weights[:, cases], weights)


def wins(lead: np.ndarray) -> np.ndarray:
    """1 where ``lead``, the case's risk less the other's, is positive, one half where they are tied, else 0."""
    return np.where(np.abs(lead) <= TIE, 0.5, lead > 0)


def _concordance(lead: np.ndarray, outcome: Outcome, cases: np.ndarray, case_weights: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """From leads (cases, n), ``case_weights`` (b, cases) and ``weights`` (b, n)."""
    day = outcome.days[cases, None]
    pairs = (day < outcome.days) | ((day == outcome.days) & ~outcome.event)  # (cases, n)
    won = np.einsum("bi,bi->b", case_weights @ (wins(lead) * pairs), weights)
    return ratio(won, np.einsum("bi,bi->b", case_weights @ pairs.astype(float), weights))
