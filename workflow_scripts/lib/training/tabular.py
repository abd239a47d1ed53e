"""Blocks shared by the families that read covariates through a design matrix."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from workflow_scripts.lib.survival.design import Design, fit_design
from workflow_scripts.lib.survival.estimators import FITTERS, Arrays, predict
from workflow_scripts.lib.survival.seeds import derive_seed
from workflow_scripts.lib.training.data import Answer, Batch, Examples, FoldData


def design_state(data: FoldData) -> dict[str, Any]:
    """The design fitted on the covariates of ``data``, as plain data."""
    return asdict(fit_design(data.cohort.values))


def fit_estimator_state(name: str, data: FoldData, settings: dict[str, Any], seed: int) -> dict[str, Any]:
    """Design and arrays of the estimator ``name``, fitted on every patient of the training fold."""
    design = fit_design(data.cohort.values)
    columns = design.transform(data.cohort.values)
    arrays = FITTERS[name](columns, data.cohort.outcome, data.grid.days, **settings, seed=derive_seed(seed, name))
    return {"design": asdict(design), "arrays": arrays}


def design_examples(data: FoldData, cfg: Any, state: dict[str, Any]) -> Examples:
    """One example per patient: its row of the design matrix, with its outcome."""
    columns = Design(**state["design"]).transform(data.cohort.values)
    outcome = data.cohort.outcome
    arrays = {"design": columns, "days": outcome.days, "event": outcome.event}
    return Examples(arrays, np.ones(len(columns), dtype=int), np.arange(len(columns)))


def design_collate(examples: Examples, rows: np.ndarray) -> Batch:
    """The patients at positions ``rows`` (n,): inputs design (n, p), targets days and event (n,)."""
    arrays = {name: values[rows] for name, values in examples.arrays.items()}
    return Batch({"design": arrays["design"]}, {"days": arrays["days"], "event": arrays["event"]})


class Fitted:
    """An estimator that was fitted in closed form: its arrays are the family's state, and nothing is left to train."""

    trainable = False

    def __init__(self, name: str, arrays: Arrays) -> None:
        self.name, self.arrays = name, arrays

    def respond(self, batch: Batch) -> dict[str, Answer]:
        """The estimator's log-risk and curves."""
        said = predict(self.name, self.arrays, batch.inputs["design"])
        return {"risk": Answer(said.log_risk, said.survival)}

    def place(self, cfg: Any) -> None:
        """Nothing to move."""

    def save(self, folder: Path) -> None:
        """Nothing to write: the arrays are in the state."""

    def load(self, folder: Path) -> None:
        """Nothing to read: the arrays are in the state."""
