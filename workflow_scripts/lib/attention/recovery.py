"""Simulation 2: are the tokens whose attention grew the ones that carry the hazard? (`shi2026`)"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from workflow_scripts.lib.attention.dynamics import pattern_worlds, seeds_of
from workflow_scripts.lib.attention.model import descend, new_models
from workflow_scripts.lib.attention.world import kinds_of
from workflow_scripts.lib.config.attention import AttentionConfig

SIGNALS = ("strong", "weak")
GRID = np.linspace(0, 1, 101)  # false-positive rates at which curves are stated


class Gains(NamedTuple):
    """Gains of attention of the tokens of one world: of the ``relevant`` ones and of the ``others``, confusion among them; flat."""

    relevant: np.ndarray
    others: np.ndarray


def simulate_recovery(cfg: AttentionConfig, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of the contracts recovery and roc, for the strong and the weak signal."""
    tables, curves = [], []
    for signal in SIGNALS:
        asked = getattr(cfg.recovery, signal)
        for number, gains in enumerate(gains_of_training(cfg, asked.beta, seed), 1):
            found = {"seed": number, "signal": signal}
            told = [{"threshold": threshold, **recovered(gains, threshold)} for threshold in asked.thresholds]
            tables += [{**found, **row, "auc": area(gains)} for row in told]
            sensitivities = sensitivity_at(gains, GRID)
            curves += [{**found, "fpr": rate, "sensitivity": value} for rate, value in zip(GRID, sensitivities, strict=True)]
    return pd.DataFrame(tables), pd.DataFrame(curves)


def gains_of_training(cfg: AttentionConfig, beta: float, seed: int) -> list[Gains]:
    """Train on all patients at once; the gains of each world."""
    world = pattern_worlds(cfg, beta, seed)
    model = new_models(seeds_of(cfg, seed, "model"), cfg.dynamics.patterns, cfg.model)
    before = model.received(world)
    list(descend(model, world, cfg.recovery.iterations, cfg.model.learning_rate))
    relevant, grown = kinds_of(cfg.tokens) == 0, gain(before, model.received(world))
    return [Gains(one[:, relevant].ravel(), one[:, ~relevant].ravel()) for one in grown]


def gain(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """What each token (..., t) receives more ``after`` than ``before``, in units of an even share, 1/t."""
    return after.shape[-1] * (after - before)


def recovered(gains: Gains, threshold: float) -> dict[str, float]:
    """Sensitivity: of relevant tokens, those with a gain above ``threshold``; specificity: of the others, those without."""
    return {"sensitivity": float((gains.relevant > threshold).mean()), "specificity": float((gains.others <= threshold).mean())}


def sensitivity_at(gains: Gains, rates: np.ndarray) -> np.ndarray:
    """The best sensitivity at these false-positive rates (r,): (r,)."""
    falling = np.append(-np.sort(-gains.others), -np.inf)
    allowed = np.floor(rates * len(gains.others) + 1e-9).astype(int)
    return (gains.relevant > falling[allowed][:, None]).mean(axis=1)


def area(gains: Gains) -> float:
    """Area under the ROC curve: how often a relevant token gained more than another one, ties counting one half (`hanley1982`)."""
    rising = np.sort(gains.others)
    below = np.searchsorted(rising, gains.relevant, "left") + np.searchsorted(rising, gains.relevant, "right")
    return float(below.mean() / (2 * len(rising)))
