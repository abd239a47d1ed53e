"""The sidecar beside every output: an in-toto Statement with the SLSA provenance predicate.

Volatile facts (host, times, memory) live here only, so that the data's own bytes stay deterministic. No
science rule reads a sidecar. Unknown facts are absent, never invented.
"""

import hashlib
import json
import os
import platform
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from workflow_scripts.lib.contracts.files import sha256_of, write_json
from workflow_scripts.lib.provenance.code import modules_of

SUFFIX = ".provenance.json"
LOCK = "envs/lock.txt"
HEAD = {"_type": "https://in-toto.io/Statement/v1", "predicateType": "https://slsa.dev/provenance/v1"}
PACKAGES = (
    "snakemake",
    "numpy",
    "pandas",
    "pyarrow",
    "scipy",
    "scikit-learn",
    "scikit-survival",
    "lifelines",
    "torch",
    "transformers",
    "tokenizers",
    "peft",
    "safetensors",
    "matplotlib",
    "pydantic",
)
_noted: dict[str, Any] = {}


def note(**facts: Any) -> None:
    """Keep what a job found out about its own course (where it was taken up again) for its sidecars."""
    _noted.update(facts)


def noted() -> dict[str, Any]:
    """What was kept so far."""
    return dict(_noted)


def write_sidecars(job: Any, started: datetime) -> None:
    """Write ``<output>.provenance.json`` for each output of a finished Snakemake ``job``."""
    root = Path(job.scriptdir).parents[1]  # of the code, which the working directory need not be
    body = _predicate(job, started, root)
    for output in job.output:
        write_json(f"{output}{SUFFIX}", {**HEAD, "subject": [subject_of(output)], "predicate": body})


def subject_of(path: str, name: str | None = None) -> dict[str, Any]:
    """What a sidecar says of the file at ``path``, under its own or another ``name``: digest, and rows and schema of a table."""
    subject: dict[str, Any] = {"name": name or path, "digest": {"sha256": sha256_of(path)}}
    if path.endswith(".parquet"):
        parquet = pq.ParquetFile(path)
        subject["annotations"] = {"rows": parquet.metadata.num_rows, "schema_sha256": _schema_digest(parquet.schema_arrow)}
    return subject


def _schema_digest(schema: pa.Schema) -> str:
    """Over names, types and metadata (meanings and units); pyarrow's own text would cut long metadata short."""
    columns = [(field.name, str(field.type), field.nullable, sorted((field.metadata or {}).items())) for field in schema]
    return hashlib.sha256(repr((columns, sorted((schema.metadata or {}).items()))).encode()).hexdigest()


def _predicate(job: Any, started: datetime, root: Path) -> dict[str, Any]:
    params = {name: value for name, value in job.params.items() if name != "code"}
    internal = {"code": job.params.get("code"), "git": git_state(root), "environment": environment(root), "threads": job.threads}
    return {
        "buildDefinition": {
            "buildType": "https://snakemake.github.io/rule/v1",
            "externalParameters": {"rule": job.rule, "wildcards": dict(job.wildcards.items()), "params": params},
            "internalParameters": _known(internal),
            "resolvedDependencies": [*_dependencies(Path(), job.input), *_dependencies(root, _code_files(job, root))],
        },
        "runDetails": {
            "builder": {"id": "https://github.com/snakemake/snakemake", "version": {"snakemake": version("snakemake")}},
            "metadata": {"startedOn": _timestamp(started), "finishedOn": _timestamp(datetime.now(UTC))},
            "survdistill_machine": _machine(),
            **({"survdistill_course": noted()} if _noted else {}),
        },
    }


def _timestamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _dependencies(folder: Path, paths: Iterable[str]) -> list[dict[str, Any]]:
    return [{"uri": str(path), "digest": {"sha256": sha256_of(folder / path)}} for path in paths if (folder / path).is_file()]


def _code_files(job: Any, root: Path) -> list[str]:
    script = f"workflow_scripts/{Path(job.scriptdir).name}/{job.rule}.py"
    family = job.params.get("module")
    scripts = [script] if family is None else [script, family]
    return sorted(modules_of(root, *scripts)) if (root / script).is_file() else []


def _machine() -> dict[str, Any]:
    cpu = os.times()
    return _known(
        {
            "host": platform.node(),
            "system": platform.platform(),
            "cpu": _cpu_model(),
            "cpus": os.cpu_count(),
            "slurm_job": os.environ.get("SLURM_JOB_ID"),
            "slurm_restarts": os.environ.get("SLURM_RESTART_COUNT"),
            "gpus": os.environ.get("SLURM_STEP_GPUS") or os.environ.get("CUDA_VISIBLE_DEVICES"),
            "peak_memory_mb": _peak_memory_mb(),
            "cpu_seconds": round(cpu.user + cpu.system, 2),
        }
    )


def _cpu_model() -> str | None:
    """What the processor calls itself, for its arithmetic may be its own; None off Linux."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), None)


def _peak_memory_mb() -> float | None:
    """This process's own peak; None off Linux. (getrusage would count what the parent held before it started us.)"""
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
    except OSError:
        return None
    return next((round(int(line.split()[1]) / 1024, 1) for line in status.splitlines() if line.startswith("VmHWM:")), None)


@cache
def git_state(root: Path) -> dict[str, Any] | None:
    """Commit, whether the tree differs from it, and the digest of the difference; None outside a repository."""
    commit = _git(root, "rev-parse", "HEAD")
    if commit is None:
        return None
    changes, diff = _git(root, "status", "--porcelain"), _git(root, "diff", "HEAD")
    dirty = None if changes is None else bool(changes)  # files that git does not know yet count, but are not in the diff
    return _known({"commit": commit, "dirty": dirty, "diff_sha256": hashlib.sha256(diff.encode()).hexdigest() if diff else None})


def _git(root: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


@cache
def environment(root: Path) -> dict[str, Any]:
    """Digest of the lock, Python's version and the versions of the packages that results depend on."""
    lock = root / LOCK
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return _known({"lock_sha256": sha256_of(lock) if lock.is_file() else None, "packages": found})


def _known(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value is not None}


def read_sidecar(path: str | Path) -> dict[str, Any]:
    """The statement beside the artifact ``path``."""
    return json.loads(Path(f"{path}{SUFFIX}").read_text(encoding="utf-8"))
