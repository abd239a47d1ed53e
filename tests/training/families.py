"""A family small enough to see through: log-risk linear in two columns, with dropout, and a loop around it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from workflow_scripts.lib.config.training import TrainingConfig
from workflow_scripts.lib.training.data import Batch, Examples, Prediction
from workflow_scripts.lib.training.loop import Trainer
from workflow_scripts.lib.training.module import SurvivalModule


class Killed(Exception):
    """What a scheduler does to a job."""


class Small(SurvivalModule):
    """Two columns → log-risk, and logits of one token out of three; dies after ``lives`` training steps."""

    def __init__(self, lives: float = np.inf) -> None:
        super().__init__()
        torch.manual_seed(11)
        self.layers = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Dropout(0.3), nn.Linear(8, 4))
        self.lives = lives

    def forward(self, batch: Batch) -> Prediction:
        """Column 0 of what comes out is the log-risk, the others are logits."""
        if self.training:
            if self.lives <= 0:
                raise Killed
            self.lives -= 1
        out = self.layers(batch.inputs["design"])
        return Prediction(out[:, 0], out[:, 1:])


def collate(examples: Examples, rows: np.ndarray) -> Batch:
    """Design as input, everything else as targets."""
    arrays = {name: torch.from_numpy(value[rows]) for name, value in examples.arrays.items()}
    return Batch({"design": arrays.pop("design")}, arrays)


def some(n: int, seed: int) -> Examples:
    """``n`` examples whose first column carries the hazard and decides the token."""
    rng = np.random.default_rng(seed)
    design = rng.normal(size=(n, 2)).astype(np.float32)
    days = rng.exponential(np.exp(-design[:, 0]))
    tokens = (design[:, 0] > 0).astype(np.int64)
    return Examples({"design": design, "days": days, "event": rng.random(n) < 0.7, "tokens": tokens}, np.ones(n, dtype=int), np.arange(n))


@dataclass
class Run:
    """A training run that can be killed, and run again from where it was."""

    checkpoint: Path
    settings: dict[str, Any]
    seed: int = 1
    stop_at: float = np.inf

    def trainer(self, model: SurvivalModule) -> Trainer:
        """A trainer of ``model`` with small settings."""
        plain = {"objective": {"cox": 1.0}, "steps": 20, "batch_size": 16, "learning_rate": 0.02, "validate_every": 3, "patience": 100}
        cfg = TrainingConfig(**{**plain, "checkpoint_every": 4, "device": "cpu", **self.settings})
        return Trainer(model, collate, some(70, 1), some(30, 2), cfg, self.seed, self.checkpoint, self.stop_at)
