"""The script that seals a run, on a run of two jobs."""

import json
from pathlib import Path

import pandas as pd
import pytest

from workflow_scripts.audit import seal_artifacts
from workflow_scripts.lib.audit.verify import verify
from workflow_scripts.lib.contracts.files import sha256_of, write_json
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.provenance.sidecar import SUFFIX, statement_of

PATHS = {
    "ledger": "ledger.parquet",
    "edges": "edges.parquet",
    "manifest": "manifest.sha256",
    "crate": "crate/MANIFEST.json",
    "page": "trail.html",
}
OUT = {name: f"results/audit/{path}" for name, path in PATHS.items()}


def made(path, content, rule, inputs, seed=None):
    """Write an artifact with its sidecar."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(content, encoding="utf-8")
    external = {"rule": rule, "wildcards": {}, "params": {"seed": seed} if seed else {}}
    dependencies = [{"uri": name, "digest": {"sha256": sha256_of(name)}} for name in inputs]
    definition = {"externalParameters": external, "internalParameters": {"code": "c", "environment": {"packages": {}}}}
    times = {"startedOn": "2026-01-01T00:00:00.000Z", "finishedOn": "2026-01-01T00:00:01.000Z"}
    predicate = {"buildDefinition": {**definition, "resolvedDependencies": dependencies}, "runDetails": {"metadata": times}}
    write_json(f"{path}{SUFFIX}", statement_of(path, predicate))


@pytest.fixture
def run(tmp_path, monkeypatch):
    """raw.csv → results/a.txt → results/b.txt."""
    monkeypatch.chdir(tmp_path)
    for name in ("raw.csv", "config.yaml", "Snakefile"):
        Path(name).write_text(name, encoding="utf-8")
    Path("envs").mkdir()
    Path("envs/lock.txt").write_text("", encoding="utf-8")
    made("results/a.txt", "a", "first", ["raw.csv"], seed=3)
    made("results/b.txt", "b", "second", ["results/a.txt"])
    made("results/other.txt", "o", "third", ["raw.csv"])


def seal():
    return seal_artifacts.main(["results/b.txt"], **OUT, settings=["config.yaml"], code_root=".")


def test_what_the_targets_rest_on_is_sealed_and_nothing_else(run):
    assert "2 artifacts" in seal()
    ledger = pd.read_parquet(OUT["ledger"]).set_index("path")
    assert list(ledger.index) == ["results/a.txt", "results/b.txt"]
    assert list(ledger["target"]) == [False, True]
    assert ledger.loc["results/a.txt", ["bytes", "seed", "rule"]].tolist() == [1, 3, "first"]
    edges = pd.read_parquet(OUT["edges"])
    assert edges[["artifact", "input", "role"]].to_numpy().tolist() == [
        ["results/a.txt", "raw.csv", "source"],
        ["results/b.txt", "results/a.txt", "artifact"],
    ]
    manifest = dict(line.split("  ")[::-1] for line in Path(OUT["manifest"]).read_text(encoding="utf-8").splitlines())
    assert {"raw.csv", "config.yaml", "results/a.txt", f"results/a.txt{SUFFIX}", "results/audit/crate/Snakefile"} <= set(manifest)
    assert all(sha256_of(path) == digest for path, digest in manifest.items())
    page = Path(OUT["page"]).read_text(encoding="utf-8")
    assert "2, made by 2 jobs; 1 of them were asked for" in page
    assert f"<code>{sha256_of('raw.csv')[:16]}…</code>" in page


def test_the_crate_says_what_was_read_and_what_came_of_it(run):
    seal()
    graph = {
        one["@id"]: one for one in json.loads(Path("results/audit/crate/ro-crate-metadata.json").read_text(encoding="utf-8"))["@graph"]
    }
    action = graph["#run"]
    names = {part: {graph[one["@id"]]["name"] for one in _listed(action[part])} for part in ("object", "result", "instrument")}
    assert names == {"object": {"raw.csv", "config.yaml", "envs/lock.txt"}, "result": {"results/b.txt"}, "instrument": {"survdistill"}}
    assert (action["startTime"], action["endTime"]) == ("2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z")
    assert graph["./"]["mainEntity"] == {"@id": "Snakefile"}


def _listed(value):
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda: made("results/a.txt", "another", "first", ["raw.csv"]), "results/b.txt was made from another results/a.txt than is there"),
        (lambda: Path("results/a.txt").write_text("x", encoding="utf-8"), "other bytes than when they were made.*results/a.txt"),
        (lambda: Path("raw.csv").write_text("x", encoding="utf-8"), "other bytes than when they were made.*raw.csv"),
        (lambda: Path(f"results/a.txt{SUFFIX}").unlink(), "results/a.txt, read by second.*has no sidecar"),
        (lambda: Path(f"results/b.txt{SUFFIX}").unlink(), "results/b.txt has no sidecar"),
        (lambda: Path(f"results/b.txt{SUFFIX}").write_text("{", encoding="utf-8"), "is not what a job writes"),
    ],
)
def test_a_chain_that_does_not_hold_is_not_sealed(run, spoil, words):
    spoil()
    with pytest.raises(StageRefusal, match=words):
        seal()
    assert not Path("results/audit/runs.jsonl").exists()


def test_each_sealing_adds_a_line_that_follows_from_the_one_before(run):
    seal()
    seal()
    lines = [json.loads(line) for line in Path("results/audit/runs.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["number"] for line in lines] == [1, 2]
    assert lines[0]["previous"] is None
    assert lines[1]["previous"] not in (None, lines[0]["sealed"]["manifest.sha256"])


def test_what_is_no_part_of_the_run_is_said(run):
    seal()
    found = {(finding.kind, finding.path) for finding in verify(Path(), Path())}
    assert ("not sealed", "results/other.txt") in found
    assert not {path for _, path in found} & {"results/a.txt", "results/b.txt", "raw.csv"}
