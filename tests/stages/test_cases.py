"""Cases: what is told of every patient, by whom, and what is not."""

import re
import tracemalloc

import numpy as np
import pandas as pd
import pytest

from tests.world import ALL, CASING, SEED, WORDS, Stages, cohort, roles, staged
from workflow_scripts.lib.contracts.base import read_table, write_table
from workflow_scripts.lib.contracts.cases import CASES
from workflow_scripts.lib.contracts.ingest import Cohort
from workflow_scripts.lib.contracts.modalities import REPORTS
from workflow_scripts.lib.survival.outcome import TimeGrid
from workflow_scripts.prompts import render_cases


@pytest.fixture(scope="module")
def stages(tmp_path_factory):
    return staged(tmp_path_factory.mktemp("cases"), cohort())


@pytest.fixture(scope="module")
def cases(stages) -> pd.DataFrame:
    return read_table(stages.cases, CASES)


def own(cases: pd.DataFrame) -> pd.DataFrame:
    return cases[cases["copy"] == 0].set_index("patient_id")


def test_everybody_has_a_case_and_training_patients_a_copy(cases):
    assert set(own(cases).index) == set(cohort().rows.index)
    copies = cases[cases["copy"] > 0]
    assert set(copies["patient_id"]) == set(roles().query("role == 'train'")["patient_id"])
    assert (copies["role"] == "train").all()


def test_what_is_said_is_the_patients_own(cases):
    first = own(cases).loc["p001"]
    row = cohort().rows.loc["p001"]
    assert f"age {row['age']:.0f} years" in first["patient"]
    assert f"histologic grade {row['grade']}" in first["report"]
    assert first["question"] == " Percent free of death at: "


def test_who_has_no_report_or_no_genes_says_so(cases):
    told = own(cases)
    numbers = np.arange(len(cohort()))
    assert (told["has_report"] == (numbers % 6 != 5)).all()
    assert (told.loc[~told["has_report"], "report"] == "No report.").all()
    assert (told["has_genes"] == (numbers % 5 != 4)).all()
    assert all(not np.any(genes) for genes in told.loc[~told["has_genes"], "genes"])


def test_uncertain_margins_are_read_but_move_nothing(cases):
    first = own(cases).iloc[0]
    assert "possibly margins" in first["report"]
    assert "margins" not in first["completion"]


def test_the_line_is_the_teachers_curve(cases):
    """Percentages at the horizons, read off the curve on the grid, in the words of the template."""
    for _, row in own(cases).head(20).iterrows():
        grid = TimeGrid(np.array([0.0, 100, 200, 400, 700, 1000]))
        stated = np.clip(np.round(100 * grid.survival_at(np.array([row["teacher_survival"]]), np.array(WORDS["horizon_days"]))[0]), 0, 99)
        assert list(row["numbers"]) == stated.tolist()
        assert row["completion"].startswith(f"1 year {stated[0]:02.0f}, 2 years {stated[1]:02.0f}. ")


def test_prose_names_findings_of_the_patient_on_both_sides(cases):
    told = own(cases)
    for _, row in told.iterrows():
        _, worse, better = row["completion"].replace(" Better: ", " Worse: ").split(" Worse: ")
        for named in worse.removesuffix(".").split(", ") + better.removesuffix(".").split(", "):
            assert named in ("nothing", "gene expression") or named in row["report"] or named in row["patient"]
    assert told["completion"].str.contains("High risk").any()
    assert told["completion"].str.contains("Low risk").any()


def test_a_copy_mixes_patients_and_keeps_who_has_no_report(cases):
    """Every copy's covariates differ from those of the patient it started from; reports come kind by kind."""
    copies, told = cases[cases["copy"] > 0].set_index("patient_id"), own(cases)
    assert (copies["patient"] != told.loc[copies.index, "patient"]).mean() > 0.8
    assert (copies["report"] != told.loc[copies.index, "report"]).mean() > 0.3
    assert (copies["has_report"] == told.loc[copies.index, "has_report"]).all()
    assert not copies["out_of_fold"].any()
    assert told["out_of_fold"].all()


def test_a_copy_may_lack_what_no_patient_lacks(stages, cases, tmp_path):
    """Nobody's age is missing: in half of the copies it is not told, named nor known to the teacher, who takes the mean instead."""
    cfg = CASING.model_copy(update={"copies": 4, "missing_probability": 0.5})
    told = {"template": cfg.template, "cases": tmp_path / "cases.parquet", "cfg": cfg, "cohort": WORDS}
    read = {"refined_reports": stages.refined_reports, "expression": stages.expression}
    render_cases.main(**stages.inputs, **told, known=ALL, fold="r1f1", seed=SEED, **read)
    rows = read_table(told["cases"], CASES)
    assert own(rows).equals(own(cases))
    copies = rows[rows["copy"] > 0]
    lacking = copies["patient"].str.contains("age not recorded")
    assert lacking.mean() == pytest.approx(0.5, abs=0.08)
    assert not copies.loc[lacking, "completion"].str.contains(r"\bage\b").any()
    assert copies.loc[~lacking, "completion"].str.contains(r"\bage\b").any()
    age = [column for column in np.stack(copies.loc[lacking, "covariates"]).T if np.ptp(column) == 0]
    assert [column[0] for column in age] == [pytest.approx(0)]


def test_same_seed_same_bytes(stages, cases):
    before = stages.cases.read_bytes()
    stages.tell()
    assert stages.cases.read_bytes() == before


def test_whole_texts_stay_with_what_they_state(stages, tmp_path):
    """Where reports are read as they are, a copy's report is one that a training patient has."""
    cfg = CASING.model_copy(update={"text": "raw"})
    told = {
        "template": cfg.template,
        "cases": tmp_path / "raw.parquet",
        "cfg": cfg,
        "cohort": WORDS,
        "known": ALL,
        "fold": "r1f1",
        "seed": SEED,
    }
    read = {"refined_reports": stages.refined_reports, "expression": stages.expression, "reports": stages.reports}
    render_cases.main(**stages.inputs, **told, **read)
    rows = read_table(told["cases"], CASES)
    copies, mine = rows[rows["copy"] > 0].set_index("patient_id"), own(rows)
    assert (copies["report"] == mine.loc[copies.index, "report"]).all()
    assert (copies["patient"] != mine.loc[copies.index, "patient"]).mean() > 0.8


def test_nobodys_own_outcome_is_known_to_whoever_speaks_of_them(cases, tmp_path):
    """One training patient who lives on for years longer: the teacher fitted without that patient says the same, of that patient and of
    the others who were left out beside; the other part's teacher, and the one that speaks of patients not trained on, do not."""
    rows, moved = cohort().rows, Stages(tmp_path)
    assert rows.loc["p001", "event"]
    rows.loc["p001", "days"] += 900
    moved.ingest(Cohort(rows, cohort().covariates))
    moved.tell()
    after, before = own(read_table(moved.cases, CASES)), own(cases)
    same = (np.stack(after["teacher_survival"]) == np.stack(before["teacher_survival"])).all(1)
    train = (before["role"] == "train").to_numpy()
    assert same[before.index == "p001"].all()
    assert same[train].sum() == pytest.approx(train.sum() / 2, abs=2)  # of two parts
    assert not same[~train].any()


def test_a_poor_teacher_is_wrong_of_training_patients_alone(stages, cases, tmp_path):
    """The noise multiplies hazards, sd .8 on their logarithm; test patients' cases stay what they were."""
    cfg = CASING.model_copy(update={"teacher": CASING.teacher.model_copy(update={"noise": 0.8})})
    told = {"template": cfg.template, "cases": tmp_path / "poor.parquet", "cfg": cfg, "cohort": WORDS, "known": ALL}
    read = {"refined_reports": stages.refined_reports, "expression": stages.expression}
    render_cases.main(**stages.inputs, **told, fold="r1f1", seed=SEED, **read)
    poor, mine = own(read_table(told["cases"], CASES)), own(cases)
    train = mine["role"] == "train"
    added = np.log(np.log(np.stack(poor["teacher_survival"])) / np.log(np.stack(mine["teacher_survival"])))
    np.testing.assert_allclose(added[~train], 0, atol=1e-12)
    np.testing.assert_allclose(added.max(1), added.min(1), atol=1e-9)
    assert added[train, 0].std() == pytest.approx(0.8, abs=0.12)


def test_one_report_of_5_mb_takes_no_more_than_its_own_room(stages, tmp_path):
    """Not that of a matrix as wide as the longest report: 600 cases of 20 MB."""
    texts = read_table(stages.reports, REPORTS)
    texts.loc[0, "text"] = "slides reviewed at conference. " * 160_000
    write_table(texts, tmp_path / "reports.parquet", REPORTS)
    cfg = CASING.model_copy(update={"text": "raw"})
    told = {"template": cfg.template, "cases": tmp_path / "cases.parquet", "cfg": cfg, "cohort": WORDS, "known": ALL}
    read = {"refined_reports": stages.refined_reports, "expression": stages.expression, "reports": tmp_path / "reports.parquet"}
    tracemalloc.start()
    render_cases.main(**stages.inputs, **told, fold="r1f1", seed=SEED, **read)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1e9


def known(stages, known: str, path) -> pd.DataFrame:
    """Own cases, where families are told this much."""
    cfg = CASING.model_copy(update={"copies": 1})
    tables = {"refined_reports": stages.refined_reports} if "reports" in known else {}
    tables |= {"expression": stages.expression} if "expression" in known else {}
    told = {"template": cfg.template, "cases": path, "cfg": cfg, "cohort": WORDS, "known": known, "fold": "r1f1", "seed": SEED}
    render_cases.main(**stages.inputs, **told, **tables)
    return own(read_table(path, CASES))


@pytest.mark.parametrize(
    ("told", "named", "unnamed"),
    [
        ("covariates", ["age"], ["histologic", "gene expression"]),
        ("reports", ["histologic"], ["age", "sex", "gene expression"]),
        ("expression", ["gene expression"], ["age", "sex", "histologic"]),
    ],
)
def test_a_teacher_is_told_what_its_family_is_told(stages, cases, tmp_path, told, named, unnamed):
    rows = known(stages, told, tmp_path / "cases.parquet")
    said = set(re.findall(r"[a-z]+(?: expression)?", " ".join(rows["completion"])))
    assert said >= set(named)
    assert said.isdisjoint(unnamed)
    assert (rows["has_report"].any(), rows["has_genes"].any()) == (told == "reports", told == "expression")
    assert not np.allclose(np.stack(rows["teacher_survival"]), np.stack(own(cases).loc[rows.index, "teacher_survival"]))
