"""The negative control: a config line runs every cohort once more, with outcomes that belong to other patients."""

import pandas as pd
import pytest

from tests.project import Project, new_project


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    made = new_project(tmp_path_factory.mktemp("controls") / "project")
    made.configure(controls=["permuted_labels"])
    made.run("--", "results/ward/evaluate/cox/fold_metrics.parquet", "results/ward_permuted/evaluate/cox/fold_metrics.parquet")
    return made


def patients(project, cohort):
    return pd.read_parquet(project.folder / f"results/{cohort}/ingest/patients.parquet").set_index("patient_id")


def test_outcomes_are_dealt_out_anew_and_nothing_else_changes(project):
    real, control = patients(project, "ward"), patients(project, "ward_permuted")
    assert real.drop(columns=["days", "event"]).equals(control.drop(columns=["days", "event"]))
    assert not real[["days", "event"]].equals(control[["days", "event"]])
    assert sorted(map(tuple, real[["days", "event"]].to_numpy())) == sorted(map(tuple, control[["days", "event"]].to_numpy()))


def test_a_model_learns_from_the_real_and_nothing_from_the_control(project):
    c = {}
    for cohort in ("ward", "ward_permuted"):
        rows = pd.read_parquet(project.folder / f"results/{cohort}/evaluate/cox/fold_metrics.parquet")
        c[cohort] = rows.loc[rows["metric"] == "harrell_c", "value"].mean()
    assert c["ward"] > 0.65
    assert abs(c["ward_permuted"] - 0.5) < 0.15  # ninety patients


def test_the_report_says_so(project):
    project.run("--", "results/ward_permuted/figures/findings.html")
    page = (project.folder / "results/ward_permuted/figures/findings.html").read_text(encoding="utf-8")
    assert "A negative control: outcomes were dealt out anew among the patients." in page
