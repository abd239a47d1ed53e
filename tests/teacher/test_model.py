"""The teachers: what each says, that nobody is answered by a model that saw them, and what a bundle keeps."""

import json
from dataclasses import replace

import numpy as np
import pytest
from sksurv.metrics import concordance_index_censored

from tests.world import GRID, TEACHER, cohort, roles
from workflow_scripts.lib.contracts.ingest import Cohort
from workflow_scripts.lib.errors import ContractError, StageRefusal
from workflow_scripts.lib.survival.design import fit_design
from workflow_scripts.lib.survival.estimators import FITTERS, predict
from workflow_scripts.lib.survival.seeds import derive_seed
from workflow_scripts.lib.teacher.model import MEMBERS, SPEAKERS, crossfit, fit_teacher, load_crossfit, load_teacher, save_teacher

TRAIN = cohort().take(roles().query("role != 'test'")["patient_id"])


def with_row(train: Cohort, row: int, **values: object) -> Cohort:
    """The same patients, one of them with other values."""
    rows = train.rows.copy()
    for name, value in values.items():
        rows.iloc[row, rows.columns.get_loc(name)] = value
    return replace(train, rows=rows)


@pytest.fixture(scope="module")
def teacher():
    return fit_teacher(TRAIN, GRID, TEACHER, 1)


@pytest.fixture(scope="module")
def crossfitted():
    return crossfit(TRAIN, GRID, TEACHER, 1)


def same(a, b):
    """Per patient, whether every speaker says exactly the same."""
    return np.all(
        [np.all(a[name].survival == b[name].survival, axis=1) & (a[name].log_risk == b[name].log_risk) for name in SPEAKERS], axis=0
    )


def test_members_are_the_estimators(teacher):
    columns = fit_design(TRAIN.values).transform(TRAIN.values)
    said = teacher.speak(TRAIN.values)
    for name in MEMBERS:
        arrays = FITTERS[name](columns, TRAIN.outcome, GRID.days, **getattr(TEACHER, name).model_dump(), seed=derive_seed(1, name))
        assert np.array_equal(said[name].survival, predict(name, arrays, columns).survival)


def test_average_is_the_mean_of_the_members_curves(teacher):
    said = teacher.speak(cohort().values)
    assert said["average"].survival == pytest.approx(sum(said[name].survival for name in MEMBERS) / 3)


def test_every_teacher_finds_the_hazard(crossfitted):
    for name in SPEAKERS:
        assert concordance_index_censored(TRAIN.outcome.event, TRAIN.outcome.days, crossfitted[name].log_risk)[0] > 0.55, name


def test_nobody_is_answered_by_a_model_that_saw_their_outcome(crossfitted):
    """Each patient's days are changed in turn: their own part's answers stay, every other patient's answer moves."""
    for row in (0, 37):
        days = 3.0 if TRAIN.outcome.days[row] > 500 else 1400.0
        stays = same(crossfitted, crossfit(with_row(TRAIN, row, days=days), GRID, TEACHER, 1))
        assert stays[row]
        assert stays.sum() == len(TRAIN) // TEACHER.crossfit_folds


def test_nobody_is_answered_by_a_model_that_saw_their_covariates(crossfitted):
    """An absurd age moves the scale of ages, and a new site the columns, of the models of the other part alone."""
    stays = same(crossfitted, crossfit(with_row(TRAIN, 5, age=1e4, site="nowhere"), GRID, TEACHER, 1))
    assert not stays[5]
    assert stays.sum() == len(TRAIN) // TEACHER.crossfit_folds - 1


def test_answers_are_in_the_order_of_the_patients():
    """With as many parts as are allowed each answer comes from a model that can be fitted here by hand."""
    said = crossfit(TRAIN, GRID, TEACHER, 1)["cox"]
    part = same(
        dict.fromkeys(SPEAKERS, said), {name: crossfit(with_row(TRAIN, 0, days=1400.0), GRID, TEACHER, 1)["cox"] for name in SPEAKERS}
    )
    others = TRAIN.take(TRAIN.rows.index[~part])
    answers = [fit_teacher(others, GRID, TEACHER, derive_seed(1, "crossfit", index)).speak(TRAIN.values)["cox"] for index in (0, 1)]
    assert any(np.array_equal(said.survival[part], answer.survival[part]) for answer in answers)


def test_save_and_load_change_nothing(teacher, crossfitted, tmp_path):
    ids = list(TRAIN.rows.index)
    save_teacher(tmp_path / "model" / "MANIFEST.json", teacher, ids, crossfitted)
    loaded = load_teacher(tmp_path / "model" / "MANIFEST.json")
    assert loaded.design == teacher.design
    assert same(teacher.speak(cohort().values), loaded.speak(cohort().values)).all()
    back_ids, back = load_crossfit(tmp_path / "model" / "MANIFEST.json")
    assert back_ids == ids
    assert same(crossfitted, back).all()


def test_an_altered_file_is_refused(teacher, crossfitted, tmp_path):
    save_teacher(tmp_path / "MANIFEST.json", teacher, list(TRAIN.rows.index), crossfitted)
    design = json.loads((tmp_path / "design.json").read_text(encoding="utf-8"))
    design["centre"]["age"] += 1
    (tmp_path / "design.json").write_text(json.dumps(design), encoding="utf-8")
    (tmp_path / "cox.safetensors").unlink()
    for load in (load_teacher, load_crossfit):
        with pytest.raises(ContractError, match=r"cox\.safetensors, design\.json missing or altered"):
            load(tmp_path / "MANIFEST.json")


def test_too_few_events_to_leave_some_out_are_refused():
    rows = TRAIN.rows.assign(event=np.arange(len(TRAIN)) < 1)
    with pytest.raises(StageRefusal, match="1 events among 100 training patients"):
        crossfit(replace(TRAIN, rows=rows), GRID, TEACHER, 1)
