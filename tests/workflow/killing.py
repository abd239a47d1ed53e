"""Killing a run at random moments, and telling whether it ends as an undisturbed one.

At the default's full size, by hand (about half an hour on two cores): run the default in a clone CALM, make another clone of the
same commit, DISTURBED, and then

    python -m tests.workflow.killing CALM DISTURBED
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
from safetensors import safe_open

from workflow_scripts.lib.audit.verify import verify
from workflow_scripts.lib.contracts.files import sha256_of

ENDS = {".svg": "</svg>", ".html": "</html>"}


def snakemake(folder: Path, *words: str, seconds: float | None = None) -> int | None:
    """Run in a process group of its own, which is killed (-9) after so many seconds: then None, else the exit status."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "PYTHONPATH"))}
    command = [str(Path(sys.executable).parent / "snakemake"), "--cores", "2", *words]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
    head = subprocess.Popen(command, cwd=folder, env=environment, **quiet)
    try:
        return head.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(head.pid, signal.SIGKILL)
        head.wait()
        return None


def disturb(folder: Path, rng: random.Random, kills: int, longest: float) -> int:
    """Start and kill until it was killed so many times or has ended, then run to the end; returns how many kills fitted in."""
    done = 0
    while done < kills and (status := snakemake(folder, seconds=rng.uniform(1.5, longest))) != 0:
        assert status is None, "the run failed by itself"
        done += 1
        broken = [path for path in named(folder) if not is_whole(path)]
        assert not broken, broken
        assert snakemake(folder, "--unlock") == 0
    assert snakemake(folder) == 0
    return done


def named(folder: Path) -> list[Path]:
    """Files with a name of their own, in folders with a name of their own; logs and benchmarks grow as they are written."""
    found = (path for path in (folder / "results").rglob("*") if path.is_file())
    final = [path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts)]
    return [path for path in final if path.relative_to(folder).parts[1] not in ("logs", "benchmarks")]


def is_whole(path: Path) -> bool:
    """Whether a file can be read to its end."""
    if path.suffix == ".parquet":
        return pq.read_table(path).num_columns > 0
    if path.suffix == ".json":
        return json.loads(path.read_text(encoding="utf-8")) is not None
    if path.suffix == ".safetensors":
        with safe_open(path, framework="pt") as stored:
            return all(stored.get_tensor(name) is not None for name in stored.keys())  # noqa: SIM118
    return path.suffix not in ENDS or path.read_text(encoding="utf-8").rstrip().endswith(ENDS[path.suffix])


def differences(calm: Path, disturbed: Path) -> list[str]:
    """Files that only one of two runs has or that differ, save those that name moments; and what verify finds."""
    first, second = ({str(path.relative_to(folder)): path for path in named(folder)} for folder in (calm, disturbed))
    steady = {name for name in first if name.endswith(".parquet") or not name.startswith("results/audit/")}
    same = {name for name in set(first) & set(second) if sha256_of(first[name]) == sha256_of(second[name])}
    other = {name for name in steady - same if not name.endswith(".provenance.json")}
    return sorted((set(first) ^ set(second)) | other) + [str(found) for found in verify(disturbed / "results", disturbed)[1]]


def main() -> None:
    """Disturb a run of the default configuration, and compare it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("calm", type=Path)
    parser.add_argument("disturbed", type=Path)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--longest", type=float, default=90.0, help="seconds between two kills, at most")
    asked = parser.parse_args()
    kills = disturb(asked.disturbed, random.Random(asked.seed), asked.kills, asked.longest)
    found = differences(asked.calm, asked.disturbed)
    print(f"{kills} kills; {len(named(asked.calm))} files; {len(found)} differences", *found, sep="\n")
    sys.exit(bool(found) or kills < asked.kills)


if __name__ == "__main__":
    main()
