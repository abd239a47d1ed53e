"""Answers to draw, without files: folds of a few patients whose risks and outcomes are given."""

from collections.abc import Sequence

import numpy as np

from workflow_scripts.lib.evaluate.answers import Answers, Fold
from workflow_scripts.lib.evaluate.shown import Shown
from workflow_scripts.lib.survival.estimators import Prognosis
from workflow_scripts.lib.survival.metrics.kaplan_meier import fit_censoring
from workflow_scripts.lib.survival.outcome import Outcome, TimeGrid

GRID = TimeGrid(np.array([0.0, 100, 200, 400, 800]))


def outcome_of(n: int, seed: int = 1) -> Outcome:
    rng = np.random.default_rng(seed)
    days, stops = rng.exponential(400, n), rng.uniform(50, 1200, n)
    return Outcome(np.ceil(np.minimum(days, stops)), days <= stops)


def folds_of(outcome: Outcome, folds: int = 2) -> list[Fold]:
    parts = np.array_split(np.arange(len(outcome)), folds)
    return [Fold(f"r1f{number}", GRID, fit_censoring(outcome), rows, outcome[rows]) for number, rows in enumerate(parts, 1)]


def said(fold: Fold, log_risk: Sequence[float], parsed: np.ndarray | None = None) -> Answers:
    """One output's answers in a fold, with proportional curves; ``log_risk`` of those who were answered."""
    risk = np.asarray(log_risk, dtype=float)
    curves = np.exp(-np.exp(risk)[:, None] * GRID.days / 600)
    return Answers(fold, "risk", np.ones(len(fold.rows), dtype=bool) if parsed is None else parsed, Prognosis(risk, curves))


def shown_of(risks: dict[str, np.ndarray], outcome: Outcome, folds: int = 2) -> Shown:
    """By name, the log-risks (n,) of all patients, cut into folds."""
    cut = folds_of(outcome, folds)
    return Shown(outcome, cut, {name: [said(fold, risk[fold.rows]) for fold in cut] for name, risk in risks.items()})
