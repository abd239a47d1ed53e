"""The whole workflow killed at random moments, again and again: in the end it is as if nothing had happened."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from safetensors import safe_open

from tests.project import Project, new_project
from workflow_scripts.lib.audit.verify import verify
from workflow_scripts.lib.contracts.files import sha256_of

KILLS = 20
ENDS = {".svg": "</svg>", ".html": "</html>"}
TRAINING = {"steps": 60, "checkpoint_every": 5}  # long enough to be hit, with something to go on from


def prepared(folder) -> Project:
    project = new_project(folder)
    project.configure(student={"families": {"cox_distilled": TRAINING}})
    return project


def killed_after(project, seconds) -> bool:
    """Run in a process group of its own and kill the group; False where the run ended before."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "PYTHONPATH"))}
    words = [str(Path(sys.executable).parent / "snakemake"), "--cores", "2"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
    head = subprocess.Popen(words, cwd=project.folder, env=environment, **quiet)
    try:
        head.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(head.pid, signal.SIGKILL)
        head.wait()
        return True
    return False


def whole(path) -> bool:
    """Whether a file can be read to its end."""
    if path.suffix == ".parquet":
        return pq.read_table(path).num_columns > 0
    if path.suffix == ".json":
        return json.loads(path.read_text(encoding="utf-8")) is not None
    if path.suffix == ".safetensors":
        with safe_open(path, framework="pt") as stored:
            return all(stored.get_tensor(name) is not None for name in stored.keys())  # noqa: SIM118
    return path.suffix not in ENDS or path.read_text(encoding="utf-8").rstrip().endswith(ENDS[path.suffix])


def under_final_names(project) -> list[Path]:
    """Files with a name of their own, in folders with a name of their own; logs and benchmarks grow as they are written."""
    found = (path for path in (project.folder / "results").rglob("*") if path.is_file())
    named = [path for path in found if not any(part.startswith(".") for part in path.relative_to(project.folder).parts)]
    return [path for path in named if path.relative_to(project.folder).parts[1] not in ("logs", "benchmarks")]


@pytest.mark.parametrize("seed", [int(os.environ.get("SURVDISTILL_KILL_SEED", "1"))])
def test_a_run_killed_at_twenty_moments_ends_as_an_undisturbed_one(tmp_path, seed):
    calm, disturbed, rng = prepared(tmp_path / "calm"), prepared(tmp_path / "disturbed"), random.Random(seed)
    start = time.monotonic()
    calm.run()
    longest, kills = max(6.0, (time.monotonic() - start) / 5), 0
    while kills < KILLS and killed_after(disturbed, rng.uniform(1.5, longest)):
        kills += 1
        broken = [path for path in under_final_names(disturbed) if not whole(path)]
        assert not broken
        disturbed.run("--unlock")
    assert kills >= KILLS // 2  # the rest did not fit before the end
    disturbed.run()
    made = {str(path.relative_to(calm.folder)): sha256_of(path) for path in under_final_names(calm)}
    again = {str(path.relative_to(disturbed.folder)): sha256_of(path) for path in under_final_names(disturbed)}
    steady = {path for path in made if not path.endswith((".provenance.json", "runs.jsonl")) and "results/audit/" not in path}
    assert set(made) == set(again)
    assert [path for path in sorted(steady) if made[path] != again[path]] == []
    tables = {path for path in made if path.endswith(".parquet")}
    assert [path for path in sorted(tables) if made[path] != again[path]] == []
    assert not verify(disturbed.folder / "results", disturbed.folder)[1]
