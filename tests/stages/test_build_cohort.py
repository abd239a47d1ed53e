"""The script that builds the patients table: from what ships, and from one YAML file and tables of somebody else's."""

from pathlib import Path

import pytest
import yaml

from tests.ingest.worlds import table, write
from tests.registry import LEXICON
from workflow_scripts.ingest import build_cohort, fetch_source
from workflow_scripts.lib.config.base import parse, plain
from workflow_scripts.lib.config.cohort import CohortConfig, PatientsConfig
from workflow_scripts.lib.config.sources import FetchConfig
from workflow_scripts.lib.config.workflow import load_cohort
from workflow_scripts.lib.contracts.base import read_table
from workflow_scripts.lib.contracts.ingest import REFUSALS, read_cohort
from workflow_scripts.lib.contracts.registry import read_registry
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.raw.source import fetch_builtin

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
most_refused: 0.25
"""


def ours(path="cohort.csv", **changes):
    """Our registry's cohort file with some settings added."""
    return parse(CohortConfig, yaml.safe_load(YAML.replace("PATH", str(path))) | changes, "cohort")


def build(here, cohort, **raw):
    """Both scripts in turn, in a folder of their own, from the ``raw`` file of each source; what the second says."""
    sources = ["patients", *(f"tables.{name}" for name in sorted(cohort.tables))]
    for source in sources:
        cfg = parse(FetchConfig, {"source": plain(cohort.sources[source])}, "cfg")
        fetch_source.main(source=here / source, cfg=cfg, raw=raw.get(source.removeprefix("tables.")))
    return build_cohort.main(
        source=here / "patients",
        tables=[here / source for source in sources[1:]],
        **outputs(here),
        cfg=parse(
            PatientsConfig, {name: value for name, value in cohort.model_dump().items() if name in PatientsConfig.model_fields}, "cfg"
        ),
        lexicon=LEXICON,
        control=cohort.control,
        published=cohort.split and cohort.split.column,
        seed=1,
    )


def outputs(here):
    return {name: here / f"{name}.parquet" for name in ("patients", "registry", "refusals")}


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
    assert build(tmp_path, cfg) == said
    cohort = read_cohort(tmp_path / "patients.parquet")
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
    (tmp_path / "ours.yaml").write_text(YAML.replace("PATH", str(raw)), encoding="utf-8")
    assert build(tmp_path, load_cohort(tmp_path, "ours"), patients=raw) == "4 patients, 2 events, 0 refused"
    cohort = read_cohort(tmp_path / "patients.parquet")
    assert list(cohort.rows.index) == ["003", "007", "12", "9"]
    assert cohort.rows["days"].tolist() == [730.5, 365.25, 15.21875, 182.625]
    assert [(covariate.label, covariate.unit) for covariate in cohort.covariates] == [("age", "years"), ("stage", "")]
    assert read_table(tmp_path / "refusals.parquet", REFUSALS).empty
    registry = read_registry(tmp_path / "registry.parquet")
    assert list(registry.index) == list(registry["patient_id"]) == ["003", "007", "12", "9"]


def test_further_tables_come_in_the_order_of_their_names(tmp_path):
    raw = write(tmp_path, ".csv", table())
    for name, values in {"lab": "sodium\n007,140\n12,141", "biopsy": "nodes\n007,3\n12,0\n9,1"}.items():
        (tmp_path / f"{name}.csv").write_text(f"id,{values}\n", encoding="utf-8")
    tables = {name: {"source": {"kind": "table", "path": f"{name}.csv"}, "patient": {"column": "id"}} for name in ("lab", "biopsy")}
    covariates = {name: {"kind": "numeric", "label": name} for name in ("sodium", "nodes")}
    said = build(
        tmp_path, ours(tables=tables, covariates=covariates), patients=raw, lab=tmp_path / "lab.csv", biopsy=tmp_path / "biopsy.csv"
    )
    assert "; biopsy: 3 patients; lab: 2 patients; 2 columns not used: age, stage" in said
    rows = read_cohort(tmp_path / "patients.parquet").rows
    assert rows.loc["007", ["sodium", "nodes"]].tolist() == [140, 3]


def test_the_same_patients_are_the_same_bytes(tmp_path):
    for name, rows in {"one": [0, 1, 2, 3], "two": [3, 1, 0, 2]}.items():
        pseudonyms = ours(identifiers={"pseudonyms": True}, control="permuted_labels")
        build(tmp_path / name, pseudonyms, patients=write(tmp_path, ".csv", table().take(rows)))
    for path in outputs(tmp_path).values():
        assert (tmp_path / "one" / path.name).read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_bad_patients_go_to_refusals(tmp_path):
    raw = write(tmp_path, ".csv", table(months=["12", "0.5", "24", "0"]))
    assert build(tmp_path, ours(), patients=raw) == "3 patients, 2 events, 1 refused"
    refusals = read_table(tmp_path / "refusals.parquet", REFUSALS)
    assert refusals.to_numpy().tolist() == [["9", "time 'months': not > 0"]]
    assert "9" not in read_registry(tmp_path / "registry.parquet").index


def test_or_stop_the_cohort_with_nothing_written(tmp_path):
    raw = write(tmp_path, ".csv", table(months=["12", "0.5", "24", "0"]))
    with pytest.raises(StageRefusal, match="not > 0 in 1 of 4 rows"):
        build(tmp_path / "cohort", ours(strict=True), patients=raw)
    assert [path.name for path in (tmp_path / "cohort").iterdir()] == ["patients"]


def test_pseudonyms_are_in_every_table_and_only_the_registry_knows_who(tmp_path):
    ids = ["Erika-007", "Erika-12", "Erika-003", "Erika-9"]
    raw = write(tmp_path, ".csv", table(id=ids, months=["12", "0.5", "24", "0"]))
    said = build(tmp_path, ours(identifiers={"pseudonyms": True}), patients=raw)
    assert "Erika" not in said
    registry = read_registry(tmp_path / "registry.parquet")
    assert set(registry.index) == set(ids[:3])
    assert set(registry["patient_id"]) == {"P0001", "P0002", "P0003"}
    rows = read_cohort(tmp_path / "patients.parquet").rows
    assert rows.loc[registry.loc["Erika-12", "patient_id"], "days"] == 15.21875
    assert read_table(tmp_path / "refusals.parquet", REFUSALS)["patient_id"].tolist() == ["row 4"]


def test_permuted_labels_keep_pairs_and_covariates(tmp_path):
    raw = write(tmp_path, ".csv", table())
    build(tmp_path / "true", ours(), patients=raw)
    build(tmp_path / "control", ours(control="permuted_labels"), patients=raw)
    true, control = (read_cohort(tmp_path / name / "patients.parquet").rows for name in ("true", "control"))
    assert sorted(map(tuple, true[["days", "event"]].to_numpy())) == sorted(map(tuple, control[["days", "event"]].to_numpy()))
    assert true.drop(columns=["days", "event"]).equals(control.drop(columns=["days", "event"]))
    assert not true.equals(control)


def test_a_published_role_is_kept(tmp_path):
    raw = write(tmp_path, ".csv", table(part=["a", "b", "a", "b"]))
    build(tmp_path, ours(split={"column": "part", "train": "a", "test": "b"}), patients=raw)
    assert read_registry(tmp_path / "registry.parquet")["published_role"].to_dict() == {"003": "a", "007": "a", "12": "b", "9": "b"}


def test_deaths_coded_as_numbers_in_a_builtin_source_are_refused(tmp_path):
    cohort = load_cohort(COHORTS, "whas500")
    fetch_builtin(cohort.source, tmp_path / "source")
    cfg = parse(PatientsConfig, {name: plain(getattr(cohort, name)) for name in PatientsConfig.model_fields}, "cfg")
    wrong = cfg.model_copy(update={"event": cfg.event.model_copy(update={"seen": [2]})})
    with pytest.raises(StageRefusal, match=r"\('true'\) in 215 of 500 rows"):
        build_cohort.main(
            source=tmp_path / "source", **outputs(tmp_path), cfg=wrong, lexicon=LEXICON, control="none", published=None, seed=1
        )


def test_the_rule_hands_over_every_setting_of_the_mapping():
    rule = (COHORTS.parents[1] / "rules" / "ingest.smk").read_text(encoding="utf-8")
    assert "cfg=cohort_of(*PatientsConfig.model_fields)" in rule
