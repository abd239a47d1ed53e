"""Covariate vectors like those of training patients, for the teacher to label."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from workflow_scripts.lib.config.cases import CasesConfig
from workflow_scripts.lib.config.prompts import PromptsConfig
from workflow_scripts.lib.contracts.ingest import Covariate

WIDER = 0.5  # part of the range by which even draws reach beyond it: unseen patients may lie there, and the teacher knows what to say


def augment(
    train: pd.DataFrame, covariates: Sequence[Covariate], rows: np.ndarray, cfg: PromptsConfig | CasesConfig, rng: np.random.Generator
) -> pd.DataFrame:
    """Covariates of the training patients at positions ``rows`` (m,), mixed: (m rows).

    Each covariate is taken from another training patient with ``cfg.swap_probability``. With ``cfg.jitter``, numbers are then
    drawn between that value and another training patient's. With ``cfg.even_probability`` a covariate is instead drawn evenly
    over its range or its levels, so that rare values are met often enough to be learnt; with ``cfg.missing_probability`` it is
    missing, as it may be of who comes later. Numbers are rounded to the decimals that a prompt shows. Only ``train`` is read.
    """
    mixed = {}
    for covariate in covariates:
        pool = train[covariate.name].to_numpy()
        swapped = rng.random(rows.size) < cfg.swap_probability
        values = pool[np.where(swapped, rng.integers(len(pool), size=rows.size), rows)]
        numeric = covariate.kind == "numeric"
        if numeric and cfg.jitter:
            values = _between(values, pool[rng.integers(len(pool), size=rows.size)], rng)
        if pd.notna(pool).any():
            drawn = _even_numbers(pool, rows.size, rng) if numeric else _even_levels(pool, rows.size, rng)
            values = np.where(rng.random(rows.size) < cfg.even_probability, drawn, values)
        mixed[covariate.name] = values.round(covariate.decimals) if numeric else values
    found = pd.DataFrame(mixed)
    return found.mask(rng.random(found.shape) < cfg.missing_probability) if cfg.missing_probability else found


def _between(values: np.ndarray, others: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    drawn = values + rng.random(values.size) * (others - values)
    return np.where(np.isnan(drawn), values, drawn)


def _even_numbers(pool: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """Numbers spread evenly over the range of ``pool``, a little beyond it, but not below 0 where nothing is."""
    low, high = np.nanmin(pool), np.nanmax(pool)
    reach = WIDER * (high - low)
    return rng.uniform(max(low - reach, 0.0) if low >= 0 else low - reach, high + reach, size)


def _even_levels(pool: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    return rng.choice(np.array(sorted(pd.unique(pool[pd.notna(pool)])), dtype=object), size)
