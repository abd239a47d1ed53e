"""How fast a family learns: C of validation patients by epochs, and when most of its peak is reached."""

import numpy as np
import pandas as pd

from workflow_scripts.lib.contracts.student import LEARNING_SPEED

MOST = 0.95  # of the peak
COIN = 0.5  # C of a risk that says nothing


def learning_curve(history: pd.DataFrame, patients: int, batch_size: int) -> pd.DataFrame:
    """``epochs`` and ``c`` of the validation patients at each look, from rows of the history contract; ``patients`` were trained on."""
    looks = history[(history["role"] == "valid") & (history["term"] == "discordance")].sort_values("step")
    epochs = looks["step"].to_numpy() * min(batch_size, patients) / patients
    return pd.DataFrame({"epochs": epochs, "c": 1 - looks["value"].to_numpy()})


def speed_of(curve: pd.DataFrame, lowest: float) -> dict[str, float]:
    """The peak of a ``learning_curve``, and after how many epochs it has 95 %: of it, of what it gains over a coin's C, and of what the
    ``lowest`` peak of all families gains. The latter two are NaN where that is nothing."""
    peak = curve["c"].max()
    return {
        "peak": peak,
        "reached": _first(curve, MOST * peak),
        "gained": _first(curve, COIN + MOST * (peak - COIN)) if peak > COIN else np.nan,
        "level": _first(curve, COIN + MOST * (lowest - COIN)) if lowest > COIN else np.nan,
    }


def _first(curve: pd.DataFrame, level: float) -> float:
    return curve["epochs"][curve["c"] >= level].iloc[0]


def speed_rows(curves: dict[str, dict[str, pd.DataFrame]]) -> pd.DataFrame:
    """Rows of the learning_speed contract, from each family's ``learning_curve`` in each fold."""
    lowest = {fold: min(folds[fold]["c"].max() for folds in curves.values()) for fold in next(iter(curves.values()))}
    rows = [
        {"family": family, "fold": fold, **speed_of(curve, lowest[fold])}
        for family, folds in curves.items()
        for fold, curve in folds.items()
    ]
    return pd.DataFrame(rows)[LEARNING_SPEED.schema().names]


def mean_curve(folds: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """The mean over folds of their curves, as long as all of them are still being trained; a fold's own epochs are rounded to looks."""
    looks = min(map(len, folds.values()))
    stacked = np.stack([curve.to_numpy()[:looks] for curve in folds.values()])
    return pd.DataFrame(stacked.mean(0), columns=["epochs", "c"])
