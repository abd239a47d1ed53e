"""The script that seals a run."""

import pytest

from tests.audit.world import CONFIG, TARGETS, World
from workflow_scripts.audit import seal_artifacts
from workflow_scripts.lib.errors import StageRefusal


@pytest.fixture
def world(tmp_path, monkeypatch):
    """A run that is not sealed, from within."""
    monkeypatch.chdir(tmp_path)
    return World(tmp_path).run()


def sealed():
    outputs = {"ledger": "ledger.parquet", "edges": "edges.parquet", "crate": "crate/MANIFEST.json", "trail": "trail.html"}
    paths = {name: f"results/audit/{file}" for name, file in outputs.items()}
    return seal_artifacts.main(TARGETS, **paths, manifest="results/audit/manifest.sha256", config=CONFIG)


def test_every_sealing_says_what_it_sealed(world):
    assert sealed() == "sealing 1: 24 artifacts, 18 that targets rest on, 0 left out"
    assert sealed() == "sealing 2: 24 artifacts, 18 that targets rest on, 0 left out"
    assert len((world.results / "audit/runs.jsonl").read_text(encoding="utf-8").splitlines()) == 2


def test_nothing_is_written_where_the_chain_does_not_hold(world):
    (world.folder / TARGETS[0]).write_bytes(b"x")
    with pytest.raises(StageRefusal, match=r"altered  results/leaderboard\.parquet"):
        sealed()
    assert not (world.results / "audit").exists()
