"""The design matrix: numbers standardised, categories one-hot, missing values flagged; fitted on training patients."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype


@dataclass(frozen=True)
class Design:
    """How covariates become p columns; plain data, so that it is saved as JSON beside a model.

    ``centre`` and ``scale`` by numeric covariate; ``levels`` by categorical covariate, the first (most frequent) being
    the reference; ``flagged`` are the covariates with missing values among the training patients, which
    get an indicator column. A missing number is read as the training mean; a missing or unseen category as the
    reference level.
    """

    centre: dict[str, float]
    scale: dict[str, float]
    levels: dict[str, list[str]]
    flagged: list[str]

    @property
    def columns(self) -> list[str]:
        """Names of the p columns."""
        dummies = [f"{name}={level}" for name, levels in self.levels.items() for level in levels[1:]]
        return [*self.centre, *dummies, *(f"{name} missing" for name in self.flagged)]

    def transform(self, values: pd.DataFrame) -> np.ndarray:
        """Covariates (n rows) → (n, p) float64."""
        numbers = [((values[name] - self.centre[name]) / self.scale[name]).fillna(0.0) for name in self.centre]
        dummies = [values[name] == level for name, levels in self.levels.items() for level in levels[1:]]
        flags = [values[name].isna() for name in self.flagged]
        columns = [np.asarray(column, dtype=float) for column in (*numbers, *dummies, *flags)]
        return np.stack(columns, axis=1) if columns else np.zeros((len(values), 0))

    def unseen(self, values: pd.DataFrame) -> dict[str, int]:
        """By covariate, how many values are categories that no training patient had; handled as the reference level."""
        counts = {name: int((values[name].notna() & ~values[name].isin(levels)).sum()) for name, levels in self.levels.items()}
        return {name: count for name, count in counts.items() if count}


def fit_design(values: pd.DataFrame) -> Design:
    """Fit on the covariates of training patients; those that do not vary there are left out."""
    numeric = [name for name in values if is_numeric_dtype(values[name]) and values[name].nunique() > 1]
    levels = {
        name: list(values[name].value_counts().sort_index().sort_values(ascending=False, kind="stable").index)
        for name in values
        if not is_numeric_dtype(values[name])
    }
    return Design(
        centre={name: float(values[name].mean()) for name in numeric},
        scale={name: float(values[name].std(ddof=0)) for name in numeric},
        levels={name: known for name, known in levels.items() if len(known) > 1},
        flagged=[name for name in values if 0 < values[name].isna().sum() < len(values)],
    )
