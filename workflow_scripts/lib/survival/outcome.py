"""Right-censored outcomes and the one grid on which time is made discrete."""

from dataclasses import dataclass

import numpy as np

from workflow_scripts.lib.errors import StageRefusal


@dataclass(frozen=True)
class Outcome:
    """n right-censored outcomes.

    ``days`` (n,) float, time from the index date to event or censoring, > 0 and finite.
    ``event`` (n,) bool, True where the event was seen. Raises StageRefusal, by name, for anything else:
    codes such as 0/1/2 must be mapped in the cohort's config, never here.
    """

    days: np.ndarray
    event: np.ndarray

    def __post_init__(self) -> None:
        days, event = np.asarray(self.days), np.asarray(self.event)
        if event.dtype != bool:
            raise StageRefusal(f"event: found {event.dtype}, expected boolean; map codes in the cohort's config")
        if days.shape != event.shape or days.ndim != 1:
            raise StageRefusal(f"outcome: days has shape {days.shape}, event {event.shape}; expected one value each per patient")
        if not np.issubdtype(days.dtype, np.number):
            raise StageRefusal(f"days: found {days.dtype}, expected numbers")
        bad = int((~np.isfinite(days) | (days <= 0)).sum())
        if bad:
            raise StageRefusal(f"days: {bad} of {days.size} values are not finite and > 0")
        object.__setattr__(self, "days", days.astype(float))
        object.__setattr__(self, "event", event)

    def __len__(self) -> int:
        return self.days.size

    def __getitem__(self, rows: np.ndarray) -> "Outcome":
        return Outcome(self.days[rows], self.event[rows])

    def structured(self) -> np.ndarray:
        """(n,) structured array of (event, days), as scikit-survival takes it."""
        return np.array(list(zip(self.event, self.days, strict=True)), dtype=[("event", "?"), ("days", "f8")])


@dataclass(frozen=True)
class TimeGrid:
    """k intervals of time: interval j is (edges[j], edges[j + 1]], in days, edges (k + 1,) rising from 0.

    The only place where time is made discrete. Conventions:

    * the **right edge is closed**: an event on edges[j + 1] belongs to interval j;
    * a patient **censored inside an interval** has not been seen to survive it: the last interval known to
      be survived is the one before (a censoring exactly on the right edge has survived it);
    * an **event past the last edge** is a censoring at the last edge: all k intervals were survived.
    """

    edges: np.ndarray

    def __post_init__(self) -> None:
        edges = np.asarray(self.edges, dtype=float)
        if edges.ndim != 1 or edges.size < 2 or edges[0] != 0 or not np.all(np.diff(edges) > 0):
            raise StageRefusal(f"time grid: expected edges rising from 0, found {edges.tolist()[:5]}")
        object.__setattr__(self, "edges", edges)

    def __len__(self) -> int:
        return self.edges.size - 1

    @property
    def days(self) -> np.ndarray:
        """(k,) the right edges, at which curves are stated."""
        return self.edges[1:]

    def discretise(self, outcome: Outcome) -> tuple[np.ndarray, np.ndarray]:
        """``interval`` (n,) and ``event`` (n,): with an event, the interval it falls in; else the number of survived intervals."""
        event = outcome.event & (outcome.days <= self.edges[-1])
        holding = np.searchsorted(self.days, outcome.days, side="left")
        survived = np.searchsorted(self.days, outcome.days, side="right")
        return np.where(event, holding, survived), event

    def survival_at(self, survival: np.ndarray, days: np.ndarray) -> np.ndarray:
        """Survival (n, k) on the right edges, read at ``days`` (q,) by straight lines from S(0) = 1: (n, q).

        Past the last edge the last value is kept.
        """
        full = np.concatenate([np.ones((len(survival), 1)), survival], axis=1)  # (n, k + 1)
        days = np.clip(np.asarray(days, dtype=float), 0, self.edges[-1])
        right = np.clip(np.searchsorted(self.edges, days, side="left"), 1, len(self))
        weight = (days - self.edges[right - 1]) / (self.edges[right] - self.edges[right - 1])
        return full[:, right - 1] * (1 - weight) + full[:, right] * weight

    def likelihood(self, survival: np.ndarray, outcome: Outcome) -> np.ndarray:
        """How likely curves (n, k) held what happened to their patients in discrete time, at least 1e-6: (n,)."""
        before = np.concatenate([np.ones((len(survival), 1)), survival], axis=1)  # (n, k + 1)
        interval, event = self.discretise(outcome)
        rows = np.arange(len(survival))
        died = before[rows, interval] - before[rows, np.minimum(interval + 1, len(self))]
        return np.clip(np.where(event, died, before[rows, interval]), 1e-6, 1.0)


def log_risk_of(survival: np.ndarray) -> np.ndarray:
    """One number per curve, higher is worse: the log of the cumulative hazard summed over the grid.

    ``survival`` (n, k) → (n,). For proportional hazards it ranks patients exactly as the linear predictor; for
    forests it is the log of the expected mortality on the grid (Ishwaran et al. 2008, `ishwaran2008`).
    """
    hazard = -np.log(np.clip(survival, 1e-12, 1.0)).sum(axis=1)
    return np.log(np.maximum(hazard, 1e-12))
