"""A cohort's file: what cannot be meant is refused before any job starts."""

from pathlib import Path

import pytest
import yaml

from tests.ingest.worlds import MAPPING
from workflow_scripts.lib.config.base import parse
from workflow_scripts.lib.config.cohort import OWN_COLUMNS, CohortConfig, MappingConfig, canonical
from workflow_scripts.lib.config.workflow import load_cohort
from workflow_scripts.lib.contracts.ingest import PATIENTS
from workflow_scripts.lib.errors import ConfigError

FOLDER = Path(__file__).parents[2] / "config" / "cohorts"
WORDS = {"description": "some patients", "subject": "patient", "endpoint": "death", "horizon_days": [100]}


def refused(**changes):
    with pytest.raises(ConfigError) as refusal:
        parse(CohortConfig, {**MAPPING, **WORDS, **changes}, "cohort")
    return str(refusal.value)


@pytest.mark.parametrize(
    ("code", "spelling"),
    [
        (1, "1.0"),
        (1.0, "1.0"),
        (" 1", "1.0"),
        ("1.", "1.0"),
        (True, "1.0"),
        ("FALSE", "0.0"),
        ("yes", "yes"),
        ("1e0", "1e0"),
        (0.5, "0.5"),
        ("", ""),
    ],
)
def test_canonical_codes(code, spelling):
    assert canonical(code) == spelling


@pytest.mark.parametrize(("seen", "censored"), [([1], [1]), ([1], [True]), (["1.0", 2], [0, 1])])
def test_a_code_cannot_mean_both(seen, censored):
    assert "listed as seen and as censored" in refused(event={"column": "status", "seen": seen, "censored": censored})


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"patient_id": "months"}, "months"),
        ({"patient_id": "age"}, "age"),
        ({"event": {"column": "months", "seen": [1], "censored": [0]}}, "months"),
        ({"ignored": {"status": "unused"}}, "status"),
    ],
)
def test_a_column_has_one_role(changes, column):
    assert f"['{column}'] used more than once among" in refused(**changes)


@pytest.mark.parametrize("name", OWN_COLUMNS)
def test_a_covariate_cannot_hide_the_outcome(name):
    assert f"['{name}'] would hide a column of the patients table" in refused(covariates={name: {"kind": "numeric", "label": "x"}})


def test_own_columns_are_those_of_the_contract():
    assert tuple(field.name for field in PATIENTS.fields) == OWN_COLUMNS


@pytest.mark.parametrize("levels", ["{no: none, yes: some}", "{1: low, 2: high}"])
def test_levels_must_be_quoted(levels):
    column = {"kind": "categorical", "label": "x", "levels": yaml.safe_load(levels)}
    assert "covariates.x.levels:" in refused(covariates={"x": column})
    assert "must be quoted" in refused(covariates={"x": column})


def test_numeric_covariates_take_no_levels():
    column = {"kind": "numeric", "label": "x", "levels": {"1": "low"}}
    assert refused(covariates={"x": column}) == "cohort.covariates.x: a numeric covariate takes no levels"


@pytest.mark.parametrize("covariates", [[], ["age"], "age", {}, None, {"age": None}, {"age": ["numeric"]}])
def test_covariates_that_are_none(covariates):
    assert "cohort.covariates" in refused(covariates=covariates)


@pytest.mark.parametrize("days", [[], [0], [365, 180], [180, 180]])
def test_horizons_rise(days):
    assert "horizon_days" in refused(horizon_days=days)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"kind": "builtin", "name": "gbsg"}, "cohort.source.builtin.name"),
        ({"kind": "web", "path": "x"}, "cohort.source"),
        ({"kind": "table", "path": "x.csv", "sha256": "abc"}, "cohort.source.table.sha256"),
        ({"kind": "table", "pth": "x.csv"}, "did you mean 'path'?"),
    ],
)
def test_sources_that_are_none(source, message):
    assert message in refused(source=source)


def test_the_parts_are_parts_of_the_whole():
    assert issubclass(CohortConfig, MappingConfig)
    assert set(MAPPING) <= set(MappingConfig.model_fields) < set(CohortConfig.model_fields)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_labels_of_the_cohorts_that_ship_are_short(path):
    cohort = load_cohort(FOLDER, path.stem)
    labels = [column.label for column in cohort.covariates.values()]
    assert len(set(labels)) == len(labels)
    assert max(len(label.split()) for label in labels) <= 3
    assert cohort.citation
