"""The examples that ship, on the real files that nobody here wrote: what their comments promise is so."""

import re

import numpy as np
import pandas as pd
import pytest
import yaml

from tests.ingest.examples import FOLDER, Built
from tests.shared import shared
from workflow_scripts.lib.config.workflow import load_cohort
from workflow_scripts.lib.ingest.raw.folder import read_inventory

COUNTS = {  # patients, events, refused, covariates
    "metabric": (1903, 1103, 1, 9),
    "support": (8873, 6036, 0, 14),
    "rott2": (2982, 1272, 0, 10),
    "flchain": (7871, 2166, 3, 8),
    "colon": (929, 452, 0, 9),
    "pbc": (312, 125, 0, 6),
    "tcga_blca": (359, 156, 0, 4),
    "tcga_kirc": (345, 92, 0, 5),
}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The examples, each built once."""
    done = {}

    def of(name):
        if name not in done:
            done[name] = Built(name, tmp_path_factory.mktemp(name))
        return done[name]

    return of


@pytest.mark.parametrize(("name", "counts"), COUNTS.items())
def test_counts(built, name, counts):
    found = built(name)
    patients, events, refused, covariates = counts
    assert found.said.startswith(f"{patients} patients, {events} events, {refused} refused")
    assert (len(found.patients), int(found.patients.outcome.event.sum())) == (patients, events)
    assert found.refusals["patient_id"].nunique() == refused
    assert len(found.patients.covariates) == covariates


@pytest.mark.parametrize("name", COUNTS)
def test_every_word_is_needed_and_every_column_has_its_place(built, name):
    found = built(name)
    for covariate in found.patients.covariates:
        if covariate.kind == "categorical":
            assert set(found.patients.rows[covariate.name].dropna()) == set(covariate.levels), covariate.name
    labels = [covariate.label for covariate in found.patients.covariates]
    assert len(set(labels)) == len(labels)
    assert max(len(label.split()) for label in labels) <= 3
    seen = found.patients.outcome.days[found.patients.outcome.event]
    assert all(min((seen < days).sum(), (seen > days).sum()) >= 5 for days in found.cohort.horizon_days), (
        "horizons without events around them"
    )
    assert name == "tcga_kirc" or "columns not used" not in found.said


def test_the_time_of_zero_of_metabric_is_refused(built):
    assert built("metabric").refusals["reason"].tolist() == ["time 't': not > 0"]
    days = built("metabric").patients.rows["days"]
    assert np.allclose(days, days.round(), atol=0.01), "months are of 30 days"


def test_genes_of_metabric_are_in_the_order_of_the_stains(built):
    rows = built("metabric").patients.rows
    receptor = (rows["x7"] == "1").astype(float)
    correlation = {name: np.corrcoef(rows[name], receptor)[0, 1] for name in ("x0", "x1", "x3")}
    assert correlation["x0"] < -0.4, "EGFR falls with oestrogen receptors"
    assert correlation["x1"] > 0.3, "PGR rises with them"
    assert correlation["x3"] < -0.3, "MKI67 falls with them"
    assert 0.1 < (rows["x2"] > 12.5).mean() < 0.2, "ERBB2 is amplified in one of seven"


@pytest.mark.parametrize(("name", "train", "test"), [("metabric", 1523, 380), ("support", 7098, 1775)])
def test_published_roles_are_in_the_registry(built, name, train, test):
    assert built(name).registry["published_role"].value_counts().to_dict() == {"train": train, "test": test}


def test_the_cause_of_death_of_flchain_would_give_the_outcome_away(built):
    rows = pd.read_csv(shared("tab_survset/flchain.csv"))
    assert ((rows["fac_chapter"] == "missing") == (rows["event"] == 0)).all()
    assert "fac_chapter" in built("flchain").cohort.ignored
    assert set(built("flchain").refusals["reason"]) == {"time 'time': not > 0"}


def test_bladder_patients_have_whole_days_and_their_hospital(built):
    found = built("tcga_blca")
    days = found.patients.rows["days"]
    assert np.allclose(days, days.round(), atol=1e-6)
    assert days["TCGA-2F-A9KO"] == pytest.approx(734)
    assert found.registry["site"].nunique() == 33
    assert "clinical: 359 patients and 53 rows of others" in found.said
    assert found.patients.rows["stage"].isna().sum() == 25


def test_the_published_folds_of_bladder_are_of_its_patients(built):
    found = built("tcga_blca")
    folder = read_inventory(found.fetch("split"))
    assert folder.files["path"].tolist() == [f"splits_{fold}.csv" for fold in range(5)]
    split = found.cohort.split
    fold = pd.read_csv(folder.path("splits_0.csv"))
    assert {*fold[split.train].dropna(), *fold[split.test].dropna()} == set(found.patients.rows.index)


def test_kidney_is_censored_where_censorship_is_1(built):
    rows = built("tcga_kirc").patients.rows
    assert not rows["event"]["TCGA-3Z-A93Z"]
    assert rows["event"]["TCGA-A3-3311"]
    assert rows["is_female"].isna().sum() == 1


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_examples_parse_and_name_no_place_of_ours(path):
    cohort = load_cohort(FOLDER, path.stem)
    assert all(source.path.startswith("data/") for source in cohort.sources.values() if source.kind in ("table", "folder"))


@pytest.mark.parametrize("name", COUNTS)
def test_examples_say_where_they_are_from_and_what_to_beware_of(name):
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    assert "# Traps:" in text
    assert "of github.com/" in text or ": github.com/" in text
    assert yaml.safe_load(text)["citation"]


@pytest.mark.parametrize(("name", "genes", "with_all"), [("tcga_blca", 1577, 358), ("tcga_kirc", 1556, 334)])
def test_patients_with_text_genes_and_outcome(built, name, genes, with_all):
    """The counts of the data's own description."""
    found = built(name)
    expression, reports = found.expression(), found.reports()
    assert len(expression.genes) == genes
    assert np.isfinite(expression.values).all()
    assert len(set(reports["patient_id"]) & set(expression.patient_ids) & set(found.patients.rows.index)) == with_all


@pytest.mark.parametrize("name", ["tcga_blca", "tcga_kirc"])
def test_no_barcode_and_no_uuid_is_left_in_a_report(built, name):
    reports = built(name).reports()
    text = "\n".join(reports["text"])
    assert not re.search(r"(?i)TCGA-[A-Z0-9]{2}-[A-Z0-9]{4}", text)
    assert not re.search(r"(?i)[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}", text)
    assert not reports.apply(lambda row: row["patient_id"].lower() in row["text"].lower(), axis=1).any()
    assert reports["replaced"].sum() > len(reports) / 2


def test_what_a_pathologist_wrote_is_left(built):
    text = "\n".join(built("tcga_blca").reports()["text"])
    wanted = {r"pT[1-4][ab]?\b": 100, r"\d(\.\d)? ?x ?\d(\.\d)?": 500, r"lymph nodes?": 500, r"8120/3": 2, r"margins?": 500}
    for words, fewest in wanted.items():
        assert len(re.findall(words, text, re.IGNORECASE)) > fewest, words
