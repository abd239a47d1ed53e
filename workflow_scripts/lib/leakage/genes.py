"""Leaks in the expression table: vectors that are the same, and columns that are no genes but the outcome."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from workflow_scripts.lib.leakage.evidence import Evidence
from workflow_scripts.lib.leakage.findings import Finding, counted
from workflow_scripts.lib.leakage.rows import vector_hashes
from workflow_scripts.lib.leakage.tabular import outcome_told
from workflow_scripts.lib.leakage.telling import panel_of
from workflow_scripts.lib.survival.outcome import Outcome

AREA, ORDER = 0.9, 0.6  # a gene is looked at when its AUC for the event, or its Spearman with the days of events, is beyond
AT_ONCE, MOST = 500, 20  # genes ranked at once; genes looked at


def identical_expression(evidence: Evidence) -> Iterator[Finding]:
    """Test patients whose expression vector is, number by number, a training patient's."""
    if "expression" not in evidence.modalities:
        return
    hashes = vector_hashes(evidence.modalities["expression"].values)
    apart = evidence.folds.twins_apart(hashes, evidence.positions("expression"))
    if apart:
        said = f"{counted(apart)} of the test folds have the expression vector of a training patient, number by number."
        remedy = "Find out whether these are the same patients or samples, and keep one of each."
        yield Finding("identical_expression", "expression", "error", apart, said, remedy)


def telling_genes(evidence: Evidence) -> Iterator[Finding]:
    """Columns of the expression table that alone tell the outcome, as follow-up times left in the matrix do."""
    if "expression" not in evidence.modalities:
        return
    expression, outcome = evidence.modalities["expression"], evidence.outcome[evidence.positions("expression")]
    panel = panel_of(outcome)
    if panel is None:
        return
    for gene in suspects(expression.values[panel.rows], panel.outcome):
        finding = outcome_told("gene", expression.genes[gene], pd.Series(expression.values[:, gene]), outcome, panel)
        yield from [finding] if finding else []


def suspects(values: np.ndarray, outcome: Outcome) -> np.ndarray:
    """The ``MOST`` most telling of the columns of ``values`` (n, g) that may tell the outcome, by ranks: cheap enough for every gene."""
    told = []
    for start in range(0, values.shape[1], AT_ONCE):
        ranks = _ranks(values[:, start : start + AT_ONCE])
        cases = outcome.event
        area = (ranks[cases].mean(axis=0) - ranks[~cases].mean(axis=0)) / len(cases)  # AUC - 1/2
        order = _correlation(_ranks(values[cases, start : start + AT_ONCE]), _ranks(outcome.days[cases, None]))
        told.append(np.maximum(np.abs(area) / (AREA - 0.5), np.abs(order) / ORDER))
    telling = np.concatenate(told)
    most = np.argsort(-telling, kind="stable")[:MOST]
    return most[telling[most] > 1]


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks (n, g) within each column, ties at their middle; what is missing is read as the column's mean."""
    from scipy.stats import rankdata

    known = np.isfinite(values)
    means = np.where(known, values, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return rankdata(np.where(known, values, means), axis=0)


def _correlation(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    first, second = (part - part.mean(axis=0) for part in (first, second))
    spread = np.sqrt((first**2).sum(axis=0) * (second**2).sum(axis=0))
    return (first * second).sum(axis=0) / np.maximum(spread, 1e-12)
