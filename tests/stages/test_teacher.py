"""The teacher scripts, from tables to tables."""

import numpy as np
import pandas as pd
import pytest

from tests.world import FOLD, GRID, SEED, TEACHER, Stages, cohort, roles
from workflow_scripts.lib.contracts.base import read_table
from workflow_scripts.lib.contracts.teacher import PROPORTIONAL_HAZARDS, TEACHER_CURVES
from workflow_scripts.lib.survival.design import fit_design
from workflow_scripts.lib.survival.seeds import derive_seed
from workflow_scripts.lib.teacher.model import SPEAKERS, crossfit, fit_teacher
from workflow_scripts.teacher import fit_teacher as fit_script
from workflow_scripts.teacher import predict_teacher

TRAIN = cohort().take(roles().loc[roles()["role"] != "test", "patient_id"])


@pytest.fixture(scope="module")
def taught(tmp_path_factory) -> tuple[Stages, str]:
    stages = Stages(tmp_path_factory.mktemp("taught"))
    stages.ingest(cohort())
    return stages, stages.teach()


@pytest.fixture(scope="module")
def curves(taught) -> pd.DataFrame:
    return read_table(taught[0].root / "teacher_curves.parquet", TEACHER_CURVES)


def test_what_was_done_is_said(taught):
    assert taught[1] == f"100 training patients, {len(fit_design(TRAIN.values).columns)} columns, ridge 10"


def test_everybody_has_a_curve_from_every_speaker(curves):
    assert set(curves["output"]) == set(SPEAKERS)
    for _, rows in curves.groupby("output"):
        assert list(rows["patient_id"]) == list(cohort().rows.index)
        assert dict(zip(rows["patient_id"], rows["role"], strict=True)) == dict(roles().itertuples(index=False))
    assert curves["survival"].map(len).eq(len(GRID)).all()
    assert curves["out_of_fold"].all()


def test_training_patients_are_answered_by_crossfitting_and_test_patients_by_the_folds_own_teacher(curves):
    seed = derive_seed(SEED, FOLD)
    test = cohort().take(roles().loc[roles()["role"] == "test", "patient_id"])
    expected = [
        (TRAIN, crossfit(TRAIN, GRID, TEACHER, seed), "the other parts of the training fold"),
        (test, fit_teacher(TRAIN, GRID, TEACHER, seed).speak(test.values), "the training fold"),
    ]
    for patients, said, fitted_on in expected:
        for name in SPEAKERS:
            rows = curves[curves["output"] == name].set_index("patient_id").loc[patients.rows.index]
            assert np.array_equal(rows["log_risk"], said[name].log_risk)
            assert np.array_equal(np.stack(rows["survival"]), said[name].survival)
            assert set(rows["fitted_on"]) == {fitted_on}


def test_proportional_hazards_are_checked_on_training_patients(taught):
    found = read_table(taught[0].root / "proportional_hazards.parquet", PROPORTIONAL_HAZARDS)
    assert set(found["column"]) == set(fit_design(TRAIN.values).columns)
    assert set(found["fold"]) == {FOLD}


def test_same_tables_same_bytes(taught, tmp_path):
    again = Stages(tmp_path)
    again.ingest(cohort())
    checks = tmp_path / "proportional_hazards.parquet"
    fit_script.main(**again.inputs, teacher=again.teacher, proportional_hazards=checks, cfg=TEACHER, fold=FOLD, seed=SEED)
    predict_teacher.main(again.inputs["patients"], again.inputs["folds"], again.teacher, tmp_path / "teacher_curves.parquet", FOLD)
    for name in ("teacher/MANIFEST.json", "teacher_curves.parquet", "proportional_hazards.parquet"):
        assert (tmp_path / name).read_bytes() == (taught[0].root / name).read_bytes()


def test_unseen_categories_are_counted(taught, tmp_path):
    rows = cohort().rows.assign(site=np.where(roles()["role"] == "test", "elsewhere", "left"))
    stages = Stages(tmp_path)
    stages.ingest(type(cohort())(rows, cohort().covariates))
    said = predict_teacher.main(stages.inputs["patients"], stages.inputs["folds"], taught[0].teacher, tmp_path / "curves.parquet", FOLD)
    assert said == "20 test patients; categories no training patient had: {'site': 20}"
