"""What is sealed, what is refused, and what the index of runs remembers."""

import json
import subprocess

import pandas as pd
import pytest

from tests.audit.world import CONFIG, TARGETS, World
from workflow_scripts.lib.audit.ledger import artifacts_of
from workflow_scripts.lib.audit.runs import append_run, read_runs
from workflow_scripts.lib.audit.seal import gather
from workflow_scripts.lib.audit.sealed import OUTPUTS
from workflow_scripts.lib.contracts.audit import EDGES, LEDGER
from workflow_scripts.lib.contracts.base import read_table
from workflow_scripts.lib.contracts.files import sha256_of
from workflow_scripts.lib.errors import ContractError, StageRefusal
from workflow_scripts.lib.provenance.sidecar import SUFFIX

BOARD = TARGETS[0]
HISTORY = "results/ward/student/cox/history.parquet"


def refused(world):
    with pytest.raises(StageRefusal, match="not sealed, for the chain does not hold: ") as caught:
        gather(world.trail(), TARGETS, CONFIG)
    return str(caught.value)


def test_the_ledger_has_every_artifact_and_whether_a_target_rests_on_it(sealed):
    ledger = read_table(sealed.results / "audit/ledger.parquet", LEDGER).set_index("path")
    assert set(ledger.index) == set(sealed.trail().artifacts)
    assert set(ledger.index[~ledger["reachable"]]) == {name for name in ledger.index if "history" in name or "registry" in name}
    board = ledger.loc[BOARD]
    assert (board["rule"], board["rows"], board["seed"], json.loads(board["params"])) == ("write_leaderboard", 8, 1, {"seed": 1})
    assert board["bytes"] == (sealed.folder / BOARD).stat().st_size


def test_edges_say_in_which_role_a_file_was_read(sealed):
    edges = read_table(sealed.results / "audit/edges.parquet", EDGES)
    roles = edges.drop_duplicates("role").groupby("role")["input"].first()
    assert roles["code"].startswith("workflow_scripts/")
    assert roles["raw"].startswith("data/")
    assert roles["input"].startswith("results/")


def test_the_ledger_is_the_trail_again_but_for_when_and_where(sealed):
    trail, read = sealed.trail().artifacts, artifacts_of(sealed.results / "audit")
    assert read.keys() == trail.keys()
    for name, artifact in read.items():
        for part in ("sha256", "rule", "wildcards", "params", "code", "environment", "inputs"):
            assert getattr(artifact, part) == getattr(trail[name], part)


def test_a_second_identical_run_has_the_same_ledger_and_edges(sealed, tmp_path):
    again = World(tmp_path / "again")
    again.minute, again.cpu = 30, "Xeon"  # at another time, on another machine
    again.run().seal()
    for name in ("ledger.parquet", "edges.parquet"):
        assert (again.results / "audit" / name).read_bytes() == (sealed.results / "audit" / name).read_bytes()


def test_sha256sum_is_content(sealed):
    done = subprocess.run(
        ["sha256sum", "--quiet", "-c", "results/audit/manifest.sha256"], cwd=sealed.folder, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_the_manifest_has_bundles_sidecars_raw_files_and_settings(sealed):
    lines = (sealed.results / "audit/manifest.sha256").read_text(encoding="utf-8").splitlines()
    names = {line.split("  ")[1] for line in lines}
    assert {"results/ward/student/cox/bundle/weights.txt", f"{BOARD}{SUFFIX}", "data/annex.csv", *CONFIG} <= names
    assert names >= set(OUTPUTS) - {"results/audit/manifest.sha256"}


def test_altered_bytes_below_a_target_are_refused(world):
    (world.folder / "results/ward/ingest/patients.parquet").write_bytes(b"x")
    assert "altered  results/ward/ingest/patients.parquet: found sha256 " in refused(world)


def test_an_altered_sibling_of_what_a_target_rests_on_is_refused(world):
    (world.folder / HISTORY).write_bytes(b"x")
    assert f"altered  {HISTORY}: " in refused(world)


def test_a_target_older_than_its_inputs_is_refused(world):
    source = "results/ward/ingest/sources/patients"
    world.write(source, "id\nnew\n")
    world.job("fetch_source", [source], ["data/ward.csv"], cohort="ward", source="patients")
    said = refused(world)
    assert f"broken chain  results/ward/ingest/patients.parquet: was made from {source} with sha256 " in said
    assert "run snakemake" in said


def test_what_nobody_made_is_refused(world):
    (world.folder / f"results/ward/ingest/sources/patients{SUFFIX}").unlink()
    assert "no sidecar  results/ward/ingest/sources/patients: " in refused(world)


def test_a_raw_file_that_changed_since_is_refused_but_one_that_is_gone_is_not(world):
    (world.folder / "data/ward.csv").unlink()
    world.seal()
    assert [found.split(":")[0] for found in world.findings()] == ["raw gone  data/ward.csv"]
    world.write("data/ward.csv", "other\n")
    assert "raw altered  data/ward.csv: " in refused(world)


def test_leftovers_that_are_not_as_their_sidecars_say_are_left_out_and_told_of(world):
    name = "results/ward/evaluate/dropped/fold_metrics.parquet"
    world.table(name, "fold_metrics", metric=["ibs"], value=[0.0])
    world.job("score_predictions", [name], [], cohort="ward", family="dropped")
    (world.folder / name).write_bytes(b"x")
    world.seal()
    assert name not in set(pd.read_parquet(world.results / "audit/ledger.parquet")["path"])
    assert [found.split(":")[0] for found in world.findings()] == [f"not sealed  {name}"]


def test_a_refusal_names_a_few_and_counts_the_rest(world):
    for path in world.results.rglob("fold_metrics.parquet"):
        path.write_bytes(b"x")
    for path in world.results.rglob("predictions.parquet"):
        path.write_bytes(b"y")
    assert refused(world).endswith("; and 3 more")


def test_every_run_is_a_line_that_knows_the_line_before(tmp_path):
    path = tmp_path / "runs.jsonl"
    assert [append_run(path, {"moment": str(number)})["number"] for number in range(3)] == [1, 2, 3]
    runs = read_runs(path)
    assert [run["moment"] for run in runs] == ["0", "1", "2"]
    assert runs[0]["before"] is None
    assert runs[1]["before"] != runs[2]["before"]


@pytest.mark.parametrize(
    "spoil", [lambda lines: lines[1:], lambda lines: [lines[0], lines[2]], lambda lines: [lines[1], lines[0], lines[2]]]
)
def test_a_line_taken_out_or_moved_is_found_and_no_further_one_is_added(tmp_path, spoil):
    path = tmp_path / "runs.jsonl"
    for number in range(3):
        append_run(path, {"moment": str(number)})
    path.write_text("".join(spoil(path.read_text(encoding="utf-8").splitlines(keepends=True))), encoding="utf-8")
    before = path.read_bytes()
    for ask in (lambda: read_runs(path), lambda: append_run(path, {})):
        with pytest.raises(ContractError, match=r"line [12] of runs\.jsonl was changed, or a line before it taken out"):
            ask()
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:-1],
        lambda text: text + "\n",
        lambda text: text.replace(":", " :", 1),
        lambda text: text.replace('"0"', '"1"'),
        lambda _: "",
    ],
)
def test_any_other_writing_of_the_index_is_found_and_no_line_is_added(tmp_path, spoil):
    path = tmp_path / "runs.jsonl"
    append_run(path, {"moment": "0"})
    path.write_text(spoil(path.read_text(encoding="utf-8")), encoding="utf-8")
    before = path.read_bytes()
    for ask in (lambda: read_runs(path), lambda: append_run(path, {})):
        with pytest.raises(ContractError, match="restore it from a copy"):
            ask()
    assert path.read_bytes() == before


def test_an_index_that_cannot_be_appended_to_is_as_it_was(world, monkeypatch):
    runs = world.results / "audit/runs.jsonl"
    before = sha256_of(runs)
    monkeypatch.setattr("workflow_scripts.lib.contracts.files.os.replace", _full)
    with pytest.raises(OSError, match="disk"):
        append_run(runs, {})
    assert sha256_of(runs) == before
    assert not list(runs.parent.glob(".*part*"))


def _full(*_):
    raise OSError("disk")
