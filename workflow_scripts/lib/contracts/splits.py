"""Tables of the splits stage: who trains, validates and tests in each fold, and each fold's time grid."""

from dataclasses import replace
from pathlib import Path

import pandas as pd

from workflow_scripts.lib.contracts.base import INTEGER, NUMBER, STRING, Contract, Field, read_table
from workflow_scripts.lib.survival.outcome import TimeGrid

ROLES = ("train", "valid", "test")

FOLDS = Contract(
    "folds",
    (
        Field("fold", STRING, "repeat and fold, as r1f1"),
        Field("patient_id", STRING, "the patient"),
        Field("role", STRING, "train, valid (inside the training fold, for early stopping) or test"),
    ),
    key=("fold", "patient_id"),
    checks=(("role is train, valid or test", lambda rows: rows["role"].isin(ROLES)),),
)

PROPOSED_FOLDS = replace(FOLDS, key=())
"""Folds before the leakage audit: a patient in two roles of a fold is for it to find."""

TIME_GRID = Contract(
    "time_grid",
    (
        Field("fold", STRING, "the fold whose training patients the edges were fitted on"),
        Field("index", INTEGER, "position of the edge, from 0"),
        Field("days", NUMBER, "edge; interval j is (edge j, edge j + 1]", "days"),
    ),
    key=("fold", "index"),
)


def read_roles(path: str | Path, fold: str) -> pd.DataFrame:
    """The fold's patients with their roles, in patient order."""
    rows = read_table(path, FOLDS)
    return rows.loc[rows["fold"] == fold, ["patient_id", "role"]].reset_index(drop=True)


def read_grid(path: str | Path, fold: str) -> TimeGrid:
    """The time grid of one fold."""
    rows = read_table(path, TIME_GRID)
    return TimeGrid(rows.loc[rows["fold"] == fold].sort_values("index")["days"].to_numpy())


def training_ids(path: str | Path, fold: str) -> list[str]:
    """The patients of the training fold: those that train and those that validate."""
    roles = read_roles(path, fold)
    return list(roles.loc[roles["role"] != "test", "patient_id"])
