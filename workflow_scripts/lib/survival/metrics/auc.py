"""Cumulative/dynamic AUC: who has had the event by a day, against who has not."""

import numpy as np

from workflow_scripts.lib.survival.metrics.concordance import wins
from workflow_scripts.lib.survival.metrics.kaplan_meier import Censoring, kaplan_meier
from workflow_scripts.lib.survival.metrics.ratios import ratio
from workflow_scripts.lib.survival.outcome import Outcome


def cumulative_dynamic_auc(
    log_risk: np.ndarray, outcome: Outcome, weights: np.ndarray, days: np.ndarray, censoring: Censoring
) -> np.ndarray:
    """AUC of ``log_risk`` (n,) at each of ``days`` (k,), rising, under each row of ``weights`` (b, n): (b, k) (`uno2007`).

    Cases have had the event by the day and weigh 1 / G, with G from the training fold; controls are known to be
    event-free after it. NaN where a day has no case or no control.
    """
    order = np.argsort(outcome.days, kind="stable")
    log_risk, outcome, weights = log_risk[order], outcome[order], weights[:, order]
    cases = np.flatnonzero(outcome.event)
    won = wins(log_risk[cases, None] - log_risk)  # (cases, n)
    case_weights = weights[:, cases] * censoring.inverse(outcome.days[cases])
    until = np.searchsorted(outcome.days[cases], days, side="right")
    after = np.searchsorted(outcome.days, days, side="right")
    auc = np.empty((len(weights), len(days)))
    for j, (last, first) in enumerate(zip(until, after, strict=True)):
        had_it, not_yet = case_weights[:, :last], weights[:, first:]
        score = np.einsum("bi,bi->b", had_it @ won[:last, first:], not_yet)
        auc[:, j] = ratio(score, had_it.sum(axis=1) * not_yet.sum(axis=1))
    return auc


def mean_auc(auc: np.ndarray, outcome: Outcome, weights: np.ndarray, days: np.ndarray) -> np.ndarray:
    """Mean of ``auc`` (b, k) over ``days`` (k,), each weighing the fall of the patients' Kaplan-Meier curve up to it: (b,).

    As in `lambert2016`. Days without a case or a control have no AUC and no weight.
    """
    survival = kaplan_meier(outcome, weights, days)
    falls = -np.diff(survival, axis=1, prepend=1.0) * np.isfinite(auc)
    return ratio((falls * np.nan_to_num(auc)).sum(axis=1), falls.sum(axis=1))
