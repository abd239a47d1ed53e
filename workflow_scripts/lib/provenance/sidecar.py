"""The sidecar beside every output: an in-toto Statement with the SLSA provenance predicate.

Volatile facts (host, times, memory) live here only, so that the data's own bytes stay deterministic. No
science rule reads a sidecar. Unknown facts are absent, never invented.
"""

import hashlib
import json
import os
import platform
import resource
import subprocess
from datetime import datetime, timezone
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from workflow_scripts.lib.contracts.files import sha256_of, write_json
from workflow_scripts.lib.provenance.code import modules_of

SUFFIX = ".provenance.json"
LOCK = "envs/lock.txt"
PACKAGES = ("snakemake", "numpy", "pandas", "pyarrow", "scipy", "scikit-learn", "scikit-survival", "lifelines", "torch",
            "transformers", "tokenizers", "peft", "safetensors", "matplotlib", "pydantic")


def write_sidecars(job: Any, started: datetime) -> None:
    """Write ``<output>.provenance.json`` for each output of a finished Snakemake ``job``."""
    root = Path.cwd()
    body = _predicate(job, started, root)
    for output in job.output:
        statement = {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [_subject(output)],
            "predicateType": "https://slsa.dev/provenance/v1",
            "predicate": body,
        }
        write_json(f"{output}{SUFFIX}", statement)


def _subject(path: str) -> dict[str, Any]:
    subject: dict[str, Any] = {"name": path, "digest": {"sha256": sha256_of(path)}}
    if path.endswith(".parquet"):
        parquet = pq.ParquetFile(path)
        schema = str(parquet.schema_arrow.to_string(show_field_metadata=True, show_schema_metadata=True))
        subject["annotations"] = {"rows": parquet.metadata.num_rows, "schema_sha256": hashlib.sha256(schema.encode()).hexdigest()}
    return subject


def _predicate(job: Any, started: datetime, root: Path) -> dict[str, Any]:
    params = {name: value for name, value in job.params.items() if name != "code"}
    return {
        "buildDefinition": {
            "buildType": "https://snakemake.github.io/rule/v1",
            "externalParameters": {"rule": job.rule, "wildcards": dict(job.wildcards.items()), "params": params},
            "internalParameters": _known({"code": job.params.get("code"), "git": git_state(root), "environment": environment(root), "threads": job.threads}),
            "resolvedDependencies": [*_dependencies(job.input), *_dependencies(_code_files(job, root))],
        },
        "runDetails": {
            "builder": {"id": "https://github.com/snakemake/snakemake", "version": {"snakemake": version("snakemake")}},
            "metadata": {"startedOn": started.isoformat(), "finishedOn": datetime.now(timezone.utc).isoformat()},
            "byproducts": [{"name": "machine", "annotations": _machine(job)}],
        },
    }


def _dependencies(paths: Any) -> list[dict[str, Any]]:
    return [{"uri": str(path), "digest": {"sha256": sha256_of(path)}} for path in paths if Path(path).is_file()]


def _code_files(job: Any, root: Path) -> list[str]:
    script = f"workflow_scripts/{Path(job.scriptdir).name}/{job.rule}.py"
    family = job.params.get("module")
    scripts = [script] if family is None else [script, family]
    return sorted(modules_of(root, *scripts)) if (root / script).is_file() else []


def _machine(job: Any) -> dict[str, Any]:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return _known({
        "host": platform.node(),
        "system": platform.platform(),
        "cpus": os.cpu_count(),
        "slurm_job": os.environ.get("SLURM_JOB_ID"),
        "gpus": os.environ.get("SLURM_STEP_GPUS") or os.environ.get("CUDA_VISIBLE_DEVICES"),
        "attempt": getattr(job.resources, "attempt", None),
        "peak_memory_mb": round(usage.ru_maxrss / 1024, 1),
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 2),
    })


@lru_cache(maxsize=None)
def git_state(root: Path) -> dict[str, Any] | None:
    """Commit, whether the tree differs from it, and the digest of the difference; None outside a repository."""
    commit = _git(root, "rev-parse", "HEAD")
    if commit is None:
        return None
    diff = _git(root, "diff", "HEAD") or ""
    return _known({"commit": commit, "dirty": bool(diff), "diff_sha256": hashlib.sha256(diff.encode()).hexdigest() if diff else None})


def _git(root: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


@lru_cache(maxsize=None)
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
