"""The student scripts, from tables to a bundle and predictions."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.world import FOLD, SEED, TEACHER, Stages, cohort, roles, staged
from workflow_scripts.lib.contracts.base import read_table
from workflow_scripts.lib.contracts.predictions import PREDICTIONS
from workflow_scripts.lib.contracts.student import HISTORY
from workflow_scripts.lib.contracts.teacher import TEACHER_CURVES
from workflow_scripts.lib.errors import ConfigError, ContractError
from workflow_scripts.student import fit_student, predict_student

WRITER = "workflow_scripts/lib/families/cox_distilled.py"
CFG = {
    "family": "cox_distilled",
    "tiny": {"layers": 1, "width": 16, "heads": 2, "word_pieces": 300},
    "steps": 3,
    "validate_every": 2,
    "batch_size": 32,
    "learning_rate": 1e-6,
    "matrix_rate": 1e-6,
}


@pytest.fixture(scope="module")
def stages(tmp_path_factory) -> Stages:
    return staged(tmp_path_factory.mktemp("stages"), cohort())


def fit(stages: Stages, folder: Path, cfg: dict, module: str, **tables: Path) -> str:
    where = {"bundle": folder / "bundle" / "MANIFEST.json", "history": folder / "history.parquet"}
    return fit_student.main(**stages.inputs, **where, cfg=cfg, fold=FOLD, seed=SEED, module=module, code="digest", **tables)


def predict(stages: Stages, folder: Path, cfg: dict, module: str, **tables: Path) -> tuple[str, pd.DataFrame]:
    path = folder / "predictions.parquet"
    said = predict_student.main(
        **stages.inputs, bundle=folder / "bundle" / "MANIFEST.json", predictions=path, cfg=cfg, fold=FOLD, module=module, **tables
    )
    return said, read_table(path, PREDICTIONS)


@pytest.fixture(scope="module")
def writer(stages, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("writer")
    assert fit(stages, folder, CFG, WRITER, prompts=stages.prompts) == "fitted on 100 patients, 3 steps"
    return folder


def test_a_family_fitted_in_closed_form(stages, tmp_path):
    cfg, module = {"inner_folds": 2}, "workflow_scripts/lib/families/cox.py"
    assert fit(stages, tmp_path, cfg, module) == "fitted on 100 patients, 0 steps"
    assert len(read_table(tmp_path / "history.parquet", HISTORY)) == 0
    said, rows = predict(stages, tmp_path, cfg, module)
    assert said == "120 patients, 1 outputs, 0 answers that could not be read"
    assert dict(zip(rows["patient_id"], rows["role"], strict=True)) == dict(roles().itertuples(index=False))
    assert set(rows["output"]) == {"risk"}


def test_history_has_a_row_per_look_role_and_term(writer):
    history = read_table(writer / "history.parquet", HISTORY)
    assert {tuple(row) for row in history[["step", "role", "term"]].to_numpy()} == {
        (step, role, term) for step in (2, 3) for role in ("train", "valid") for term in ("completion", "total")
    }
    assert np.isfinite(history["value"]).all()


def test_what_cannot_be_read_is_counted_and_left_open(stages, writer):
    """Having learnt next to nothing it does not write numbers; the expectation over its tokens can be read all the same."""
    said, rows = predict(stages, writer, CFG, WRITER, prompts=stages.prompts)
    written = rows[rows["output"] == "generated"]
    unread = int((~written["parsed"]).sum())
    assert unread > 60
    assert said == f"120 patients, 2 outputs, {unread} answers that could not be read"
    assert written["text"].notna().all()
    assert written.loc[~written["parsed"], ["log_risk", "survival"]].isna().all(axis=None)
    expected = rows[rows["output"] == "expectation"]
    assert expected["parsed"].all()
    assert expected["text"].isna().all()


def test_no_checkpoint_is_left_behind(writer):
    assert sorted(path.name for path in writer.iterdir() if path.name.startswith("resume")) == []


def test_two_processes_train_a_language_model_as_one_does_with_two_parts(stages, tmp_path):
    histories = []
    for name, setting in (("shared", {"processes": 2, "device": "cpu"}), ("alone", {"gradient_accumulation": 2})):
        cfg = {**CFG, "learning_rate": 1e-3, "matrix_rate": 1e-3, **setting}
        assert fit(stages, tmp_path / name, cfg, WRITER, prompts=stages.prompts) == "fitted on 100 patients, 3 steps"
        assert sorted(path.name for path in (tmp_path / name).iterdir()) == ["bundle", "history.parquet"]
        histories.append(read_table(tmp_path / name / "history.parquet", HISTORY))
    shared, alone = histories
    assert np.allclose(shared["value"], alone["value"], rtol=1e-4)
    assert shared["value"].iloc[-1] < shared["value"].iloc[0]


def test_an_altered_bundle_is_not_asked(stages, writer, tmp_path):
    copy = tmp_path / "bundle"
    copy.mkdir()
    for path in (writer / "bundle").iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    (copy / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ContractError, match=r"config\.json missing or altered"):
        predict(stages, tmp_path, CFG, WRITER, prompts=stages.prompts)


def test_settings_are_checked_again_in_the_job(stages, tmp_path):
    with pytest.raises(ConfigError, match=r"cfg: 'step' is not a setting here: did you mean 'steps'\?"):
        fit(stages, tmp_path, {**CFG, "step": 3}, WRITER, prompts=stages.prompts)


def test_the_family_cox_is_the_cox_teacher(tmp_path):
    """Same fold, same settings, same seed: the baseline and the teacher give the test patients the same curves."""
    stages = staged(tmp_path, cohort())
    bundle, predictions = tmp_path / "bundle" / "MANIFEST.json", tmp_path / "predictions.parquet"
    module, cfg = "workflow_scripts/lib/families/cox.py", TEACHER.cox.model_dump()
    fit_student.main(
        **stages.inputs, bundle=bundle, history=tmp_path / "history.parquet", cfg=cfg, fold=FOLD, seed=SEED, module=module, code=""
    )
    predict_student.main(**stages.inputs, bundle=bundle, predictions=predictions, cfg=cfg, fold=FOLD, module=module)
    ours = read_table(predictions, PREDICTIONS).query("role == 'test'")
    theirs = read_table(tmp_path / "teacher_curves.parquet", TEACHER_CURVES).query("role == 'test' and output == 'cox'")
    assert len(ours) > 10
    assert np.stack(ours["survival"]) == pytest.approx(np.stack(theirs["survival"]), abs=1e-12)
