"""Real cohorts with a fitted Cox model, as the metrics meet them."""

from dataclasses import dataclass

import numpy as np
import pytest
from sksurv import datasets
from sksurv.column import encode_categorical, standardize
from sksurv.linear_model import CoxPHSurvivalAnalysis

from workflow_scripts.lib.survival.estimators import Prognosis
from workflow_scripts.lib.survival.metrics.bootstrap import multiplicities
from workflow_scripts.lib.survival.outcome import Outcome, TimeGrid


@dataclass(frozen=True)
class Example:
    """A model's answers to the test half of a cohort, its training half, and a grid that the test half outlasts."""

    train: Outcome
    outcome: Outcome
    said: Prognosis
    grid: TimeGrid

    def __len__(self) -> int:
        return len(self.outcome)

    def take(self, rows: np.ndarray) -> "Example":
        return Example(self.train, self.outcome[rows], self.said.take(rows), self.grid)


def load(name: str) -> Example:
    columns, y = {"gbsg2": datasets.load_gbsg2, "aids": datasets.load_aids, "whas500": datasets.load_whas500}[name.removesuffix(" tied")]()
    event, days = (y[field] for field in y.dtype.names)
    step = 30.0 if name.endswith("tied") else 1.0
    outcome = Outcome(np.ceil(days.astype(float) / step) * step, event.astype(bool))
    design = encode_categorical(standardize(columns)).to_numpy(dtype=float)
    design = design[:, design.std(axis=0) > 0]
    train, test = np.arange(0, len(outcome), 2), np.arange(1, len(outcome), 2)
    model = CoxPHSurvivalAnalysis(alpha=1.0).fit(design[train], outcome[train].structured())
    log_risk = model.predict(design[test])
    if name.endswith("tied"):
        log_risk = np.round(log_risk * 2) / 2
    inside = outcome[test].days[outcome[test].event]
    days = np.unique(np.quantile(inside, np.linspace(0.05, 0.9, 12)))
    baseline = model.cum_baseline_hazard_(np.minimum(days, model.unique_times_[-1]))
    survival = np.exp(-np.exp(log_risk)[:, None] * baseline)
    return Example(outcome[train], outcome[test], Prognosis(log_risk, survival), TimeGrid(np.r_[0.0, days]))


@pytest.fixture(scope="session", params=["gbsg2", "gbsg2 tied", "aids", "aids tied", "whas500"])
def example(request) -> Example:
    return load(request.param)


@pytest.fixture(scope="session")
def one() -> Example:
    return load("gbsg2 tied")


@pytest.fixture(scope="session")
def resamples(one) -> np.ndarray:
    """Multiplicities of a few resamples of ``one``."""
    return multiplicities(len(one), 4, 7)
