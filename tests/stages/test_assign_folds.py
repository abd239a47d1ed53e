"""The script that assigns folds."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.registry import registry_of
from workflow_scripts.lib.config.splits import SplitsConfig
from workflow_scripts.lib.contracts.base import read_table, write_table
from workflow_scripts.lib.contracts.ingest import PATIENTS
from workflow_scripts.lib.contracts.registry import REGISTRY
from workflow_scripts.lib.contracts.splits import FOLDS, PROPOSED_FOLDS, read_roles, training_ids
from workflow_scripts.lib.errors import ConfigError, StageRefusal
from workflow_scripts.lib.ingest.raw.folder import write_inventory
from workflow_scripts.splits import assign_folds

CFG = SplitsConfig(folds=4, repeats=2)


@pytest.fixture
def tables(tmp_path):
    """80 patients of eight hospitals; sources number them."""
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"patient_id": [f"p{i:03}" for i in range(80)], "days": rng.exponential(300, 80), "event": rng.random(80) < 0.5})
    write_table(rows, tmp_path / "patients.parquet", PATIENTS)
    sites, roles = [f"h{i % 8}" for i in range(80)], np.where(np.arange(80) < 60, "1", "2")
    known = registry_of(rows["patient_id"], source_id=[str(i) for i in range(80)], site=sites, published_role=roles)
    write_table(known, tmp_path / "registry.parquet", REGISTRY)
    return {"patients": tmp_path / "patients.parquet", "registry": tmp_path / "registry.parquet", "folds": tmp_path / "folds.parquet"}


def test_folds(tables):
    assert assign_folds.main(**tables, cfg=CFG, seed=1) == "80 patients in 8 folds, drawn"
    rows = read_table(tables["folds"], FOLDS)
    assert len(rows) == 8 * 80
    assert (rows[rows["role"] == "test"].groupby("patient_id").size() == 2).all()
    roles = read_roles(tables["folds"], "r2f3")
    assert sorted(training_ids(tables["folds"], "r2f3")) == sorted(roles.loc[roles["role"] != "test", "patient_id"])
    assert 0 < (roles["role"] == "valid").sum() < 20 == (roles["role"] == "test").sum()


def test_row_order_does_not_matter_and_the_seed_does(tmp_path, tables):
    table = pq.read_table(tables["patients"])
    pq.write_table(table.take(pa.array(np.random.default_rng(1).permutation(80))), tmp_path / "shuffled.parquet")
    for name, source, seed in (("one", tables["patients"], 1), ("two", tmp_path / "shuffled.parquet", 1), ("three", tables["patients"], 2)):
        assign_folds.main(source, tables["registry"], tmp_path / name, CFG, seed)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert (tmp_path / "one").read_bytes() != (tmp_path / "three").read_bytes()


def test_too_few_events(tables):
    with pytest.raises(StageRefusal, match=r"lower splits\.folds"):
        assign_folds.main(**tables, cfg=SplitsConfig(folds=50), seed=1)
    assert not tables["folds"].exists()


def test_hospitals_stay_whole(tables):
    assign_folds.main(**tables, cfg=SplitsConfig(folds=4, repeats=2, grouped_by_site=True), seed=1)
    rows = read_table(tables["folds"], FOLDS)
    site = rows["patient_id"].str[1:].astype(int) % 8
    assert (rows.groupby([rows["fold"], site])["role"].nunique() == 1).all()
    assert rows.groupby("fold")["role"].nunique().eq(3).all()


def published(tmp_path, *texts):
    (tmp_path / "splits").mkdir()
    for number, text in enumerate(texts):
        (tmp_path / "splits" / f"{number}.csv").write_text(text)
    write_inventory(tmp_path / "splits", "*", tmp_path / "split")
    return {"published": tmp_path / "split", "split": {"source": {"kind": "folder", "path": "splits"}, "test": "val"}}


def listing(train, test):
    lines = [
        f"{place},{one},{other}" for place, (one, other) in enumerate(zip(train, [*test, *[""] * (len(train) - len(test))], strict=True))
    ]
    return "\n".join([",train,val", *lines, ""])


def test_published_folds(tmp_path, tables):
    texts = [listing([*range(40), "none"], range(40, 79)), listing(range(40, 80), range(40))]
    cfg = SplitsConfig(folds=2, valid_fraction=0.2)
    said = assign_folds.main(**tables, cfg=cfg, seed=1, **published(tmp_path, *texts))
    assert said == ("80 patients in 2 folds, as published; 1 listed patients are not in the cohort, 1 of the cohort are not in every fold")
    first = read_roles(tables["folds"], "r1f1").set_index("patient_id")["role"]
    assert first.value_counts().to_dict() == {"train": 32, "valid": 8, "test": 39}
    assert "p079" not in first.index
    assert (first.loc["p040":"p078"] == "test").all()


def test_a_patient_in_two_roles_is_proposed_so_that_the_audit_finds_it(tmp_path, tables):
    assign_folds.main(**tables, cfg=SplitsConfig(folds=1), seed=1, **published(tmp_path, listing(range(60), range(59, 80))))
    rows = read_table(tables["folds"], PROPOSED_FOLDS)
    assert rows.loc[rows["patient_id"] == "p059", "role"].tolist() == ["test", "train"]


def test_a_published_column(tables):
    assign_folds.main(**tables, cfg=SplitsConfig(folds=1), seed=1, split={"column": "set", "train": "1", "test": "2"})
    roles = read_roles(tables["folds"], "r1f1").set_index("patient_id")["role"]
    assert (roles.iloc[60:] == "test").all()
    assert roles.iloc[:60].value_counts().to_dict() == {"train": 51, "valid": 9}


def test_a_split_is_checked_as_config(tables):
    with pytest.raises(ConfigError, match="expected either source or column"):
        assign_folds.main(**tables, cfg=CFG, seed=1, split={"train": "1"})
