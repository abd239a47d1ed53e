"""How long Snakemake plans a run of many cohorts, five folds and five families: with nothing done yet, and with everything done.

The cohorts are copies of the simulated one, with every modality, in throw-away clones of the last commit. The finished run is made
of empty files that `snakemake --touch` writes its records for. In CPU seconds of `snakemake -n`; where planning is linear in jobs,
each further job costs the same between any two sizes.

    .venv/bin/python -m benchmarks.plan_dag
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from statistics import median

import yaml

from benchmarks.report import write_facts

ROOT = Path(__file__).parents[1]
SIZES = (5, 10, 25, 50)
FAMILIES = {"cox_distilled": {"teacher": "cox"}, "cox": {}, "coxnet": {}, "random_forest": {}, "boosting": {}}
TOUCH = """
import sys
from snakemake.cli import main
from snakemake.executors.touch import Executor
Executor.SLEEPING_TIME = 0
main(sys.argv[1:])
"""


def make_project(folder: Path, cohorts: int) -> None:
    """A clone with so many cohorts."""
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    names = [f"cohort{number:02d}" for number in range(cohorts)]
    for name in names:
        (folder / f"config/cohorts/{name}.yaml").write_bytes((folder / "config/cohorts/simulated.yaml").read_bytes())
    config = {"cohorts": names, "splits": {"folds": 5}, "student": {"families": FAMILIES}}
    (folder / "config/config.yaml").write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")


def timed(folder: Path, *words: str, program: tuple[str, ...] = ("-m", "snakemake")) -> tuple[float, str]:
    """CPU seconds of Snakemake in ``folder``, and what it printed."""
    before = os.times()
    done = subprocess.run([sys.executable, *program, *words], cwd=folder, check=True, capture_output=True, text=True)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system, done.stdout


def finish(folder: Path, plan: str) -> int:
    """Make every output of the ``plan`` that a dry run printed, empty, with Snakemake's record of it; returns how many jobs have some."""
    lines = re.findall(r"^    output: (.*)$", plan, re.MULTILINE)
    for path in (folder / name for line in lines for name in line.split(", ")):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    timed(folder, "--touch", "--forceall", "--cores", "1000", "--quiet", "all", program=("-c", TOUCH))
    return len(lines)


def plans(folders: list[Path], rounds: int) -> list[float]:
    """Median seconds of `snakemake -n` in each folder, folders in turn."""
    found = [[timed(folder, "--dry-run")[0] for folder in folders] for _ in range(rounds)]
    return [median(seconds) for seconds in zip(*found, strict=True)]


def per_job(jobs: list[int], seconds: list[float]) -> list[float]:
    """Milliseconds that each further job costs, from one size to the next."""
    return [round(1000 * (b - a) / (after - before), 2) for (a, b), (before, after) in zip(pairwise(seconds), pairwise(jobs), strict=True)]


def main() -> None:
    """Measure and write benchmarks/results/plan_dag.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as scratch:
        folders = [Path(scratch) / str(size) for size in SIZES]
        for folder, size in zip(folders, SIZES, strict=True):
            make_project(folder, size)
        fresh = plans(folders, rounds)
        jobs = [finish(folder, timed(folder, "--dry-run")[1]) for folder in folders]
        finished = plans(folders, rounds)
    facts = {"unit": "CPU seconds", "cohorts": SIZES, "folds": 5, "families": len(FAMILIES), "jobs": jobs}
    for name, seconds in (("fresh", fresh), ("finished", finished)):
        facts[name] = {"seconds": [round(value, 2) for value in seconds], "further_job_ms": per_job(jobs, seconds)}
    print(write_facts("plan_dag", ("snakemake", "pyyaml"), **facts), facts)


if __name__ == "__main__":
    main()
