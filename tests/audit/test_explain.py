"""Walks: from a cell to the raw file, through what the cell rests on and nothing else."""

import json

import pytest

from tests.audit.world import PATIENTS, TARGETS
from workflow_scripts.audit.__main__ import main
from workflow_scripts.lib.audit.explain import JOINING, cell, explain, lines_of
from workflow_scripts.lib.contracts.files import sha256_of
from workflow_scripts.lib.errors import ConfigError
from workflow_scripts.lib.provenance.sidecar import SUFFIX

BOARD, PAGE = TARGETS
ROW = {"cohort": "ward", "family": "cox", "metric": "harrell_c"}


def paths(step):
    return [step.path, *(path for before in step.before for path in paths(before))]


def test_a_cell_leads_to_its_own_cohort_and_family_only(sealed):
    found = set(paths(explain(sealed.trail(), BOARD, ROW)))
    assert found == {
        *(BOARD, "results/ward/evaluate/cox/fold_metrics.parquet", "results/ward/student/cox/predictions.parquet"),
        *("results/ward/student/cox/bundle/MANIFEST.json", "results/ward/ingest/patients.parquet"),
        *("results/ward/ingest/sources/patients", "data/ward.csv"),
    }


def test_a_whole_artifact_leads_to_everything_it_was_made_from(sealed):
    trail = sealed.trail()
    found = set(paths(explain(trail, PAGE)))
    assert found == {*trail.closure([PAGE]), "data/ward.csv", "data/annex.csv"}


def test_rows_of_a_table_that_is_no_mere_joining_rest_on_all_inputs(world):
    """A corrected p-value, or a metric of pooled folds, rests on families and folds that its row does not name."""
    world.retell(BOARD, "predicate", "buildDefinition", "externalParameters", "rule", to="compare_families")
    assert "compare_families" not in JOINING
    assert "data/annex.csv" in paths(explain(world.trail(), BOARD, ROW))


def test_what_stands_above_is_not_told_again(sealed):
    lines = lines_of(explain(sealed.trail(), PAGE))
    told = [line for line in lines if line.endswith("results/ward/ingest/patients.parquet")]
    assert len(told) == 1
    assert sum(line.endswith("results/ward/ingest/patients.parquet  (above)") for line in lines) > 1


def test_the_value_of_the_cell_is_printed_above_its_walk(sealed, monkeypatch, capsys):
    monkeypatch.chdir(sealed.folder)
    assert main(["explain", BOARD, "--row", *(f"{name}={value}" for name, value in ROW.items()), "--column", "mean"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "mean = 0.08"
    assert lines[1] == BOARD
    assert f"sha256 {sha256_of(sealed.folder / BOARD)}" in lines[2]
    assert any(line.endswith("made by score_predictions cohort=ward family=cox") for line in lines)
    (place,) = (place for place, line in enumerate(lines) if line.endswith("data/ward.csv"))
    assert sha256_of(sealed.folder / "data/ward.csv") in lines[place + 1]
    assert lines[place + 2].endswith("from outside the run")


def test_machines_get_every_setting(sealed, monkeypatch, capsys):
    monkeypatch.chdir(sealed.folder)
    assert main(["explain", BOARD, "--json"]) == 0
    walk = json.loads(capsys.readouterr().out)["walk"]
    assert walk["params"] == {"seed": 1}
    assert {before["path"] for before in walk["inputs"]} == set(sealed.trail().artifacts[BOARD].read("input"))


def test_a_file_without_sidecar_is_said_to_be_one(world):
    (world.folder / f"results/ward/ingest/sources/patients{SUFFIX}").unlink()
    lines = lines_of(explain(world.trail(), BOARD, ROW))
    assert any("no sidecar: who made it is not known" in line for line in lines)


@pytest.mark.parametrize(
    ("row", "column", "said"),
    [
        ({"famly": "cox"}, None, "no column 'famly'; did you mean 'family'?"),
        (ROW, "men", "no column 'men'; did you mean 'mean'?"),
        ({"cohort": "ward"}, None, "4 rows are so; say more with --row, by one of the columns in which they differ: family, metric, mean"),
        ({"family": "coxx"}, None, "no row with family=coxx among those asked for; its columns: cohort, family, metric, mean"),
    ],
)
def test_a_cell_that_is_not_there_is_refused_by_what_there_is(sealed, row, column, said):
    with pytest.raises(ConfigError) as caught:
        cell(sealed.trail(), BOARD, row, column)
    assert str(caught.value) == f"{BOARD}: {said}"


def test_a_refusal_quotes_no_patient(sealed):
    with pytest.raises(ConfigError) as caught:
        cell(sealed.trail(), "results/ward/student/cox/predictions.parquet", {"log_risk": "8.0"}, None)
    assert "4 rows are so" in str(caught.value)
    assert not [patient for patient in PATIENTS[:3] if patient in str(caught.value)]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([BOARD, "--column", "mean"], "--column asks for --row"),
        ([BOARD, "--row", "cohort"], "--row cohort: expected COLUMN=VALUE"),
        (["results/leaderbord.parquet"], "no sidecar says who made it"),
        (["results/report/overview.html", "--row", "a=b"], "not a readable Parquet file"),
    ],
)
def test_what_cannot_be_asked_is_said_in_one_sentence(sealed, monkeypatch, capsys, words, said):
    monkeypatch.chdir(sealed.folder)
    assert main(["explain", *words]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
