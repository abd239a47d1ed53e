"""Simulation 1: where attention goes while the model trains, on all patients at once and in mini-batches (`shi2026`)."""

import numpy as np
import pandas as pd

from workflow_scripts.lib.attention.model import descend, new_models
from workflow_scripts.lib.attention.world import KINDS, World, kinds_of, pattern_world, stacked
from workflow_scripts.lib.config.attention import AttentionConfig, TokensConfig
from workflow_scripts.lib.survival.seeds import derive_seed

BATCHES = ("full", "mini")


def simulate_dynamics(cfg: AttentionConfig, seed: int) -> pd.DataFrame:
    """Rows of the contract attention_mass: the same worlds and first weights for both ways to train."""
    world, steps = pattern_worlds(cfg, cfg.dynamics.beta, seed), cfg.dynamics.iterations
    rows = []
    for batch in BATCHES:
        model = new_models(seeds_of(cfg, seed, "model"), cfg.dynamics.patterns, cfg.model)
        batches = mini_batches(cfg, seed) if batch == "mini" else None
        for step in descend(model, world, steps, cfg.model.learning_rate, batches):
            if step % cfg.dynamics.every == 0:
                rows += _rows(masses(model.received(world), cfg.tokens), batch, step)
    return pd.DataFrame(rows)


def pattern_worlds(cfg: AttentionConfig, beta: float, seed: int) -> World:
    """A world of orthonormal patterns for each seed, stacked; another ``beta`` gives other hazards to the same tokens."""
    drawn = (np.random.default_rng(own) for own in seeds_of(cfg, seed, "world"))
    return stacked([pattern_world(rng, cfg.tokens, cfg.patients, beta, cfg.dynamics.patterns) for rng in drawn])


def seeds_of(cfg: AttentionConfig, seed: int, *words: str) -> list[int]:
    """A seed for each world, for what ``words`` name: the first ones stay the same when more are asked for."""
    return [derive_seed(seed, "attention", *words, number) for number in range(1, cfg.seeds + 1)]


def mini_batches(cfg: AttentionConfig, seed: int) -> np.ndarray:
    """The patients of each step, drawn anew without repeats, in each world: (s, steps, b)."""
    shape = (cfg.dynamics.iterations, cfg.patients)
    drawn = [np.random.default_rng(own).random(shape).argsort(axis=1) for own in seeds_of(cfg, seed, "batches")]
    return np.stack(drawn)[..., : cfg.dynamics.batch_size]


def masses(received: np.ndarray, cfg: TokensConfig) -> dict[str, np.ndarray]:
    """Of what tokens receive (s, n, t), how much goes to each kind, averaged over patients: by kind (s,); kinds sum to 1."""
    kind = kinds_of(cfg)
    return {name: received[..., kind == place].sum(axis=-1).mean(axis=-1) for place, name in enumerate(KINDS)}


def _rows(found: dict[str, np.ndarray], batch: str, step: int) -> list[dict]:
    return [
        {"seed": number, "batch": batch, "iteration": step, "kind": kind, "mass": float(mass)}
        for kind, values in found.items()
        for number, mass in enumerate(values, 1)
    ]
