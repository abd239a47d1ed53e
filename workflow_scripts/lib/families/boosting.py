"""Gradient boosting with the Cox loss, as a family: everything is fitted in closed form, so there is nothing left to train."""

from typing import Any

from workflow_scripts.lib.config.families.boosting import Config
from workflow_scripts.lib.training.data import FoldData
from workflow_scripts.lib.training.tabular import Fitted, fit_estimator_state
from workflow_scripts.lib.training.tabular import design_collate as collate
from workflow_scripts.lib.training.tabular import design_examples as examples

__all__ = ["Config", "collate", "examples", "fit_state", "model"]


def fit_state(train: FoldData, cfg: Config, seed: int) -> dict[str, Any]:
    """Design and estimator, fitted on the whole training fold."""
    return fit_estimator_state("boosting", train, cfg.model_dump(exclude={"family"}), seed)


def model(cfg: Config, state: dict[str, Any]) -> Fitted:
    """The fitted estimator."""
    return Fitted("boosting", state["arrays"])
