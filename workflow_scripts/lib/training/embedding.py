"""Where a model's last layer puts each patient."""

from types import ModuleType
from typing import Any

import numpy as np
import torch

from workflow_scripts.lib.training.batches import in_order
from workflow_scripts.lib.training.bundle import ROWS_AT_ONCE
from workflow_scripts.lib.training.data import FoldData
from workflow_scripts.lib.training.module import SurvivalModule


def embed(family: ModuleType, cfg: Any, state: dict[str, Any], model: SurvivalModule, data: FoldData) -> np.ndarray:
    """The model's hidden state for each patient of ``data``, from the patient's own example, in the order of ``data``: (n, d)."""
    model.eval()
    device = next((p.device for p in model.parameters()), torch.device("cpu"))
    examples = family.examples(data.own(), cfg, state)
    rows = list(in_order(examples.lengths, ROWS_AT_ONCE))
    states = np.concatenate([model.embed(family.collate(examples, part).to(device)) for part in rows])
    return states[np.argsort(examples.patient[np.concatenate(rows)])]
