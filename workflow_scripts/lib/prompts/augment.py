"""Covariate vectors like those of training patients, for the teacher to label."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from workflow_scripts.lib.contracts.ingest import Covariate


def augment(
    train: pd.DataFrame, covariates: Sequence[Covariate], rows: np.ndarray, swap_probability: float, jitter: bool, rng: np.random.Generator
) -> pd.DataFrame:
    """Covariates of the training patients at positions ``rows`` (m,), mixed: (m rows).

    Each covariate is taken from another training patient with ``swap_probability``; with ``jitter``, numbers are then
    drawn evenly between that value and another training patient's, rounded to the decimals that a prompt shows, so
    that every number is met in training. Only ``train`` is read.
    """
    mixed = {}
    for covariate in covariates:
        pool = train[covariate.name].to_numpy()
        swapped = rng.random(rows.size) < swap_probability
        values = pool[np.where(swapped, rng.integers(len(pool), size=rows.size), rows)]
        if covariate.kind == "numeric" and jitter:
            values = _between(values, pool[rng.integers(len(pool), size=rows.size)], rng).round(covariate.decimals)
        mixed[covariate.name] = values
    return pd.DataFrame(mixed)


def _between(values: np.ndarray, others: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    drawn = values + rng.random(values.size) * (others - values)
    return np.where(np.isnan(drawn), values, drawn)
