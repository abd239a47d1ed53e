"""Several modalities as one design matrix, fitted on training patients; no torch."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.modalities.latents import KINDS, fit_latents, latents_of
from workflow_scripts.lib.survival.design import Design, fit_design
from workflow_scripts.lib.training.data import FoldData


def fit_columns(train: FoldData, names: Sequence[str], cfg: Any) -> dict[str, Any]:
    """State of the design matrix of the modalities ``names``: covariates as they are, of the others the latents.

    A modality that only some training patients have gets an indicator column of its absence.
    """
    values = train.cohort.values if "covariates" in names else train.cohort.values[[]]
    state = fit_latents(train.tables, [name for name in KINDS if name in names], cfg)
    found = latents_of(state, train.tables, train.roles["patient_id"])
    state |= {"design": asdict(fit_design(values)), "flagged": [name for name, latents in found.items() if not latents.present.all()]}
    return state | {"columns": columns_of(train, state).shape[1]}


def nothing_to_learn_from(names: Iterable[str], train: FoldData) -> StageRefusal:
    """What to raise where the modalities ``names`` left neither a column nor a text."""
    return StageRefusal(
        f"of {', '.join(names)} nothing varies among {len(train.roles)} training patients; read more, or leave the family out"
    )


def columns_of(data: FoldData, state: dict[str, Any]) -> np.ndarray:
    """The design matrix (n, p) of all modalities that ``fit_columns`` fitted."""
    found = latents_of(state, data.tables, data.roles["patient_id"])
    absent = [~found[name].present[:, None] for name in state["flagged"]]
    parts = [Design(**state["design"]).transform(data.cohort.values), *(latents.values for latents in found.values()), *absent]
    return np.hstack(parts).astype(np.float64)
