"""What must be true of a machine before a run starts on it, said in one sentence where it is not."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import yaml

from workflow_scripts.lib.errors import ConfigError

PARTITIONS = "SNAKEMAKE_SLURM_PARTITIONS"  # the variable that names the site's file, read by Snakemake's Slurm plugin


def check_machine(results: Path, on_slurm: bool, machines: Mapping[str, int | None]) -> None:
    """Raise ConfigError unless a run can write its results, on Slurm hand in its jobs, and without it does with one of the ``machines``.

    These are, by family, how many a training asks for, where more than one.
    """
    check_writable(results)
    if on_slurm:
        check_slurm(os.environ)
    elif several := [family for family, count in machines.items() if count]:
        raise ConfigError(f"student.families.{several[0]}.nodes: several machines are those of a Slurm job; use --profile slurm, or say 1")


def check_writable(folder: Path) -> None:
    """Raise ConfigError unless files can be made in ``folder``, which need not exist yet."""
    nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise ConfigError(f"{folder} cannot be written to; make it writable, or work in a copy of the project folder: nothing was changed")


def check_slurm(environment: Mapping[str, str]) -> None:
    """Raise ConfigError unless Slurm's commands are there, its controller answers and the site's partitions exist."""
    if shutil.which("sbatch") is None or shutil.which("sinfo") is None:
        raise ConfigError("no Slurm in reach: there is no sbatch here; start on a login node of the cluster, or leave out --profile slurm")
    try:
        done = subprocess.run(["sinfo", "--noheader", "--format=%R"], capture_output=True, text=True, timeout=60, check=False)
    except subprocess.TimeoutExpired:
        raise ConfigError("no Slurm in reach: sinfo gave no answer within 60 s; ask for its state with `scontrol ping`") from None
    if done.returncode:
        raise ConfigError(f"no Slurm in reach: sinfo says {done.stderr.strip()!r}; ask for its state with `scontrol ping`")
    _check_partitions(environment.get(PARTITIONS), set(done.stdout.split()))


def _check_partitions(file: str | None, there: set[str]) -> None:
    if not file:
        return
    where, remedy = f"{PARTITIONS}={file}", "`generate-slurm-partition-config` writes one that fits"
    try:
        named = set(yaml.safe_load(Path(file).read_text(encoding="utf-8"))["partitions"])
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise ConfigError(f"{where}: no list of partitions ({type(error).__name__}); {remedy}") from None
    if named - there:
        unknown, known = ", ".join(sorted(named - there)), ", ".join(sorted(there))
        raise ConfigError(f"{where}: {unknown} not among the partitions of this cluster ({known}); {remedy}")
