"""What a family is given, and what it hands back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workflow_scripts.lib.contracts.ingest import Cohort
from workflow_scripts.lib.survival.outcome import TimeGrid

if TYPE_CHECKING:  # half of a short job would be the import: families fitted in closed form need no tensors
    import torch


@dataclass(frozen=True)
class FoldData:
    """One fold's patients with everything known of them; rows of ``roles`` and of ``cohort`` go together.

    ``tables`` are the further tables that the family asked for, restricted to these patients.
    """

    fold: str
    cohort: Cohort
    roles: pd.DataFrame
    grid: TimeGrid
    tables: dict[str, pd.DataFrame]

    def only(self, *roles: str) -> FoldData:
        """The same for patients of these roles: how fitting is kept from ever seeing a test patient."""
        kept = self.roles[self.roles["role"].isin(roles)].reset_index(drop=True)
        tables = {name: rows[rows["patient_id"].isin(set(kept["patient_id"]))] for name, rows in self.tables.items()}
        return FoldData(self.fold, self.cohort.take(kept["patient_id"]), kept, self.grid, tables)

    def own(self) -> FoldData:
        """The same without augmented copies: what is known of each patient, once."""
        tables = {name: rows[rows["copy"] == 0] if "copy" in rows else rows for name, rows in self.tables.items()}
        return replace(self, tables=tables)


@dataclass(frozen=True)
class Examples:
    """m examples as ``arrays``, of m rows each or flat with rows found through offsets: the family alone knows.

    ``lengths`` (m,) is what batches are bucketed by; ``patient`` (m,) is the row of the patient in FoldData.
    """

    arrays: dict[str, np.ndarray]
    lengths: np.ndarray
    patient: np.ndarray

    def __len__(self) -> int:
        return len(self.lengths)


@dataclass(frozen=True)
class Batch:
    """``inputs`` for the model, whose keys the family alone knows, and the ``targets`` that losses compare with.

    Tensors for what is trained by gradient descent, arrays for what is fitted in closed form. ``part`` of all patients that one training
    step sees are in it, where it is less than all.
    """

    inputs: dict[str, torch.Tensor | np.ndarray]
    targets: dict[str, torch.Tensor | np.ndarray]
    part: float = 1.0

    def to(self, device: torch.device) -> Batch:
        """The same batch on ``device``."""
        return Batch({k: v.to(device) for k, v in self.inputs.items()}, {k: v.to(device) for k, v in self.targets.items()}, self.part)


@dataclass(frozen=True)
class Prediction:
    """What a forward pass says: a ``log_risk`` (n,), ``token_logits`` (tokens with a target, vocabulary), ``form`` (tokens with a target),
    the cross-entropy of writing a number where one stands and zero elsewhere, two ``views`` of the patients who have both, each (m, d),
    unit vectors over the root of a temperature, or ``hazard_logits`` (n, k) of the time grid's intervals."""

    log_risk: torch.Tensor | None = None
    token_logits: torch.Tensor | None = None
    form: torch.Tensor | None = None
    views: tuple[torch.Tensor, torch.Tensor] | None = None
    hazard_logits: torch.Tensor | None = None


@dataclass(frozen=True)
class Answer:
    """One output for n patients: ``log_risk`` (n,), NaN where it could not be read; ``survival`` (n, k) if the model
    states curves itself; ``text`` if it writes."""

    log_risk: np.ndarray
    survival: np.ndarray | None = None
    text: list[str] | None = None
