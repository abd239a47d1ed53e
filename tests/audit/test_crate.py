"""The crate: what it names, that it is steady, and that the community's validator has nothing against it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.audit.world import CONFIG, TARGETS, World
from workflow_scripts.lib.audit.crate import METADATA, inside_of
from workflow_scripts.lib.audit.trail import ROOT
from workflow_scripts.lib.contracts.files import sha256_of
from workflow_scripts.lib.provenance.sidecar import LOCK

FOLDER = "audit/crate"


@pytest.fixture(scope="session")
def crate(sealed):
    """The crate's entities by their path, or the end of their ids."""
    graph = json.loads((sealed.results / FOLDER / METADATA).read_text(encoding="utf-8"))["@graph"]
    return {entity["@id"].split("/", 3)[-1] if entity["@id"].startswith("arcp:") else entity["@id"]: entity for entity in graph}


def test_files_are_named_with_digest_and_size(crate, sealed):
    for name in (*TARGETS, "data/ward.csv", "results/ward/student/cox/bundle/MANIFEST.json"):
        path = sealed.folder / name
        found = crate[name]
        assert found["@id"].startswith("arcp://ni,sha-256;")
        assert (found["sha256"], found["contentSize"]) == (sha256_of(path), str(path.stat().st_size))


def test_what_a_second_run_needs_is_in_the_crate(crate, sealed):
    for name, source in {**{name: sealed.folder / name for name in CONFIG}, "Snakefile": ROOT / "Snakefile", LOCK: ROOT / LOCK}.items():
        assert (sealed.results / FOLDER / name).read_bytes() == source.read_bytes()
        assert crate[name]["sha256"] == sha256_of(source)


@pytest.mark.parametrize(("name", "inside"), [("../mine.yaml", "mine.yaml"), ("/srv/mine.yaml", "srv/mine.yaml"), ("config/a.yaml",) * 2])
def test_a_file_of_the_configuration_does_not_leave_the_crate(name, inside):
    assert inside_of(name) == inside


def test_the_run_has_a_workflow_raw_files_settings_and_targets(crate):
    run = crate["#run"]
    assert crate["Snakefile"]["@id"] == run["instrument"]["@id"] == crate["./"]["mainEntity"]["@id"]
    read = {entity["@id"].split("/", 3)[-1] if entity["@id"].startswith("arcp:") else entity["@id"] for entity in run["object"]}
    assert read == {*CONFIG, LOCK, "data/ward.csv", "data/annex.csv"}
    assert {entity["@id"].split("/", 3)[-1] for entity in run["result"]} == set(TARGETS)
    assert (run["startTime"], run["endTime"]) == ("2026-01-01T00:01:00Z", "2026-01-01T00:18:59Z")


def test_every_rule_has_its_step_its_tool_and_its_action(crate):
    step, tool, action = (crate[f"#{kind}/score_predictions"] for kind in ("step", "tool", "action"))
    assert step["workExample"] == action["instrument"] == {"@id": tool["@id"]}
    assert len(action["result"]) == 4
    assert crate["#package/numpy"]["softwareVersion"] == "2.4.6"


def test_a_second_run_differs_by_its_moments_only(crate, sealed, tmp_path):
    again = World(tmp_path / "again")
    again.minute = 30
    again.run().seal()
    first, second = ((world.results / FOLDER / METADATA).read_text(encoding="utf-8") for world in (sealed, again))
    assert first != second
    lines = zip(first.splitlines(), second.splitlines(), strict=True)
    moments = ('"startTime"', '"endTime"', '"datePublished"')
    assert all(one.split(":")[0].strip() in moments for one, other in lines if one != other)


VALIDATOR = shutil.which("rocrate-validator") or str(Path(sys.executable).with_name("rocrate-validator"))


@pytest.mark.skipif(not Path(VALIDATOR).exists(), reason="needs the community's validator (pip install roc-validator)")
def test_the_validator_has_nothing_against_it(sealed, tmp_path):
    shutil.copytree(sealed.results / FOLDER, tmp_path / "crate")
    words = ["-y", "validate", "--metadata-only", "--profile-identifier", "provenance-run-crate", "--no-paging", "--verbose"]
    done = subprocess.run([VALIDATOR, *words, str(tmp_path / "crate")], capture_output=True, text=True, check=False)
    if "urlopen error" in done.stdout + done.stderr:
        pytest.skip("the validator fetches JSON-LD contexts, and there is no network here")
    assert done.returncode == 0, done.stdout
