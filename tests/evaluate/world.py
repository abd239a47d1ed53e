"""A small cohort whose hazard is known, in two repeats of three folds, to be scored by the evaluate scripts."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.lib.contracts.base import read_table, write_table
from workflow_scripts.lib.contracts.evaluate import FOLD_METRICS, REPLICATES
from workflow_scripts.lib.contracts.ingest import PATIENTS
from workflow_scripts.lib.contracts.predictions import PREDICTIONS, prediction_rows
from workflow_scripts.lib.contracts.splits import FOLDS, TIME_GRID
from workflow_scripts.lib.contracts.teacher import TEACHER_CURVES

EDGES = np.array([0.0, 50, 100, 200, 300, 400])
N = 90


@dataclass(frozen=True)
class World:
    """Where the tables are, who was when seen with what, and each patient's true log-risk."""

    root: Path
    patients: pd.DataFrame
    roles: pd.DataFrame
    truth: np.ndarray

    def rows(self, output: str, log_risk: np.ndarray, fold: str, roles: tuple[str, ...] = ("valid", "test")) -> pd.DataFrame:
        """Prediction rows in one fold of patients in ``roles``, from the log-risks of all patients."""
        who = self.roles[(self.roles["fold"] == fold) & self.roles["role"].isin(roles)]
        risk = log_risk[who.index % N]
        return prediction_rows(fold, who, output, risk, np.exp(-np.exp(np.nan_to_num(risk))[:, None] * EDGES[1:] / 300))

    def predict(self, family: str, outputs: dict[str, np.ndarray], roles: tuple[str, ...] = ("valid", "test")) -> list[Path]:
        paths = []
        for fold in self.roles["fold"].unique():
            paths.append(self.root / family / f"{fold}.parquet")
            write_table(pd.concat([self.rows(output, risk, fold, roles) for output, risk in outputs.items()]), paths[-1], PREDICTIONS)
        return paths

    def teach(self, outputs: dict[str, np.ndarray]) -> list[Path]:
        paths = []
        for fold in self.roles["fold"].unique():
            paths.append(self.root / "teacher" / f"{fold}.parquet")
            rows = pd.concat([self.rows(output, risk, fold, ("train", "valid", "test")) for output, risk in outputs.items()])
            write_table(rows.assign(out_of_fold=True, fitted_on="others"), paths[-1], TEACHER_CURVES)
        return paths

    def fold_metrics(self, family: str) -> pd.Series:
        return read_table(self.root / family / "fold_metrics.parquet", FOLD_METRICS).set_index(["output", "metric", "fold"])["value"]

    def replicates(self, family: str) -> pd.Series:
        return read_table(self.root / family / "replicates.parquet", REPLICATES).set_index(["output", "metric", "replicate"])["value"]

    def outcome_of(self, rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        held = self.patients.set_index("patient_id").loc[rows["patient_id"]]
        return held["event"].to_numpy(), held["days"].to_numpy()


def world_in(root: Path, eventless_fold: bool = False) -> World:
    rng = np.random.default_rng(6)
    truth = rng.normal(0, 1.5, N)
    days, stops = rng.exponential(300 * np.exp(-truth)), rng.uniform(100, 900, N)
    ids = [f"p{i:02}" for i in range(N)]
    patients = pd.DataFrame({"patient_id": ids, "days": np.ceil(np.minimum(days, stops)), "event": days <= stops})
    roles = []
    for repeat in (1, 2):
        part = rng.permutation(N) % 3 + 1
        for fold in (1, 2, 3):
            role = np.where(part == fold, "test", np.where(part == fold % 3 + 1, "valid", "train"))
            roles.append(pd.DataFrame({"fold": f"r{repeat}f{fold}", "patient_id": patients["patient_id"], "role": role}))
    if eventless_fold:
        patients.loc[(roles[0]["role"] == "test").to_numpy(), "event"] = False
    world = World(root, patients, pd.concat(roles, ignore_index=True), truth)
    write_table(patients, root / "patients.parquet", PATIENTS)
    write_table(world.roles, root / "folds.parquet", FOLDS)
    grids = [pd.DataFrame({"fold": fold, "index": range(len(EDGES)), "days": EDGES}) for fold in world.roles["fold"].unique()]
    write_table(pd.concat(grids), root / "time_grid.parquet", TIME_GRID)
    return world
