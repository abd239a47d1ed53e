"""What a fitted model says of its patients from few of their patches, and what that costs."""

from collections.abc import Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workflow_scripts.lib.contracts.explanations import PRUNED_RISKS
from workflow_scripts.lib.training.batches import in_order
from workflow_scripts.lib.training.bundle import ROWS_AT_ONCE
from workflow_scripts.lib.training.data import FoldData

if TYPE_CHECKING:
    from workflow_scripts.lib.training.module import SurvivalModule

ATTENTION, RANDOM = "attention", "random"
FLOPS_PER_MULTIPLY_ADD = 2


def pruned_risks(family: ModuleType, cfg: Any, state: dict[str, Any], model: "SurvivalModule", data: FoldData, seed: int) -> pd.DataFrame:
    """Rows of the pruned_risks contract, of the patients of ``data`` who have an image: all patches, half of them, a quarter, … one.

    Each view keeps those that it attends to most; beside it all views keep the same ones, drawn with ``seed``, the fewer among the more.
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
        drawn = dict.fromkeys(found.attention, rng.random(next(iter(found.attention.values())).shape))
        for choice, scores in ((ATTENTION, found.attention), (RANDOM, drawn)):
            for keep in halves(next(iter(scores.values())).shape[1]):
                kept = {view: best(values, keep) for view, values in scores.items()}
                with FlopCounterMode(display=False) as counter:
                    log_risk = model.pruned(batch, kept)
                cost = counter.get_total_flops() / FLOPS_PER_MULTIPLY_ADD / len(patients)
                distinct = [len(set(own)) for own in np.concatenate(list(kept.values()), axis=1).tolist()]
                own = {"patient_id": patients, "choice": choice, "kept": keep, "distinct": distinct, "log_risk": log_risk}
                rows.append(pd.DataFrame({**own, "multiply_adds": cost}))
    return pd.concat(rows) if rows else pd.DataFrame(columns=PRUNED_RISKS.schema().names)


def best(scores: np.ndarray, keep: int) -> np.ndarray:
    """Which ``keep`` patches have the highest ``scores`` (m, p): (m, keep), the first of equals."""
    return np.argsort(-scores, axis=1, kind="stable")[:, :keep]


def halves(patches: int) -> Iterator[int]:
    """All ``patches``, half of them, and so on down to one."""
    while patches:
        yield patches
        patches //= 2
