"""Simulation 3: does a model rank new patients better when it is trained again on the tokens whose attention grew? (`shi2026`)

Training patients alone fit the weights; validation patients say when to stop; test patients decide nothing. Which tokens of a patient are
kept is told by that patient's own tokens and a model of other patients, so that it can be done for test patients as well.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workflow_scripts.lib.attention.dynamics import seeds_of
from workflow_scripts.lib.attention.model import descend, new_models
from workflow_scripts.lib.attention.recovery import gain
from workflow_scripts.lib.attention.world import World, draw_world, kinds_of, lengthened, orthonormal, stacked
from workflow_scripts.lib.config.attention import AttentionConfig

ARMS = ("all", "pruned", "random", "mask")  # all tokens; top gains; as many at random; the relevant ones, as nobody knows them
BACKGROUNDS = ("noise", "patches_in_noise", "patches")


def simulate_pruning(cfg: AttentionConfig, background: str, patches: np.ndarray, seed: int) -> pd.DataFrame:
    """Rows of the contract pruning, in worlds with this background; ``patches`` (p, d) serve those that are made of them."""
    rngs = [np.random.default_rng(own) for own in seeds_of(cfg, seed, "pruning", background)]
    world = stacked([pruning_world(rng, cfg, background, patches) for rng in rngs])
    seeds = seeds_of(cfg, seed, "model")
    full = fit(world, seeds, cfg)
    kept = {"pruned": top(full.gain, cfg.pruning.keep), **_controls(cfg, seed, full.gain.shape)}
    fits = {"all": full} | {arm: fit(world.keeping(places), seeds, cfg) for arm, places in kept.items()}
    relevant = {"all": np.ones(cfg.seeds)} | {arm: _relevant_kept(places, cfg) for arm, places in kept.items()}
    return pd.DataFrame(row for arm in ARMS for row in _rows(arm, fits[arm], relevant[arm], cfg.pruning.horizon))


def pruning_world(rng: np.random.Generator, cfg: AttentionConfig, background: str, patches: np.ndarray) -> World:
    """Training, validation and test patients, in this order; patterns of length 1 before a longer background that never repeats itself."""
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
    """s trained models: test C (s,) at the horizon and at the step ``stopped`` (s,) that validation picked, and gains up to the horizon."""

    c_at_horizon: np.ndarray
    c_when_stopped: np.ndarray
    stopped: np.ndarray
    gain: np.ndarray  # (s, n, t), of all patients


def fit(world: World, seeds: list[int], cfg: AttentionConfig) -> Fit:
    """Train on the first patients, stop on the next, score the last."""
    asked, last = cfg.pruning, cfg.patients + cfg.pruning.validation
    train, valid, test = (world.patients(rows) for rows in (slice(cfg.patients), slice(cfg.patients, last), slice(last, None)))
    model = new_models(seeds, asked.width, cfg.model)
    before, best, best_c, stopped = model.received(world), model, np.full(len(seeds), -np.inf), np.zeros(len(seeds), dtype=int)
    for step in _measured(descend(model, train, asked.iterations, cfg.model.learning_rate), asked.every):
        c = model.concordance(valid)
        better = c > best_c
        best, best_c, stopped = best.updated(model, better), np.maximum(c, best_c), np.where(better, step, stopped)
        if step == asked.horizon:
            at_horizon, grown = model.concordance(test), gain(before, model.received(world))
    return Fit(at_horizon, best.concordance(test), stopped, grown)


def _measured(steps: Iterator[int], every: int) -> Iterator[int]:
    return (step for step in steps if step % every == 0)


def top(gains: np.ndarray, keep: int) -> np.ndarray:
    """The places of the ``keep`` tokens of each patient that gained most: (..., keep), from (..., t)."""
    return np.argsort(-gains, axis=-1, kind="stable")[..., :keep]


def _controls(cfg: AttentionConfig, seed: int, shape: tuple[int, ...]) -> dict[str, np.ndarray]:
    """As many tokens at random in every patient, and the relevant ones."""
    drawn = [np.random.default_rng(own).random(shape[1:]) for own in seeds_of(cfg, seed, "random tokens")]
    return {"random": top(np.stack(drawn), cfg.pruning.keep), "mask": true_mask(cfg, shape[:-1])}


def true_mask(cfg: AttentionConfig, shape: tuple[int, ...]) -> np.ndarray:
    """The places of the relevant tokens of every patient of ``shape`` (s, n)."""
    return np.broadcast_to(np.flatnonzero(kinds_of(cfg.tokens) == 0), (*shape, cfg.tokens.relevant))


def _relevant_kept(places: np.ndarray, cfg: AttentionConfig) -> np.ndarray:
    """Of each patient's relevant tokens, which part is kept: mean over patients (s,)."""
    return (kinds_of(cfg.tokens)[places] == 0).sum(axis=-1).mean(axis=-1) / cfg.tokens.relevant


def _rows(arm: str, found: Fit, relevant: np.ndarray, horizon: int) -> list[dict]:
    stops = {"horizon": (found.c_at_horizon, np.full(len(relevant), horizon)), "validation": (found.c_when_stopped, found.stopped)}
    return [
        {"seed": number + 1, "arm": arm, "stop": stop, "iteration": int(steps[number]), "c": float(c[number]), "relevant_kept": float(part)}
        for stop, (c, steps) in stops.items()
        for number, part in enumerate(relevant)
    ]
