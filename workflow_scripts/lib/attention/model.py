"""The shallow vision transformer of `shi2026`, after `li2023`: one head, no scaling by the width, no norms, nothing around them.

For a patient of tokens x_1 ... x_t the log-risk is

    F = (1/t) sum_l a' ReLU(W_O sum_j W_V x_j A[l, j]),  A[l, :] = softmax_j((W_K x_j)' (W_Q x_l)),

with output weights a fixed at 1/sqrt(m) and -1/sqrt(m), half each, shared by all tokens. One model per world and all of them at once: every
array has a leading s for the worlds, which never meet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from workflow_scripts.lib.attention.world import World
from workflow_scripts.lib.config.attention import ModelConfig
from workflow_scripts.lib.training.losses import cox_loss


@dataclass(frozen=True)
class ShallowTransformer:
    """s models: ``query``, ``key``, ``value`` (s, d, d) and ``output`` (s, m, d) are trained; ``signs`` (m,) are not."""

    query: torch.Tensor
    key: torch.Tensor
    value: torch.Tensor
    output: torch.Tensor
    signs: torch.Tensor

    @property
    def trained(self) -> tuple[torch.Tensor, ...]:
        """What gradient descent moves."""
        return self.query, self.key, self.value, self.output

    def attention(self, tokens: torch.Tensor) -> torch.Tensor:
        """What each token of ``tokens`` (s, n, t, d) pays to each: (s, n, t, t), rows (who pays) sum to 1."""
        asking = _projected(tokens, self.query.transpose(-1, -2) @ self.key)  # (s, n, t, d)
        return torch.softmax(asking @ tokens.transpose(-1, -2), dim=-1)

    def log_risk(self, tokens: torch.Tensor) -> torch.Tensor:
        """F of every patient: (s, n)."""
        seen = _projected(tokens, (self.output @ self.value).transpose(-1, -2))  # (s, n, t, m)
        return (torch.relu(self.attention(tokens) @ seen) @ self.signs).mean(dim=-1)

    @torch.no_grad()
    def received(self, world: World) -> np.ndarray:
        """Mean over the tokens that pay of what each token receives: (s, n, t), sums to 1 in every patient."""
        return self.attention(torch.from_numpy(world.tokens)).mean(dim=-2).numpy()

    @torch.no_grad()
    def concordance(self, world: World) -> np.ndarray:
        """Harrell's C of F in each world: (s,)."""
        return world.concordance(self.log_risk(torch.from_numpy(world.tokens)).double().numpy())

    @torch.no_grad()
    def updated(self, other: ShallowTransformer, which: np.ndarray) -> ShallowTransformer:
        """A copy with the weights of ``other`` in the worlds ``which`` (s,) bool."""
        chosen = torch.from_numpy(which)[:, None, None]
        return ShallowTransformer(*(torch.where(chosen, b, a) for a, b in zip(self.trained, other.trained, strict=True)), self.signs)


def new_models(seeds: Sequence[int], width: int, cfg: ModelConfig) -> ShallowTransformer:
    """One untrained model per seed: W_Q and W_K a multiple of I, W_V = I, W_O drawn."""
    drawn = [cfg.output_sd * np.random.default_rng(seed).standard_normal((cfg.hidden, width)) for seed in seeds]
    one = torch.eye(width).repeat(len(seeds), 1, 1)
    starts = (cfg.query_key * one, cfg.query_key * one, one, torch.tensor(np.stack(drawn), dtype=torch.float32))
    signs = torch.tensor([1.0, -1.0]).repeat_interleave(cfg.hidden // 2) / cfg.hidden**0.5
    return ShallowTransformer(*(start.requires_grad_() for start in starts), signs)


def descend(model: ShallowTransformer, world: World, steps: int, rate: float, batches: np.ndarray | None = None) -> Iterator[int]:
    """Train in place by plain gradient descent on the Cox loss per event, telling 0 before the first step and k after the k-th.

    ``world`` has s worlds stacked. ``batches`` (s, steps, b) are the patients of each step; all of them where it is None.
    """
    yield 0
    everybody = [torch.from_numpy(part) for part in (world.tokens, world.days, world.event)]
    for step in range(steps):
        tokens, days, event = everybody if batches is None else (_rows(part, batches[:, step]) for part in everybody)
        loss = cox_loss(model.log_risk(tokens), days, event).sum()  # worlds never meet: each has a gradient of its own
        gradients = torch.autograd.grad(loss, model.trained)
        with torch.no_grad():
            for weights, gradient in zip(model.trained, gradients, strict=True):
                weights.sub_(rate * gradient)
        yield step + 1


def _projected(tokens: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """``tokens`` (s, n, t, d) times ``weights`` (s, d, e): (s, n, t, e). One large product per world, not one for each patient."""
    return (tokens.flatten(1, 2) @ weights).unflatten(1, tokens.shape[1:3])


def _rows(part: torch.Tensor, rows: np.ndarray) -> torch.Tensor:
    """Patients ``rows`` (s, b) of a tensor (s, n, ...)."""
    return part[torch.arange(len(rows))[:, None], torch.from_numpy(rows)]
