"""What several states of a patient say together: fused late, by a gate over the risks of each, or early, by one network on all."""

import torch
from torch import nn

FAINT = 0.01
MODALITIES = ("reports", "covariates", "expression")


class Head(nn.Module):
    """State (n, d) → k numbers (n, k): one for all, and what differs from it. At first it says next to nothing."""

    def __init__(self, width: int, numbers: int) -> None:
        super().__init__()
        self.level, self.shape = nn.Linear(width, 1, bias=False), nn.Linear(width, numbers, bias=False)
        nn.init.normal_(self.level.weight, std=FAINT)
        nn.init.zeros_(self.shape.weight)

    def forward(self, state: torch.Tensor) -> torch.Tensor:
        """Numbers (n, k), on the scale of log-hazards."""
        level = self.level(state)
        return level.expand(-1, self.shape.out_features) + self.shape(state) if self.shape.out_features > 1 else level


class Encoder(nn.Module):
    """Columns (n, p), standardised → state (n, d)."""

    def __init__(self, columns: int, width: int, dropout: float) -> None:
        super().__init__()
        self.dropout, self.project = nn.Dropout(dropout), nn.Linear(columns, width)

    def forward(self, columns: torch.Tensor) -> torch.Tensor:
        """The state (n, d)."""
        return self.project(self.dropout(columns))


class LateFusion(nn.Module):
    """φ = m Σ g φ_m over the m modalities that a patient has; g = softmax(W [z]), those that are missing left out (`gogl2026`).

    A modality's risk counts in full where the gate is even: m times an even share is one.
    """

    def __init__(self, width: int, numbers: int) -> None:
        super().__init__()
        self.heads = nn.ModuleDict({name: Head(width, numbers) for name in MODALITIES})
        self.gate = nn.Linear(len(MODALITIES) * width, len(MODALITIES))
        nn.init.zeros_(self.gate.weight)
        nn.init.zeros_(self.gate.bias)

    def forward(self, states: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
        """States (n, m, d), zero where a modality is not ``present`` (n, m) → numbers (n, k)."""
        gate = self.gate(states.flatten(1)).masked_fill(~present, torch.finfo(states.dtype).min).softmax(1) * present
        said = torch.stack([self.heads[name](states[:, place]) for place, name in enumerate(MODALITIES)], dim=1)  # (n, m, k)
        return present.sum(1, keepdim=True) * (gate[:, :, None] * said).sum(1)


class EarlyFusion(nn.Module):
    """One hidden layer on the states of all modalities, side by side."""

    def __init__(self, width: int, numbers: int, dropout: float) -> None:
        super().__init__()
        self.mix = nn.Sequential(nn.Linear(len(MODALITIES) * (width + 1), width), nn.GELU(), nn.Dropout(dropout))
        self.head = Head(width, numbers)

    def forward(self, states: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
        """As ``LateFusion``."""
        return self.head(self.mix(torch.cat([states.flatten(1), present.to(states.dtype)], dim=1)))
