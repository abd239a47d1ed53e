"""Cox regression: partial likelihood, Breslow's baseline, and curves on a time grid."""

import numpy as np

from workflow_scripts.lib.survival.outcome import Outcome


def partial_log_likelihood(log_risk: np.ndarray, outcome: Outcome) -> float:
    """Breslow's partial log-likelihood, summed over events; unmoved by a constant shift of ``log_risk`` (n,)."""
    at_risk = _log_risk_sets(log_risk, outcome.days, outcome.days)
    return float((log_risk - at_risk)[outcome.event].sum())


def breslow(log_risk: np.ndarray, outcome: Outcome, days: np.ndarray) -> np.ndarray:
    """Breslow's cumulative baseline hazard at ``days`` (k,), for log-risks (n,) of training patients (`breslow1974`).

    A curve for a patient with log-risk r is exp(-H(day) exp(r)).
    """
    times, events = np.unique(outcome.days[outcome.event], return_counts=True)
    steps = np.cumsum(events * np.exp(-_log_risk_sets(log_risk, outcome.days, times)))
    return np.concatenate([[0.0], steps])[np.searchsorted(times, days, side="right")]


def proportional_curves(log_risk: np.ndarray, baseline: np.ndarray) -> np.ndarray:
    """Survival (n, k) under proportional hazards, from log-risks (n,) and a cumulative baseline hazard (k,)."""
    return np.exp(-np.exp(np.clip(log_risk, -50, 50))[:, None] * baseline)


def _log_risk_sets(log_risk: np.ndarray, days: np.ndarray, times: np.ndarray) -> np.ndarray:
    """For each of ``times`` (q,), the log of the summed risk of patients still under observation: (q,)."""
    order = np.argsort(-days, kind="stable")
    summed = np.logaddexp.accumulate(log_risk[order])
    last = np.searchsorted(-days[order], -times, side="right") - 1
    return summed[last]
