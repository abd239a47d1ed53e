"""What a fitted model says of its patients from few of their patches, and what that costs."""

from collections.abc import Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workflow_scripts.lib.training.batches import in_order
from workflow_scripts.lib.training.bundle import ROWS_AT_ONCE
from workflow_scripts.lib.training.data import FoldData

if TYPE_CHECKING:
    from workflow_scripts.lib.training.module import SurvivalModule

ATTENTION, RANDOM = "attention", "random"
FLOPS_PER_MULTIPLY_ADD = 2


def pruned_risks(family: ModuleType, cfg: Any, state: dict[str, Any], model: "SurvivalModule", data: FoldData, seed: int) -> pd.DataFrame:
    """Rows of the pruned_risks contract, of the patients of ``data`` who have an image: all patches, half of them, a quarter, … one.

    By each view's attention to its patches, and beside it by numbers drawn with ``seed``, the same at every k, so that the fewer are
    among the more.
    """
    from torch.utils.flop_counter import FlopCounterMode  # here, for torch is slow to load

    examples, rng = family.examples(data.own(), cfg, state), np.random.default_rng(seed)
    ids = data.roles["patient_id"].to_numpy()
    rows = []
    for part in in_order(examples.lengths, min(ROWS_AT_ONCE, cfg.batch_size)):
        batch = family.collate(examples, part)
        found = model.explain(batch)
        if not len(found.rows):
            continue
        patients = ids[examples.patient[part][found.rows]]
        drawn = {view: rng.random(values.shape) for view, values in found.attention.items()}
        for choice, scores in ((ATTENTION, found.attention), (RANDOM, drawn)):
            for keep in halves(next(iter(scores.values())).shape[1]):
                with FlopCounterMode(display=False) as counter:
                    log_risk = model.pruned(batch, scores, keep)
                cost = counter.get_total_flops() / FLOPS_PER_MULTIPLY_ADD / len(patients)
                own = {"patient_id": patients, "choice": choice, "kept": keep, "log_risk": log_risk, "multiply_adds": cost}
                rows.append(pd.DataFrame(own))
    return pd.concat(rows)


def halves(patches: int) -> Iterator[int]:
    """All ``patches``, half of them, and so on down to one."""
    while patches:
        yield patches
        patches //= 2
