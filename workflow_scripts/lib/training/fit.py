"""Fitting any family on one fold."""

import math
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd

from workflow_scripts.lib.contracts.student import HISTORY
from workflow_scripts.lib.survival.seeds import derive_seed
from workflow_scripts.lib.training.bundle import Bundle, ask, fit_baselines
from workflow_scripts.lib.training.data import FoldData


def fit_family(
    family: ModuleType, data: FoldData, cfg: Any, seed: int, checkpoint: Path, stop_at: float = math.inf
) -> tuple[Bundle, pd.DataFrame]:
    """Fit ``family`` on the training fold of ``data``; returns the bundle and the training history.

    Test patients are taken out first, so that nothing below can see them. A family whose model has nothing to train, because
    its state was fitted in closed form, has an empty history.
    """
    train = data.only("train", "valid")
    state = family.fit_state(train, cfg, seed)
    model = family.model(cfg, state)
    history = pd.DataFrame(columns=[field.name for field in HISTORY.fields])
    if model.trainable:
        from workflow_scripts.lib.training.loop import Trainer  # torch, which the others do without

        shown = family.examples(train.only("train"), cfg, state)
        watched = family.examples(train.only("valid").own(), cfg, state)
        trainer = Trainer(model, family.collate, shown, watched, cfg, derive_seed(seed, "training"), checkpoint, stop_at)
        history = pd.DataFrame(trainer.run())
        del shown, watched, trainer  # gigabytes, where there are images
    said = ask(family, cfg, state, model, train)
    if hasattr(family, "settle"):  # what is chosen last, on validation patients
        state.update(family.settle(said, train))
        return Bundle(family, cfg, state, model, {}), history
    return Bundle(family, cfg, state, model, fit_baselines(said, train)), history
