"""Simulation 3: does a model rank new patients better when it is trained again on the tokens whose attention grew? (`shi2026`)

Training patients alone fit the weights; validation patients say when to stop, and after how many steps gains were best measured; test
patients decide nothing. Which tokens of a patient are kept is told by that patient's own tokens and a model of other patients, so that it
can be done for test patients as well.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workflow_scripts.lib.attention.dynamics import seeds_of
from workflow_scripts.lib.attention.model import descend, new_models
from workflow_scripts.lib.attention.recovery import gain
from workflow_scripts.lib.attention.world import World, draw_world, kinds_of, lengthened, orthonormal, stacked
from workflow_scripts.lib.config.attention import AttentionConfig


def simulate_pruning(cfg: AttentionConfig, background: str, patches: np.ndarray, seed: int) -> pd.DataFrame:
    """Rows of the contract pruning, in worlds with this background; ``patches`` (p, d) serve those that are made of them."""
    rngs = [np.random.default_rng(own) for own in seeds_of(cfg, seed, "pruning", background)]
    world = stacked([pruning_world(rng, cfg, background, patches) for rng in rngs])
    seeds = seeds_of(cfg, seed, "model")
    full = fit(world, seeds, cfg)
    everything = np.broadcast_to(np.arange(cfg.tokens.tokens), world.tokens.shape[:-1])
    rows = _rows("all", [full], [everything], cfg)
    for arm, choices in choices_of(cfg, full.gains, seed).items():
        rows += _rows(arm, [fit(world.keeping(places), seeds, cfg) for places in choices], choices, cfg)
    return pd.DataFrame(rows)


def pruning_world(rng: np.random.Generator, cfg: AttentionConfig, background: str, patches: np.ndarray) -> World:
    """Training, validation and test patients, in this order: patterns of length 1 before a longer and diverse background.

    ``noise``: orthonormal patterns before Gaussian noise; ``patches_in_noise``: two patches before the same; ``patches``: before others.
    """
    patients, width = cfg.patients + cfg.pruning.validation + cfg.pruning.test, cfg.pruning.width
    if background == "noise":
        patterns, others = orthonormal(rng, 2, width), None
    else:
        rows = rng.permutation(len(patches))
        patterns, others = lengthened(patches[rows[:2]], 1), patches[rows[2:]]
    shape = (patients, cfg.tokens.irrelevant)
    drawn = others[rng.integers(0, len(others), shape)] if background == "patches" else rng.standard_normal((*shape, width))
    return draw_world(rng, cfg.tokens, patients, cfg.pruning.beta, patterns, lengthened(drawn, cfg.pruning.background))


@dataclass(frozen=True)
class Fit:
    """s trained models: C of test patients (s,) at the fixed step, and at the step ``stopped`` that was best on validation patients."""

    at_horizon: np.ndarray
    when_stopped: np.ndarray
    stopped: np.ndarray
    validation: np.ndarray  # (s,) C of validation patients at that step
    gains: list[np.ndarray]  # (s, n, t) of all patients' tokens, up to each of the horizons


def fit(world: World, seeds: list[int], cfg: AttentionConfig) -> Fit:
    """Train on the first patients, stop on the next, score the last."""
    asked, last = cfg.pruning, cfg.patients + cfg.pruning.validation
    train, valid, test = (world.patients(rows) for rows in (slice(cfg.patients), slice(cfg.patients, last), slice(last, None)))
    model, gains = new_models(seeds, asked.width, cfg.model), []
    before, best, best_c, stopped = model.received(world), model, np.full(len(seeds), -np.inf), np.zeros(len(seeds), dtype=int)
    for step in descend(model, train, asked.iterations, cfg.model.learning_rate):
        if step % asked.every == 0:
            c = model.concordance(valid)
            better = c > best_c
            best, best_c, stopped = best.updated(model, better), np.maximum(c, best_c), np.where(better, step, stopped)
        if step in asked.horizons:
            gains.append(gain(before, model.received(world)))
        if step == asked.horizons[0]:
            at_horizon = model.concordance(test)
    return Fit(at_horizon, best.concordance(test), stopped, best_c, gains)


def choices_of(cfg: AttentionConfig, gains: list[np.ndarray], seed: int) -> dict[str, list[np.ndarray]]:
    """By arm, the places of the tokens that may be kept, each (s, n, k): by the gains up to each horizon; as often at random; the truth."""
    keep, shape = cfg.pruning.keep, gains[0].shape
    rngs = [np.random.default_rng(own) for own in seeds_of(cfg, seed, "random tokens")]
    drawn = [np.stack([rng.random(shape[1:]) for rng in rngs]) for _ in gains]
    return {"pruned": [top(one, keep) for one in gains], "random": [top(one, keep) for one in drawn], "mask": [true_mask(cfg, shape[:-1])]}


def top(gains: np.ndarray, keep: int) -> np.ndarray:
    """The places of the ``keep`` tokens of each patient that gained most: (..., keep), from (..., t)."""
    return np.argsort(-gains, axis=-1, kind="stable")[..., :keep]


def true_mask(cfg: AttentionConfig, shape: tuple[int, ...]) -> np.ndarray:
    """The places of the relevant tokens of every patient of ``shape`` (s, n)."""
    return np.broadcast_to(np.flatnonzero(kinds_of(cfg.tokens) == 0), (*shape, cfg.tokens.relevant))


def _relevant_kept(places: np.ndarray, cfg: AttentionConfig) -> np.ndarray:
    """Of each patient's relevant tokens, which part is kept: mean over patients (s,)."""
    return (kinds_of(cfg.tokens)[places] == 0).sum(axis=-1).mean(axis=-1) / cfg.tokens.relevant


def _rows(arm: str, fits: list[Fit], choices: list[np.ndarray], cfg: AttentionConfig) -> list[dict]:
    """At the fixed step, of the first choice of tokens; when stopped, of the choice that is best on validation patients."""
    kept, first = [_relevant_kept(places, cfg) for places in choices], cfg.pruning.horizons[0]
    best = np.argmax([one.validation for one in fits], axis=0)

    def picked(values: list[np.ndarray]) -> np.ndarray:
        return np.stack(values)[best, np.arange(len(best))]

    stopped = (picked([one.when_stopped for one in fits]), picked([one.stopped for one in fits]), picked(kept))
    stops = {"horizon": (fits[0].at_horizon, np.full(len(best), first), kept[0]), "validation": stopped}
    return [
        {"seed": number, "arm": arm, "stop": stop, "iteration": int(step), "c": float(c), "relevant_kept": float(part)}
        for stop, found in stops.items()
        for number, (c, step, part) in enumerate(zip(*found, strict=True), 1)
    ]
