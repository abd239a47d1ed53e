"""Published folds: who they list, who they leave out, and what does not fit the configuration."""

import numpy as np
import pandas as pd
import pytest

from tests.shared import shared
from workflow_scripts.lib.config.base import parse
from workflow_scripts.lib.config.cohort import PublishedSplit
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.patients.published import published_roles
from workflow_scripts.lib.ingest.raw.folder import write_inventory
from workflow_scripts.lib.survival.outcome import Outcome

IDS = [f"s{i}" for i in range(12)]
DRAWING = {"valid_fraction": 0.25, "time_bins": 1, "seed": 1, "site": None}


def registry(ids=IDS, **columns) -> pd.DataFrame:
    """Source ids in an order of their own, and pseudonyms."""
    return pd.DataFrame({"patient_id": [f"P{i}" for i in range(len(ids))], "published_role": None, **columns}, index=list(ids))


def split(**settings) -> PublishedSplit:
    return parse(PublishedSplit, {"source": {"kind": "folder", "path": "splits"}, **settings}, "split")


def folder(root, *files: str):
    (root / "splits").mkdir()
    for number, text in enumerate(files, 8):  # so that the order of numbers is not that of letters
        (root / "splits" / f"split_{number}.csv").write_text(text)
    write_inventory(root / "splits", "*.csv", root / "inventory.parquet")
    return root / "inventory.parquet"


FIRST = ",train,test\n0,s0,s8\n1,s1,s9\n2,s2,s10\n3,s3,\n4,elsewhere,\n"
SECOND = ",train,test\n0,s8,s0\n1,s9,s1\n2,s10,s2\n"
THIRD = ",train,test\n0,s4,s5\n1,s6,s7\n2,s11, s3 \n"


def test_files_are_folds_in_the_order_of_their_numbers(tmp_path):
    found = published_roles(split(), registry(), folder(tmp_path, FIRST, SECOND, THIRD), folds=3, repeats=1)
    assert list(found.roles) == ["r1f1", "r1f2", "r1f3"]
    assert found.roles["r1f1"].tolist() == ["train"] * 4 + [""] * 4 + ["test"] * 3 + [""]
    assert found.roles["r1f3"].tolist() == ["", "", "", "test", "train", "test", "train", "test", "", "", "", "train"]
    assert (found.strangers, found.left_out, len(found.doubled)) == (1, 12, 0)
    assert found.words == "as published; 1 listed patients are not in the cohort, 12 of the cohort are not in every fold"


def test_validation_patients_are_drawn_from_those_that_train(tmp_path):
    found = published_roles(split(), registry(), folder(tmp_path, FIRST), folds=1, repeats=1)
    outcome = Outcome(np.arange(1.0, 13), np.ones(12, dtype=bool))
    (role,) = found.with_valid(outcome, **DRAWING).values()
    assert sorted(role[:4]) == ["train", "train", "train", "valid"]
    assert role[4:].tolist() == found.roles["r1f1"][4:].tolist()
    assert "valid" not in found.roles["r1f1"]


def test_validation_patients_of_a_site_go_together(tmp_path):
    found = published_roles(split(), registry(), folder(tmp_path, FIRST), folds=1, repeats=1)
    outcome, site = Outcome(np.arange(1.0, 13), np.ones(12, dtype=bool)), np.array([0, 0, 1, 1] + [2] * 8)
    (role,) = found.with_valid(outcome, **{**DRAWING, "site": site}).values()
    assert sorted([{*role[:2]}.pop(), {*role[2:4]}.pop()]) == ["train", "valid"]


def test_a_validation_column_is_taken_as_it_is(tmp_path):
    text = "a,b,c\ns0,s1,s2\ns3,s4,s5\n"
    found = published_roles(split(train="a", valid="b", test="c"), registry(), folder(tmp_path, text), folds=1, repeats=1)
    outcome = Outcome(np.arange(1.0, 13), np.ones(12, dtype=bool))
    assert found.with_valid(outcome, **DRAWING)["r1f1"].tolist() == ["train", "valid", "test"] * 2 + [""] * 6


def test_a_patient_in_two_roles_is_kept_for_the_audit(tmp_path):
    found = published_roles(split(), registry(), folder(tmp_path, FIRST + "5,s8,\n"), folds=1, repeats=1)
    assert found.doubled.to_numpy().tolist() == [["r1f1", "P8", "train"]]
    assert found.roles["r1f1"][8] == "test"


def test_folds_are_labelled_by_repeat(tmp_path):
    found = published_roles(split(), registry(), folder(tmp_path, FIRST, SECOND, THIRD, FIRST), folds=2, repeats=2)
    assert list(found.roles) == ["r1f1", "r1f2", "r2f1", "r2f2"]


def test_a_column_of_the_main_table_is_one_fold():
    values = ["1", "1", "2", "3", None, "9"]
    found = published_roles(
        split(source=None, column="set", train="1", test="2"), registry(IDS[:6], published_role=values), None, folds=1, repeats=1
    )
    assert found.roles["r1f1"].tolist() == ["train", "train", "test", "", "", ""]
    assert found.left_out == 3


REFUSED = {
    "a column that is not there": (
        {"valid": "val"},
        [FIRST, SECOND],
        r"split file 1\.csv: there is no column \['val'\]; its columns are \['', 'train', 'test'\]: correct train, valid or test",
    ),
    "ids of another cohort": ({}, [FIRST, "train,test\nx1,x2\n"], r"split: in fold r1f2 not one of 2 listed patients is in the cohort"),
    "too few files": ({}, [FIRST], r"split: 1 published folds, the config asks for 2 .2 folds x 1 repeats."),
}


@pytest.mark.parametrize(("settings", "files", "words"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_fit_is_refused(tmp_path, settings, files, words):
    with pytest.raises(StageRefusal, match=words):
        published_roles(split(**settings), registry(), folder(tmp_path, *files), folds=2, repeats=1)


def test_a_file_that_was_altered_is_refused(tmp_path):
    inventory = folder(tmp_path, FIRST)
    (tmp_path / "splits" / "split_8.csv").write_text(SECOND)
    with pytest.raises(StageRefusal, match="altered"):
        published_roles(split(), registry(), inventory, folds=1, repeats=1)


def test_a_part_without_event_is_named(tmp_path):
    found = published_roles(split(), registry(), folder(tmp_path, FIRST), folds=1, repeats=1)
    with pytest.raises(StageRefusal, match=r"no event in r1f1 test: 4 events among 12 patients are too few for the published split"):
        found.with_valid(Outcome(np.arange(1.0, 13), np.arange(12) < 4), **DRAWING)


def test_the_split_of_survpath(tmp_path):
    """Each of 359 patients of BLCA is tested once in five folds, as published."""
    write_inventory(shared("tcga_survpath/splits_blca"), "*.csv", tmp_path / "inventory.parquet")
    ids = pd.read_csv(shared("tcga_survpath/metadata_tcga_blca.csv"), dtype=str)["case_id"].drop_duplicates()
    found = published_roles(split(test="val"), registry(ids), tmp_path / "inventory.parquet", folds=5, repeats=1)
    assert len(ids) == 359
    assert (sum((role == "test").astype(int) for role in found.roles.values()) == 1).all()
    assert [(role == "test").sum() for role in found.roles.values()] == [70, 72, 75, 71, 71]
    assert (found.strangers, found.left_out, len(found.doubled)) == (0, 0, 0)
