"""A cohort's file: what cannot be meant is refused before any job starts."""

from pathlib import Path

import pytest
import yaml

from tests.ingest.worlds import MAPPING
from workflow_scripts.lib.config.base import parse
from workflow_scripts.lib.config.cohort import OWN_COLUMNS, CohortConfig, PatientsConfig
from workflow_scripts.lib.config.columns import canonical
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
    assert "listed as an event and as censored" in refused(event={"column": "status", "seen": seen, "censored": censored})


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
    assert "covariates.x: levels: " in refused(covariates={"x": column})
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


TABLE = {"kind": "table", "path": "x.csv"}
DATED = {"time": None, "event": None}
SIMULATED = {"kind": "simulated", "patients": 20}
REPORTS = {"source": {"kind": "part", "path": "reports"}, "patient": {}}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"source": {**TABLE, "path": "https://example.org/x.csv"}}, "an address needs sha256"),
        ({"patient_id": {"pattern": "^(.+)$"}}, "patient_id: expected column, beside pattern"),
        ({"patient_id": {"column": "id", "pattern": "^.+$"}}, "expected one group in parentheses, which is the id; found 0"),
        ({"patient_id": {"column": "id", "pattern": "^(.+"}}, "not a regular expression"),
        ({"tables": {"lab": {"source": TABLE, "patient": {}}}}, "patient: expected column"),
        ({"tables": {"lab": {"source": TABLE, "patient": {"column": "id"}}}, "patient_id": None}, "tables: need patient_id"),
        ({"several": {"take": "agreeing"}, "patient_id": None}, "several: need patient_id"),
        ({"several": {"take": "first"}}, "first and last need `by`"),
        ({"several": {"take": "agreeing", "by": "visit"}}, "agreeing takes none"),
        ({"time": {"column": "months", "unit": "months", "days_per_unit": 7.0}}, "days_per_unit: months have about 30.4375 days, found 7"),
        ({"event": {"column": "status", "censored": [0]}}, "expected either seen or causes"),
        ({"event": {"column": "status", "censored": [0], "seen": [1], "event_of_interest": "x"}}, "event_of_interest belongs to causes"),
        ({"event": {"column": "status", "censored": [0], "causes": {"1": "a", "2": "b"}}}, "one of ['a', 'b']; found None"),
        ({"event": {"column": "status", "censored": [0], "causes": {"0": "a"}, "event_of_interest": "a"}}, "as an event and as censored"),
        ({"event": {"column": "status", "censored": [0], "causes": yaml.safe_load("{1: a}"), "event_of_interest": "a"}}, "must be quoted"),
        ({"time": None}, "the outcome is given either by time and event, or by dates"),
        (DATED, "the outcome is given either by time and event, or by dates"),
        ({**DATED, "dates": {"index": {"column": "seen"}, "event": "died"}}, "event and end belong together"),
        ({**DATED, "dates": {"index": {"column": "seen", "date": "2020-01-01"}}}, "expected either column or date"),
        ({"dates": {"index": {"column": "age"}}}, "['age'] used more than once"),
        ({"site": "age"}, "['age'] used more than once"),
        ({"identifiers": {"columns": ["age"]}}, "identifiers: ['age'] are covariates too"),
        ({"split": {"train": "a"}}, "expected either source or column"),
        ({"reports": REPORTS}, "a part is of the simulated world, and source.kind is table"),
        ({"reports": REPORTS, "source": SIMULATED, "patient_id": None}, "reports: joined on the patient, so patient_id must be given"),
    ],
)
def test_settings_that_contradict_each_other(changes, message):
    assert message in refused(**changes)


def test_outcome_from_dates_needs_no_columns_of_time_and_event():
    dates = {"index": {"column": "seen"}, "event": "died", "end": {"date": "2020-12-31"}}
    cohort = parse(CohortConfig, {**MAPPING, **WORDS, **DATED, "dates": dates}, "cohort")
    assert cohort.roles == ["id", "seen", "died"]


def test_one_date_may_be_index_and_birth():
    dates = {"index": {"column": "born"}, "birth": "born", "event": "died", "end": {"date": "2020-12-31"}}
    assert parse(CohortConfig, {**MAPPING, **WORDS, **DATED, "dates": dates}, "cohort").roles == ["id", "born", "died"]


def test_sources_by_name():
    tables = {"lab": {"source": TABLE, "patient": {"column": "id"}}}
    cohort = parse(CohortConfig, {**MAPPING, **WORDS, "source": SIMULATED, "tables": tables, "reports": REPORTS}, "cohort")
    assert {name: source.kind for name, source in cohort.sources.items()} == {
        "patients": "simulated",
        "tables.lab": "table",
        "reports": "part",
    }


def test_the_parts_are_parts_of_the_whole():
    assert issubclass(CohortConfig, PatientsConfig)
    assert set(MAPPING) <= set(PatientsConfig.model_fields) < set(CohortConfig.model_fields)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_labels_of_the_cohorts_that_ship_are_short(path):
    cohort = load_cohort(FOLDER, path.stem)
    labels = [column.label for column in cohort.covariates.values()]
    assert len(set(labels)) == len(labels)
    assert max(len(label.split()) for label in labels) <= 3
    assert cohort.citation or cohort.source.kind == "simulated"


@pytest.mark.parametrize(
    ("time", "words"),
    [
        ({"fixed_days": 28, "column": "months", "unit": "months"}, "expected either column, with its unit, or fixed_days"),
        ({}, "expected either column, with its unit, or fixed_days"),
        ({"column": "months"}, "column and unit belong together"),
        ({"fixed_days": 0}, "greater than 0"),
    ],
)
def test_a_time_is_a_column_or_fixed(time, words):
    assert words in refused(time=time)


def test_a_joined_table_is_not_called_like_the_main_one():
    table = {"source": {"kind": "table", "path": "x.csv"}, "patient": {"column": "id"}}
    assert "other than patients, which is the main table; found ['patients']" in refused(tables={"patients": table})
