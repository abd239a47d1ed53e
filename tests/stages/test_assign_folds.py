"""The script that assigns folds."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workflow_scripts.lib.config.splits import SplitsConfig
from workflow_scripts.lib.contracts.base import read_table, write_table
from workflow_scripts.lib.contracts.ingest import PATIENTS
from workflow_scripts.lib.contracts.splits import FOLDS, read_roles, training_ids
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.splits import assign_folds

CFG = SplitsConfig(folds=4, repeats=2)


@pytest.fixture
def patients(tmp_path):
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"patient_id": [f"p{i:03}" for i in range(80)], "days": rng.exponential(300, 80), "event": rng.random(80) < 0.5})
    write_table(rows, tmp_path / "patients.parquet", PATIENTS)
    return tmp_path / "patients.parquet"


def test_folds(tmp_path, patients):
    assert assign_folds.main(patients, tmp_path / "folds.parquet", CFG, seed=1) == "80 patients in 8 folds"
    rows = read_table(tmp_path / "folds.parquet", FOLDS)
    assert len(rows) == 8 * 80
    assert (rows[rows["role"] == "test"].groupby("patient_id").size() == 2).all()
    roles = read_roles(tmp_path / "folds.parquet", "r2f3")
    assert sorted(training_ids(tmp_path / "folds.parquet", "r2f3")) == sorted(roles.loc[roles["role"] != "test", "patient_id"])
    assert 0 < (roles["role"] == "valid").sum() < 20 == (roles["role"] == "test").sum()


def test_row_order_does_not_matter_and_the_seed_does(tmp_path, patients):
    table = pq.read_table(patients)
    pq.write_table(table.take(pa.array(np.random.default_rng(1).permutation(80))), tmp_path / "shuffled.parquet")
    for name, source, seed in (("one", patients, 1), ("two", tmp_path / "shuffled.parquet", 1), ("three", patients, 2)):
        assign_folds.main(source, tmp_path / name, CFG, seed)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert (tmp_path / "one").read_bytes() != (tmp_path / "three").read_bytes()


def test_too_few_events(tmp_path, patients):
    with pytest.raises(StageRefusal, match=r"lower splits\.folds"):
        assign_folds.main(patients, tmp_path / "folds.parquet", SplitsConfig(folds=50), seed=1)
    assert not (tmp_path / "folds.parquet").exists()
