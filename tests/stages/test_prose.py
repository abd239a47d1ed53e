"""From cases and what a model wrote of them to rates and a page."""

import re

import numpy as np
import pandas as pd
import pytest

from tests.world import FOLD, GRID, SEED, Stages, cohort, roles
from workflow_scripts.evaluate import check_prose
from workflow_scripts.lib.config.prose import ProseConfig
from workflow_scripts.lib.config.report import ReportConfig
from workflow_scripts.lib.contracts.base import read_table, write_table
from workflow_scripts.lib.contracts.cases import CASES
from workflow_scripts.lib.contracts.evaluate import PROSE_CHECKS, PROSE_SCORES
from workflow_scripts.lib.contracts.predictions import PREDICTIONS, prediction_rows
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.evaluate.figures.pages import LARGEST
from workflow_scripts.lib.survival.outcome import log_risk_of
from workflow_scripts.report import show_prose

TEST = roles().query("role == 'test'")
UNREAD, STRANGE = 0, 1  # of the test patients


@pytest.fixture(scope="module")
def stages(tmp_path_factory) -> Stages:
    """The cohort's cases, and a model that writes what the teacher would, but for one text unread and one with somebody else's age."""
    made = Stages(tmp_path_factory.mktemp("prose"))
    made.ingest(cohort())
    made.tell()
    own = read_table(made.cases, CASES, {"copy": 0}).set_index("patient_id").loc[TEST["patient_id"]]
    curves, texts = np.stack(own["teacher_survival"].tolist()), list(own["completion"])
    texts[STRANGE] = re.sub(r"Worse: .*", "Worse: age 999 years. Better: nothing.", texts[STRANGE])
    risk = np.where(np.arange(len(texts)) == UNREAD, np.nan, log_risk_of(curves))
    rows = [
        prediction_rows(FOLD, TEST, "verbal", risk, curves, texts),
        prediction_rows(FOLD, TEST, "combined", log_risk_of(curves), curves),
    ]
    write_table(pd.concat(rows), made.root / "predictions.parquet", PREDICTIONS)
    return made


def checked(stages: Stages, **changed) -> str:
    made = {name: stages.root / f"{name}.parquet" for name in ("prose_checks", "prose_scores")}
    given = {"cases": [stages.cases], "predictions": [stages.root / "predictions.parquet"], "time_grid": stages.inputs["time_grid"]}
    how = {"cfg": ProseConfig(tolerance=1.0), "bootstrap": 50, "covariates": True, "folds": [FOLD], "seed": SEED}
    return check_prose.main(**{**given, **how, **changed}, **made)


@pytest.fixture(scope="module")
def scores(stages) -> pd.DataFrame:
    said = checked(stages)
    found = read_table(stages.root / "prose_scores.parquet", PROSE_SCORES, {"fold": "all"}).set_index("check")
    assert said == f"{len(TEST)} texts, 1 not read; rate of faultless ones {found.loc['faultless', 'value']:.2f}"
    return found


def test_every_test_patient_is_checked_and_nobody_else(stages, scores):
    checks = read_table(stages.root / "prose_checks.parquet", PROSE_CHECKS)
    assert set(checks["patient_id"]) == set(TEST["patient_id"])
    assert set(checks["check"]) == set(scores.index)


def test_a_teacher_is_faithful_to_itself(scores):
    """Its line is its curve, and its findings are the patient's own; but for the texts that were spoilt."""
    assert scores.loc["read", "value"] == pytest.approx((len(TEST) - 1) / len(TEST))
    for check in ("line_verbal", "line_combined", "side", "formed"):
        assert scores.loc[check, "value"] == 1
    assert scores.loc["level", "value"] == scores.loc["level_taught", "value"] > 0.6  # from log-risks, and not from curves, as here
    assert scores.loc["error_verbal", "value"] < 0.5  # rounding
    assert scores.loc["finding", "value"] == pytest.approx(1 - 1 / scores.loc["finding", "claims"])
    assert scores.loc["finding", "lower"] < scores.loc["finding", "value"] < 1


def test_without_covariates_a_teacher_who_knew_them_still_names_own_findings(stages, scores, tmp_path):
    """What a teacher may name is in the cases; numbers are looked up there too."""
    checked(stages, covariates=False)
    found = read_table(stages.root / "prose_scores.parquet", PROSE_SCORES, {"fold": "all"}).set_index("check")["value"]
    checked(stages)
    pd.testing.assert_series_equal(found, scores["value"])


def test_predictions_of_other_patients_are_refused(stages, tmp_path):
    rows = read_table(stages.root / "predictions.parquet", PREDICTIONS)
    write_table(rows[rows["patient_id"] != TEST["patient_id"].iloc[3]], tmp_path / "fewer.parquet", PREDICTIONS)
    with pytest.raises(StageRefusal, match=f"no answer for 1 of {len(TEST)} test patients"):
        checked(stages, predictions=[tmp_path / "fewer.parquet"])


@pytest.mark.parametrize("examples", [0, 2])
def test_a_few_texts_are_shown_without_ids_and_all_rates(stages, scores, examples):
    path = stages.root / "prose.html"
    given = (stages.inputs["patients"], stages.inputs["time_grid"], [stages.cases], [stages.root / "predictions.parquet"])
    how = {"tolerance": 1.0, "covariates": True, "cohort": "small", "family": "multimodal_llm", "folds": [FOLD], "seed": SEED}
    said = show_prose.main(*given, stages.root / "prose_scores.parquet", path, cfg=ReportConfig(examples=examples), **how)
    shown = int(said.split()[0])
    assert (shown == 0) if examples == 0 else (2 <= shown <= 5)
    page = path.read_text(encoding="utf-8")
    assert page.count("What was read<") == shown
    assert ("age 999 years" in page) == (examples > 0)  # the one with that fault is always among them
    assert ("could not be read: nothing" in page) == (examples > 0)
    assert not set(re.findall(r"\bp\d{3}\b", page))
    assert len(page.encode()) < LARGEST
    assert f"{100 * scores.loc['finding', 'value']:.1f} %" in page


def test_the_grid_reaches_every_horizon():
    """Else the tests above would compare nothing."""
    assert GRID.edges[-1] > 731
