"""Ridge Cox regression on several modalities, each as few columns, as a family: the baseline of those that read text and genes."""

from typing import Any

import numpy as np

from workflow_scripts.lib.config.families.cox_multimodal import Config
from workflow_scripts.lib.survival.estimators import FITTERS
from workflow_scripts.lib.survival.seeds import derive_seed
from workflow_scripts.lib.training.data import Examples, FoldData
from workflow_scripts.lib.training.modalities import columns_of, fit_columns, nothing_to_learn_from
from workflow_scripts.lib.training.tabular import Fitted
from workflow_scripts.lib.training.tabular import design_collate as collate

__all__ = ["Config", "collate", "examples", "fit_state", "model"]


def fit_state(train: FoldData, cfg: Config, seed: int) -> dict[str, Any]:
    """Columns and estimator, fitted on the whole training fold."""
    state = fit_columns(train, cfg.modalities, cfg)
    if not state["columns"]:
        raise nothing_to_learn_from(cfg.modalities, train)
    columns, chosen = columns_of(train, state), cfg.model_dump(include={"penalties", "inner_folds"})
    fitted = FITTERS["cox"](columns, train.cohort.outcome, train.grid.days, **chosen, seed=derive_seed(seed, "cox"))
    return {**state, "arrays": state["arrays"] | fitted}


def examples(data: FoldData, cfg: Config, state: dict[str, Any]) -> Examples:
    """One example per patient: the columns of all modalities, with the outcome."""
    outcome, columns = data.cohort.outcome, columns_of(data, state)
    arrays = {"design": columns, "days": outcome.days, "event": outcome.event}
    return Examples(arrays, np.ones(len(columns), dtype=int), np.arange(len(columns)))


def model(cfg: Config, state: dict[str, Any]) -> Fitted:
    """The fitted estimator."""
    return Fitted("cox", state["arrays"])
