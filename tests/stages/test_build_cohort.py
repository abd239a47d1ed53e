"""The script that builds the patients table: from what ships, and from one YAML file and a table of somebody else's."""

from pathlib import Path

import pytest
import yaml

from tests.ingest.worlds import MAPPING, table, write
from workflow_scripts.ingest import build_cohort, fetch_source
from workflow_scripts.lib.config.base import parse
from workflow_scripts.lib.config.cohort import CohortConfig, MappingConfig, SourceConfig
from workflow_scripts.lib.config.workflow import load_cohort
from workflow_scripts.lib.contracts.base import read_table
from workflow_scripts.lib.contracts.ingest import REFUSALS, read_cohort
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.source import fetch_builtin

COHORTS = Path(__file__).parents[2] / "config" / "cohorts"

YAML = """
description: A registry of ours.
subject: patient
endpoint: death
source: {kind: table, path: PATH}
patient_id: id
time: {column: months, unit: months}
event: {column: status, seen: [1], censored: [0]}
covariates:
  age: {kind: numeric, label: age, unit: years}
  stage: {kind: categorical, label: stage, levels: {"1": early, "2": late}}
missing: ["NA"]
horizon_days: [365]
strict: STRICT
"""


def part(cohort: CohortConfig, model):
    """The keys of the cohort's file that a rule hands to its script."""
    return parse(model, {name: value for name, value in cohort.model_dump().items() if name in model.model_fields}, "cfg")


def build(root, cohort, name="cohort", table=None):
    """Both scripts in turn, in a folder of their own; what the second says."""
    here = root / name
    fetch_source.main(here / "source", part(cohort, SourceConfig), table)
    return build_cohort.main(here / "source", here / "patients.parquet", here / "refusals.parquet", part(cohort, MappingConfig))


@pytest.mark.parametrize(
    ("name", "said", "covariates"),
    [
        ("gbsg2", "686 patients, 299 events, 0 refused", 8),
        ("actg320", "1151 patients, 96 events, 0 refused", 11),
        ("whas500", "500 patients, 215 events, 0 refused; 1 patients equal another one in all but their id: are they the same?", 13),
    ],
)
def test_cohorts_that_ship(tmp_path, name, said, covariates):
    cfg = load_cohort(COHORTS, name)
    assert build(tmp_path, cfg, name) == said
    cohort = read_cohort(tmp_path / name / "patients.parquet")
    assert len(cohort.covariates) == covariates
    assert not cohort.values.isna().any(axis=None)
    for covariate in cohort.covariates:
        if covariate.kind == "categorical":
            assert set(cohort.rows[covariate.name]) == set(covariate.levels), "words for levels that are not there"
    seen = cohort.outcome.days[cohort.outcome.event]
    assert all(min((seen < days).sum(), (seen > days).sum()) >= 5 for days in cfg.horizon_days), "horizons without events around them"


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet"])
def test_a_table_needs_only_its_yaml(tmp_path, suffix):
    raw = write(tmp_path, suffix, table())
    (tmp_path / "ours.yaml").write_text(YAML.replace("PATH", str(raw)).replace("STRICT", "true"), encoding="utf-8")
    assert build(tmp_path, load_cohort(tmp_path, "ours"), table=raw) == "4 patients, 2 events, 0 refused"
    cohort = read_cohort(tmp_path / "cohort" / "patients.parquet")
    assert list(cohort.rows.index) == ["003", "007", "12", "9"]
    assert cohort.rows["days"].tolist() == [730.5, 365.25, 15.21875, 182.625]
    assert [(covariate.label, covariate.unit) for covariate in cohort.covariates] == [("age", "years"), ("stage", "")]
    assert read_table(tmp_path / "cohort" / "refusals.parquet", REFUSALS).empty


def test_the_same_patients_are_the_same_bytes(tmp_path):
    cfg = load_cohort_from(tmp_path, strict=True)
    for name, rows in {"one": [0, 1, 2, 3], "two": [3, 1, 0, 2]}.items():
        build(tmp_path, cfg, name, write(tmp_path, ".csv", table().take(rows)))
    assert (tmp_path / "one" / "patients.parquet").read_bytes() == (tmp_path / "two" / "patients.parquet").read_bytes()


def test_bad_patients_go_to_refusals(tmp_path):
    raw = write(tmp_path, ".csv", table(status=["1", "0", "1", "2"]))
    assert build(tmp_path, load_cohort_from(tmp_path, strict=False), table=raw) == "3 patients, 2 events, 1 refused"
    refusals = read_table(tmp_path / "cohort" / "refusals.parquet", REFUSALS)
    assert refusals.to_numpy().tolist() == [["9", "event 'status': a code listed neither as seen nor as censored"]]


def test_or_stop_the_cohort_with_nothing_written(tmp_path):
    raw = write(tmp_path, ".csv", table(status=["1", "0", "1", "2"]))
    with pytest.raises(StageRefusal, match=r"\('2'\) in 1 of 4 rows"):
        build(tmp_path, load_cohort_from(tmp_path, strict=True), table=raw)
    assert [path.name for path in (tmp_path / "cohort").iterdir()] == ["source"]


def test_deaths_coded_as_numbers_in_a_builtin_source_are_refused(tmp_path):
    cfg = part(load_cohort(COHORTS, "whas500"), MappingConfig)
    fetch_builtin(cfg.source, tmp_path / "source")
    wrong = cfg.model_copy(update={"event": cfg.event.model_copy(update={"seen": [2]})})
    with pytest.raises(StageRefusal, match=r"\('true'\) in 215 of 500 rows"):
        build_cohort.main(tmp_path / "source", tmp_path / "patients.parquet", tmp_path / "refusals.parquet", wrong)


def load_cohort_from(folder, strict):
    text = YAML.replace("PATH", "cohort.csv").replace("STRICT", str(strict).lower())
    return parse(CohortConfig, yaml.safe_load(text), "cohort")


def test_the_rule_hands_over_every_setting_of_the_mapping():
    rule = (COHORTS.parents[1] / "rules" / "ingest.smk").read_text(encoding="utf-8")
    keys = ", ".join(f'"{name}"' for name in ("source", "patient_id", "time", "event", "covariates", "missing", "ignored", "strict"))
    assert f"cohort_of({keys})" in rule
    assert set(MappingConfig.model_fields) == set(yaml.safe_load(f"[{keys}]"))
    assert set(MAPPING) <= set(MappingConfig.model_fields)
