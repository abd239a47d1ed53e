"""What a job costs beside its work: Python's start and end, imports and sidecars, over a whole default run, in CPU seconds.

Runs the default configuration in a throw-away clone of the last commit. Every Python of that run loads a probe before anything
else, which times imports wherever they happen, those inside functions too.

    .venv/bin/python -m benchmarks.job_overhead
"""

import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from benchmarks.report import write_facts

ROOT = Path(__file__).parents[1]
PACKAGES = ("snakemake", "numpy", "pandas", "pyarrow", "pydantic", "scikit-survival", "torch", "transformers")
PARTS = ("start", "imports", "sidecars", "total")
PROBE = """
import atexit, builtins, json, os, sys, time

spent = {"start": time.process_time(), "imports": 0.0}
importing, plain_import = False, builtins.__import__


def timed_import(name, *rest, **more):
    global importing
    if importing:
        return plain_import(name, *rest, **more)
    importing, start = True, time.process_time()
    try:
        return plain_import(name, *rest, **more)
    finally:
        importing = False
        spent["imports"] += time.process_time() - start
        if name == "workflow_scripts.lib.provenance.job" and "sidecars" not in spent:
            time_sidecars(sys.modules[name])


def cpu():
    return sum(os.times()[:4])  # with the processes that it started


def time_sidecars(jobs):
    write_sidecars, spent["sidecars"] = jobs.write_sidecars, 0.0

    def timed(job, started):
        start, imports = cpu(), spent["imports"]
        write_sidecars(job, started)
        module = job.params.get("module")
        family = (module or "").removesuffix(".py").removesuffix("/__init__").rpartition("/")[2]
        spent["rule"] = " ".join([job.rule, family]).strip()
        spent["sidecars"] = cpu() - start - (spent["imports"] - imports)

    jobs.write_sidecars = timed


def tell():
    found = {**spent, "total": cpu()} if "rule" in spent else {"rule": "snakemake", "total": time.process_time()}
    with open(os.environ["OVERHEAD_FILE"], "a") as stream:
        print(json.dumps(found), file=stream)


builtins.__import__ = timed_import
atexit.register(tell)
"""


def run_default(scratch: Path) -> tuple[list[dict[str, float | str]], float]:
    """What the probe found in every job, and the CPU seconds of the whole run, Snakemake's own among them."""
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(scratch / "clone")], check=True)
    (scratch / "probe").mkdir()
    (scratch / "probe/sitecustomize.py").write_text(PROBE, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"PYTHONPATH": str(scratch / "probe"), "OVERHEAD_FILE": str(scratch / "jobs.jsonl")}
    command = [str(Path(sys.executable).parent / "snakemake"), "--cores", "2", "--quiet", "rules", "progress"]
    before = os.times()
    subprocess.run(command, cwd=scratch / "clone", env=environment, check=True)
    after = os.times()
    seconds = after.children_user + after.children_system - before.children_user - before.children_system
    return [json.loads(line) for line in (scratch / "jobs.jsonl").read_text(encoding="utf-8").splitlines()], seconds


def by_rule(jobs: list[dict[str, float | str]]) -> dict[str, dict[str, float]]:
    """By rule, and family where it is imported by its name: how many jobs, and mean seconds of each part."""
    found = defaultdict(list)
    for job in jobs:
        found[job["rule"]].append(job)
    means = {rule: {part: round(sum(job[part] for job in some) / len(some), 3) for part in PARTS} for rule, some in found.items()}
    return {rule: {"jobs": len(found[rule]), **means[rule]} for rule in sorted(means)}


def main() -> None:
    """Measure and write benchmarks/results/job_overhead.json."""
    with tempfile.TemporaryDirectory() as scratch:
        found, seconds = run_default(Path(scratch))
    jobs = [job for job in found if job["rule"] != "snakemake"]
    sums = {part: sum(job[part] for job in jobs) for part in PARTS}
    sums["snakemake"] = sum(job["total"] for job in found if job["rule"] == "snakemake")
    sums["ends"] = seconds - sums["total"] - sums["snakemake"]  # what a process does after its last line is seen from outside only
    shares = {part: round(value / seconds, 4) for part, value in sums.items()}
    facts = {
        "unit": "CPU seconds, means per job",
        "jobs": len(jobs),
        "run": round(seconds, 1),
        "sums": {part: round(value, 1) for part, value in sums.items()},
        "share_of_run": shares,
        "rules": by_rule(jobs),
    }
    print(write_facts("job_overhead", PACKAGES, **facts), shares)


if __name__ == "__main__":
    main()
