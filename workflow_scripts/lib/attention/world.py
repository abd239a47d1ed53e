"""Worlds of tokens: patients who are bags of noisy patterns, some of which carry the hazard (`shi2026`, `li2023`).

In every patient one of the two patterns that matter, harmful or protective, is dominant: its tokens are the *relevant* ones. The few tokens
of the other pattern are *confusion*: they look as if they mattered. All others are background, *irrelevant*. Tokens stand in this order in
every patient; no model here can see it, for the order of tokens changes none of its answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from workflow_scripts.lib.config.attention import TokensConfig
from workflow_scripts.lib.survival.metrics.concordance import harrell_c
from workflow_scripts.lib.survival.outcome import Outcome

KINDS = ("relevant", "confusion", "irrelevant")


@dataclass(frozen=True)
class World:
    """n patients of t tokens, of d numbers each; with a leading s where s worlds of the same size are stacked."""

    tokens: np.ndarray  # (..., n, t, d) float32
    log_hazard: np.ndarray  # (..., n)
    days: np.ndarray  # (..., n)
    event: np.ndarray  # (..., n) bool

    def patients(self, rows: slice) -> World:
        """These patients."""
        return World(self.tokens[..., rows, :, :], self.log_hazard[..., rows], self.days[..., rows], self.event[..., rows])

    def keeping(self, kept: np.ndarray) -> World:
        """The same patients with only the tokens at the places ``kept`` (..., n, k)."""
        return World(np.take_along_axis(self.tokens, kept[..., None], -2), self.log_hazard, self.days, self.event)

    def concordance(self, log_risk: np.ndarray) -> np.ndarray:
        """Harrell's C of ``log_risk`` (s, n) in each of s stacked worlds: (s,)."""
        everybody = np.ones((1, log_risk.shape[-1]))
        parts = zip(log_risk, self.days, self.event, strict=True)
        return np.array([harrell_c(risk, Outcome(days, event), everybody)[0] for risk, days, event in parts])


def stacked(worlds: Sequence[World]) -> World:
    """s worlds of the same size as one."""
    return World(*(np.stack([getattr(world, field.name) for world in worlds]) for field in fields(World)))


def kinds_of(cfg: TokensConfig) -> np.ndarray:
    """The kind of every token (t,), as places in KINDS."""
    return np.repeat(range(len(KINDS)), [cfg.relevant, cfg.confusion, cfg.irrelevant])


def orthonormal(rng: np.random.Generator, count: int, width: int) -> np.ndarray:
    """``count`` patterns of length 1, at right angles to each other and turned at random: (count, width)."""
    return np.linalg.qr(rng.standard_normal((width, count)))[0].T


def lengthened(vectors: np.ndarray, length: float) -> np.ndarray:
    """``vectors`` (..., d), each brought to this length."""
    return length * vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def copies(rng: np.random.Generator, patterns: np.ndarray, noise: float) -> np.ndarray:
    """``patterns`` (..., d), each moved by a step of the length ``noise`` in a direction of its own."""
    return patterns + lengthened(rng.standard_normal(patterns.shape), noise)


def draw_world(
    rng: np.random.Generator, cfg: TokensConfig, patients: int, beta: float, patterns: np.ndarray, background: np.ndarray
) -> World:
    """Patients whose log-hazard is ``beta`` where the harmful pattern is dominant, in half of them, and -``beta`` in the others.

    ``patterns`` (2, d) are the harmful and the protective one; ``background`` (n, irrelevant, d) are the patients' other tokens.
    """
    dominant = rng.permutation(np.arange(patients) % 2)
    relevant = np.repeat(patterns[dominant][:, None], cfg.relevant, axis=1)
    confusion = np.repeat(patterns[1 - dominant][:, None], cfg.confusion, axis=1)
    tokens = np.concatenate([copies(rng, np.concatenate([relevant, confusion], axis=1), cfg.noise), background], axis=1)
    log_hazard = np.where(dominant == 0, beta, -beta)
    return World(tokens.astype(np.float32), log_hazard, *follow(rng, log_hazard, cfg.censored))


def pattern_world(rng: np.random.Generator, cfg: TokensConfig, patients: int, beta: float, count: int) -> World:
    """A world of ``count`` orthonormal patterns in as many dimensions: two matter, the background is of copies of the others."""
    patterns = orthonormal(rng, count, count)
    chosen = rng.integers(2, count, (patients, cfg.irrelevant))
    return draw_world(rng, cfg, patients, beta, patterns[:2], copies(rng, patterns[chosen], cfg.noise))


def follow(rng: np.random.Generator, log_hazard: np.ndarray, censored: float) -> tuple[np.ndarray, np.ndarray]:
    """Days and events (n,) with these log-hazards (n,), of two values, of which the expected fraction ``censored`` is cut short.

    Times of event and of censoring are exponential, and censoring knows nothing of the patient. At a rate r it comes first in r/(r + a) of
    the patients of hazard a and in r/(r + b) of those of hazard b: where the mean of both is ``censored``, r is the root of a quadratic.
    """
    a, b = np.exp(log_hazard.min()), np.exp(log_hazard.max())
    square, linear, constant = 2 * (1 - censored), (1 - 2 * censored) * (a + b), -2 * censored * a * b
    rate = (np.sqrt(linear**2 - 4 * square * constant) - linear) / (2 * square)
    until_event = rng.standard_exponential(len(log_hazard)) / np.exp(log_hazard)
    until_left = rng.standard_exponential(len(log_hazard)) / rate
    return np.maximum(np.minimum(until_event, until_left), np.finfo(float).tiny), until_event <= until_left
