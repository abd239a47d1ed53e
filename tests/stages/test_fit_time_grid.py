"""The script that fits the time grids: on training patients, and on nobody else."""

import numpy as np
import pandas as pd
import pytest

from tests.registry import registry_of
from workflow_scripts.lib.config.splits import SplitsConfig
from workflow_scripts.lib.contracts.base import read_table, write_table
from workflow_scripts.lib.contracts.ingest import PATIENTS
from workflow_scripts.lib.contracts.registry import REGISTRY
from workflow_scripts.lib.contracts.splits import FOLDS, TIME_GRID, read_grid
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.splits import assign_folds, fit_time_grid

CFG = SplitsConfig(folds=4, intervals=6)
N = 80


@pytest.fixture
def world(tmp_path):
    """Patients, their folds and their grids; then a function that fits the grids of altered patients."""
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"patient_id": [f"p{i:03}" for i in range(N)], "days": rng.exponential(300, N), "event": rng.random(N) < 0.5})
    write_table(rows, tmp_path / "patients.parquet", PATIENTS)
    write_table(registry_of(rows["patient_id"]), tmp_path / "registry.parquet", REGISTRY)
    assign_folds.main(*(tmp_path / f"{name}.parquet" for name in ("patients", "registry", "folds")), CFG, seed=1)
    roles = read_table(tmp_path / "folds.parquet", FOLDS, only={"fold": "r1f2"})

    def fit(patients):
        write_table(patients, tmp_path / "patients.parquet", PATIENTS)
        fit_time_grid.main(tmp_path / "patients.parquet", tmp_path / "folds.parquet", tmp_path / "time_grid.parquet", CFG)
        return read_grid(tmp_path / "time_grid.parquet", "r1f2").edges

    return rows, roles.set_index("patient_id")["role"].loc[rows["patient_id"]].to_numpy(), fit


def test_every_fold_has_a_grid(tmp_path, world):
    world[2](world[0])
    rows = read_table(tmp_path / "time_grid.parquet", TIME_GRID)
    assert rows.groupby("fold")["index"].apply(list).to_dict() == {f"r1f{fold}": list(range(7)) for fold in (1, 2, 3, 4)}


def test_by_hand(world):
    rows, role, fit = world
    training = rows[role != "test"]
    edges = fit(rows)
    assert edges[-1] == np.sort(training["days"])[int(np.ceil(0.9 * len(training))) - 1]
    assert set(edges[1:-1]) <= set(training.loc[training["event"], "days"])


@pytest.mark.parametrize("change", [lambda rows: rows.assign(days=rows["days"] * 10), lambda rows: rows.assign(event=~rows["event"])])
def test_test_patients_are_never_looked_at(world, change):
    rows, role, fit = world
    before = fit(rows)
    test = role == "test"
    np.testing.assert_array_equal(fit(pd.concat([change(rows[test]), rows[~test]])), before)
    after = fit(pd.concat([rows[test], change(rows[~test])]))
    assert not np.array_equal(after, before), "training patients must matter, or this test proves nothing"


def test_validation_patients_are_training_patients(world):
    rows, role, fit = world
    before = fit(rows)
    assert not np.array_equal(fit(rows.assign(days=np.where(role == "valid", 0.5, rows["days"]))), before)


def test_refusal(world):
    rows, _, fit = world
    with pytest.raises(StageRefusal, match="time grid: no event among 60 training patients"):
        fit(rows.assign(event=False))
