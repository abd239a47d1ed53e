"""The truth: what each part adds to the log-hazard, and the follow-up that this and chance lead to."""

from dataclasses import dataclass

import numpy as np

from workflow_scripts.lib.survival.seeds import derive_seed

SHAPE, SCALE_DAYS = 1.2, 1500.0  # Weibull: the cumulative hazard at log-hazard 0 is (days / scale) ** shape
EARLIEST_CLOSURE = 0.3  # accrual ends when this fraction of the study's time is left
DROPOUT = 2.0  # mean time to dropping out, in units of the study's time
SITE_SPREAD = 0.2  # standard deviation, over sites, of the log of that time


@dataclass(frozen=True)
class FollowUp:
    """What was seen of n patients: whole ``days``, ``event``, and ``closure_days`` from the index date to the study's end."""

    days: np.ndarray
    event: np.ndarray
    closure_days: np.ndarray

    def __getitem__(self, rows: slice | np.ndarray) -> "FollowUp":
        return FollowUp(self.days[rows], self.event[rows], self.closure_days[rows])


def weighted(effect: np.ndarray, weight: float) -> np.ndarray:
    """An effect (n,) with mean 0 and standard deviation ``weight`` over the patients; 0 where it does not vary."""
    spread = effect.std()
    return weight * (effect - effect.mean()) / spread if spread > 0 else np.zeros_like(effect)


def scale_days(log_hazard: np.ndarray) -> np.ndarray:
    """Each patient's Weibull scale (n,): the day by which exp(-1) = 37 % are event-free."""
    return SCALE_DAYS * np.exp(-log_hazard / SHAPE)


def curves(scale: np.ndarray, days: np.ndarray) -> np.ndarray:
    """True survival (n, k) of patients with these Weibull scales (n,), at ``days`` (k,)."""
    return np.exp(-((days / scale[:, None]) ** SHAPE))


def follow(log_hazard: np.ndarray, site: np.ndarray, censored: float, seed: int) -> FollowUp:
    """Follow-up of patients with these log-hazards at these sites (n,), of whom the fraction ``censored`` is censored.

    Censoring knows nothing of the patient but the site: the study closes, or the patient drops out, at sites with different ease.
    In units of the study's unknown length L it comes at u, so it precedes the event on day t where u / t < 1 / L: the
    ``censored`` quantile of u / t is 1 / L.
    """
    rng = np.random.default_rng(derive_seed(seed, "follow-up"))
    n = len(log_hazard)
    event_day = scale_days(log_hazard) * rng.standard_exponential(n) ** (1 / SHAPE)
    ease = np.exp(SITE_SPREAD * rng.standard_normal(site.max() + 1))
    closure = rng.uniform(EARLIEST_CLOSURE, 1, n)
    left = np.minimum(closure, DROPOUT * ease[site] * rng.standard_exponential(n))
    length = 1 / np.quantile(left / event_day, censored)
    days = np.maximum(np.ceil(np.minimum(event_day, left * length)), 1)
    return FollowUp(days.astype(np.int64), event_day <= left * length, np.ceil(closure * length).astype(np.int64))
