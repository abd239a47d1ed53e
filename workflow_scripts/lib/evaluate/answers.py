"""What was predicted for the held-out patients, read from the predictions of a family or of the teacher."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.lib.contracts.base import read_table
from workflow_scripts.lib.contracts.ingest import Cohort
from workflow_scripts.lib.contracts.predictions import PREDICTIONS
from workflow_scripts.lib.contracts.splits import FOLDS, TIME_GRID
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.survival.estimators import Prognosis
from workflow_scripts.lib.survival.metrics.kaplan_meier import Censoring, fit_censoring
from workflow_scripts.lib.survival.outcome import Outcome, TimeGrid

SHARED = replace(PREDICTIONS, open=True)  # the teacher's curves have these columns and more


@dataclass(frozen=True)
class Fold:
    """One fold: its grid and G from its training patients, and its test patients as ``rows`` (n,) of the cohort."""

    name: str
    grid: TimeGrid
    censoring: Censoring
    rows: np.ndarray
    outcome: Outcome

    @property
    def repeat(self) -> str:
        """The repeat that the fold belongs to: r1 of r1f2."""
        return self.name.split("f", maxsplit=1)[0]


@dataclass(frozen=True)
class Answers:
    """One output in one fold: which test patients it answered, as a mask ``parsed`` (n,) of the fold's ``rows``, and what it said."""

    fold: Fold
    output: str
    parsed: np.ndarray
    said: Prognosis

    @property
    def rows(self) -> np.ndarray:
        """The patients who were answered, as rows of the cohort (m,)."""
        return self.fold.rows[self.parsed]

    @property
    def outcome(self) -> Outcome:
        """Their outcomes."""
        return self.fold.outcome[self.parsed]


def read_folds(folds: str | Path, time_grid: str | Path, cohort: Cohort) -> list[Fold]:
    """Every fold, in order of name."""
    roles, edges, outcome = read_table(folds, FOLDS), read_table(time_grid, TIME_GRID), cohort.outcome
    position = pd.Series(np.arange(len(cohort)), cohort.rows.index)
    found = []
    for name, members in roles.groupby("fold"):
        grid = TimeGrid(edges.loc[edges["fold"] == name].sort_values("index")["days"].to_numpy())
        is_test = members["role"] == "test"
        test, train = (position.loc[members.loc[mask, "patient_id"]].to_numpy() for mask in (is_test, ~is_test))
        found.append(Fold(str(name), grid, fit_censoring(outcome[train]), test, outcome[test]))
    return found


def read_answers(paths: Sequence[str | Path], folds: Sequence[Fold], cohort: Cohort, output: str | None = None) -> Iterator[Answers]:
    """The answers to test patients in ``paths``, of every output or of one, output by output and fold by fold.

    Raises StageRefusal when an output has not one row for every test patient of every fold: a patient who could not be
    answered is a row that says so.
    """
    only = {"role": "test"} if output is None else {"role": "test", "output": output}
    rows = pd.concat([read_table(path, SHARED, only)[PREDICTIONS.schema().names] for path in paths])
    by_output = dict(iter(rows.groupby(["output", "fold"])))
    for name in rows["output"].unique() if output is None else [output]:
        for fold in folds:
            yield _answers(fold, name, by_output.get((name, fold.name), rows.iloc[:0]), cohort)


def _answers(fold: Fold, output: str, rows: pd.DataFrame, cohort: Cohort) -> Answers:
    wanted, where = cohort.rows.index[fold.rows], f"predictions of output '{output}' in fold {fold.name}"
    found = rows.set_index("patient_id")
    missing, strange = int((~wanted.isin(found.index)).sum()), int((~found.index.isin(wanted)).sum())
    if missing or strange:
        raise StageRefusal(f"{where}: {missing} of {len(wanted)} test patients missing, {strange} others; predict that fold again")
    found = found.loc[wanted]
    parsed = found["parsed"].to_numpy(dtype=bool)
    read = found[parsed]
    other = int((read["survival"].str.len() != len(fold.grid)).sum())
    if other:
        raise StageRefusal(f"{where}: {other} curves are not of the grid's {len(fold.grid)} edges; predict that fold again")
    survival = np.array([*read["survival"]], dtype=float).reshape(len(read), len(fold.grid))
    return Answers(fold, output, parsed, Prognosis(read["log_risk"].to_numpy(dtype=float), survival))
