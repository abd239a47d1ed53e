"""The audit of a real run: sealed, verified, explained, shared; and every tampering found."""

import json
import shutil
import subprocess

import pytest

from tests.project import CONFIG, new_project
from tests.workflow.tamper import Tamperer
from workflow_scripts.audit.__main__ import main
from workflow_scripts.lib.audit.verify import verify
from workflow_scripts.lib.contracts.files import sha256_of
from workflow_scripts.lib.provenance.code import parse_again

TAMPERINGS = 560
AUDIT = "results/audit"


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run of one family, sealed twice."""
    project = new_project(tmp_path_factory.mktemp("audit") / "project")
    project.write("config/config.yaml", {**CONFIG, "student": {"families": {"cox": CONFIG["student"]["families"]["cox"]}}})
    project.run()
    first = {name: sha256_of(project.folder / AUDIT / name) for name in ("ledger.parquet", "edges.parquet", "crate/ro-crate-metadata.json")}
    project.run("--forcerun", "seal_artifacts")
    assert first == {name: sha256_of(project.folder / AUDIT / name) for name in first}
    return project


@pytest.fixture(scope="module")
def spoiled(finished, tmp_path_factory):
    """A copy to tamper with, and to put right each time."""
    return finished.copy(tmp_path_factory.mktemp("spoiled") / "project").folder


def findings(folder):
    return [str(found) for found in verify(folder / "results", folder)[1]]


def test_a_clean_run_has_no_findings(finished, monkeypatch, capsys):
    monkeypatch.chdir(finished.folder)
    assert main(["verify"]) == 0
    assert capsys.readouterr().out.endswith("no findings\n")


def test_sha256sum_is_content_with_the_manifest(finished):
    done = subprocess.run(["sha256sum", "--quiet", "-c", f"{AUDIT}/manifest.sha256"], cwd=finished.folder, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    listed = {line.split("  ")[1] for line in (finished.folder / AUDIT / "manifest.sha256").read_text(encoding="utf-8").splitlines()}
    assert listed >= {"data/ward.csv", "config/config.yaml", "config/cohorts/ward.yaml", "results/leaderboard.parquet"}
    assert any("/bundle/survdistill_state" in name for name in listed)


def test_every_sealing_is_a_line_of_the_run_index(finished):
    lines = (finished.folder / AUDIT / "runs.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["number"] for line in lines] == [1, 2]


def test_every_tampering_is_found_and_the_file_named(spoiled):
    tamperer = Tamperer(spoiled, seed=4)
    ways = tamperer.methods()
    for number in range(TAMPERINGS):
        way = ways[number % len(ways)]
        touched = way()
        found = verify(spoiled / "results", spoiled)[1]
        for name in touched:
            assert any(name == finding.path for finding in found), (way.__name__, name, [str(f) for f in found[:5]])
        assert len(found) <= 6, (way.__name__, touched, [str(f) for f in found])  # what only follows is not told of
        tamperer.undo()
    assert not findings(spoiled)


def test_other_code_is_found_but_a_comment_is_not(spoiled):
    path = spoiled / "workflow_scripts/lib/survival/cox.py"
    before = path.read_text(encoding="utf-8")
    path.write_text(before + "# a remark\n", encoding="utf-8")
    assert not findings(spoiled)
    path.write_text(before + "SLOPPY = True\n", encoding="utf-8")
    assert all(found.startswith("code differs  workflow_scripts/lib/survival/cox.py: ") for found in findings(spoiled))
    assert len(findings(spoiled)) == 1
    path.write_text(before, encoding="utf-8")
    parse_again(spoiled)
    assert not findings(spoiled)


def test_another_lock_is_found(spoiled):
    path = spoiled / "envs/lock.txt"
    before = path.read_bytes()
    path.write_bytes(before + b"another==1.0\n")
    (found,) = findings(spoiled)
    assert found.startswith("lock differs  envs/lock.txt: ")
    path.write_bytes(before)


def test_what_was_made_again_after_the_seal_is_told_so_until_it_is_sealed(finished, tmp_path):
    project = finished.copy(tmp_path / "project")
    project.run("--force", "results/ward/evaluate/comparisons.parquet")
    (found,) = findings(project.folder)
    assert found.startswith("made again  results/ward/evaluate/comparisons.parquet: ")
    assert "--forcerun seal_artifacts" in found


def test_a_run_that_was_moved_is_still_whole(finished, tmp_path):
    shutil.copytree(finished.folder / "results", tmp_path / "archive")
    kinds = {found.split("  ")[0] for found in findings_elsewhere(tmp_path / "archive", finished.folder)}
    assert kinds == {"raw gone", "config missing"}


def findings_elsewhere(results, root):
    return [str(found) for found in verify(results, root)[1]]


def test_a_second_run_from_the_crate_has_the_same_bytes_elsewhere(finished, tmp_path, monkeypatch, capsys):
    other = new_project(tmp_path / "elsewhere")
    shutil.rmtree(other.folder / "config")
    shutil.copytree(finished.folder / AUDIT / "crate/config", other.folder / "config")
    other.run()
    for name in ("ledger.parquet", "edges.parquet"):
        assert (other.folder / AUDIT / name).read_bytes() == (finished.folder / AUDIT / name).read_bytes()
    monkeypatch.chdir(other.folder)
    assert main(["diff", "results", str(finished.folder / AUDIT)]) == 0
    assert capsys.readouterr().out.startswith("the same: ")


def test_a_cell_leads_to_the_raw_file(finished, monkeypatch, capsys):
    monkeypatch.chdir(finished.folder)
    words = ["--row", "cohort=ward", "family=cox", "metric=harrell_c", "--column", "mean"]
    assert main(["explain", "results/leaderboard.parquet", *words]) == 0
    said = capsys.readouterr().out
    assert said.startswith("mean = 0.")
    assert "data/ward.csv\n" in said
    assert sha256_of(finished.folder / "data/ward.csv") in said
    assert "evaluate/teacher" not in said


def test_what_is_shared_names_no_patient(finished, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(finished.folder)
    assert main(["export", str(tmp_path / "shared")]) == 0
    assert "in which no patient is named" in capsys.readouterr().out
    there = {path.relative_to(tmp_path / "shared").as_posix() for path in (tmp_path / "shared").rglob("*") if path.is_file()}
    assert {"README.md", "manifest.sha256", "results/leaderboard.parquet", "results/ward/figures/flow.svg"} <= there
    assert not [name for name in there if "ingest" in name or "bundle" in name or "predictions" in name]
    assert main(["diff", "results", str(tmp_path / "shared/results/audit")]) == 0
