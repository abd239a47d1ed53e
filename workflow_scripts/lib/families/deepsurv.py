"""DeepSurv (`katzman2018`): a small multilayer perceptron trained on the Cox likelihood, stopped early."""

from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import nn

from workflow_scripts.lib.config.families.deepsurv import Config
from workflow_scripts.lib.survival.design import Design
from workflow_scripts.lib.training.data import Batch, Examples, FoldData, Prediction
from workflow_scripts.lib.training.module import SurvivalModule
from workflow_scripts.lib.training.tabular import design_collate, design_state
from workflow_scripts.lib.training.tabular import design_examples as examples

__all__ = ["Config", "collate", "examples", "fit_state", "model"]


class DeepSurv(SurvivalModule):
    """Design matrix (n, p) → log-risk (n,)."""

    def __init__(self, columns: int, cfg: Config) -> None:
        super().__init__()
        widths = [columns, *[cfg.width] * cfg.depth]
        hidden = [block for a, b in pairwise(widths) for block in (nn.Linear(a, b), nn.SELU(), nn.Dropout(cfg.dropout))]
        self.layers = nn.Sequential(*hidden)
        self.head = nn.Linear(cfg.width, 1, bias=False)

    def forward(self, batch: Batch) -> Prediction:
        """The log-risk (n,)."""
        return Prediction(log_risk=self.head(self.layers(batch.inputs["design"].to(torch.float32))).squeeze(1))


def fit_state(train: FoldData, cfg: Config, seed: int) -> dict[str, Any]:
    """The design, fitted on the training patients; validation patients stay out, they stop the training."""
    return {"design": design_state(train.only("train")), "seed": seed}


def collate(examples: Examples, rows: np.ndarray) -> Batch:
    """The patients at positions ``rows`` (n,) as tensors."""
    found = design_collate(examples, rows)
    return Batch(*({name: torch.from_numpy(values) for name, values in part.items()} for part in (found.inputs, found.targets)))


def model(cfg: Config, state: dict[str, Any]) -> DeepSurv:
    """A fresh network of the width that the design asks for, the same at every call."""
    torch.manual_seed(state["seed"])
    return DeepSurv(len(Design(**state["design"]).columns), cfg)
