"""Where an artifact, or one cell of a table, comes from: a walk through the sidecars to the raw files."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from workflow_scripts.lib.audit.trail import Artifact, read_trail
from workflow_scripts.lib.errors import ContractError, did_you_mean

PATIENT = "patient_id"


@dataclass(frozen=True)
class Step:
    """One file on the way: how deep it lies, its digest, and the artifact where a job made it."""

    depth: int
    path: str
    sha256: str
    artifact: Artifact | None
    seen: bool

    def said(self) -> str:
        """As a line of an indented tree."""
        start = f"{'  ' * self.depth}{self.path}  sha256 {self.sha256[:12]}"
        if self.artifact is None:
            return f"{start}  from outside"
        if self.seen:
            return f"{start}  (above)"
        git = self.artifact.circumstances.get("git", {})
        commit = f", commit {git['commit'][:12]}{' with changes' if git.get('dirty') else ''}" if git else ""
        ran = self.artifact.run
        where = ran.get("survdistill_machine", {}).get("host", "an unknown host")
        settings = {name: value for name, value in self.artifact.settings["params"].items() if name not in ("module", "seed")}
        lines = [f"{start}  by {self.artifact.job}"]
        lines += [f"code {self.artifact.circumstances.get('code')}{commit}, {ran['metadata']['startedOn']} on {where}"]
        lines += [f"settings {_short(settings)}"] if settings else []
        return f"\n{'  ' * self.depth}    ".join(lines)

    def facts(self) -> dict[str, Any]:
        """As plain data."""
        made = {"job": self.artifact.job, "statement": self.artifact.statement} if self.artifact and not self.seen else {}
        return {"depth": self.depth, "path": self.path, "sha256": self.sha256, **made}


def _short(settings: dict[str, Any], most: int = 160) -> str:
    text = ", ".join(f"{name}={value}" for name, value in sorted(settings.items()))
    return text if len(text) <= most else f"{text[:most]}…"


def walk(root: Path, path: str, row: dict[str, str]) -> Iterator[Step]:
    """The steps from ``path`` to raw files. ``row`` leaves out inputs whose wildcards contradict it.

    Raises ContractError where ``path`` is no artifact of the run.
    """
    artifacts, _ = read_trail(root)
    if path not in artifacts:
        raise ContractError(f"{path} is no artifact of this run (it has no sidecar that fits); {did_you_mean(path, artifacts)}")
    seen: set[str] = set()
    waiting = [(0, path, artifacts[path].sha256)]
    while waiting:
        depth, name, digest = waiting.pop()
        artifact = artifacts.get(name)
        yield Step(depth, name, digest, artifact, name in seen)
        if artifact is not None and name not in seen:
            below = sorted(artifact.inputs.items(), reverse=True)
            waiting += [(depth + 1, path, found) for path, found in below if _fits(artifacts.get(path), row)]
        seen.add(name)


def _fits(artifact: Artifact | None, row: dict[str, str]) -> bool:
    wildcards = artifact.settings["wildcards"] if artifact else {}
    return all(row.get(name, value) == value for name, value in wildcards.items())


def cell(root: Path, path: str, row: dict[str, str], columns: list[str]) -> pd.DataFrame:
    """The rows of a table that ``row`` selects, all columns or ``columns``.

    Raises ContractError naming the columns there are, and for tables of patients, whose rows are not shown.
    """
    try:
        table = pd.read_parquet(root / path)
    except (OSError, ValueError) as error:
        raise ContractError(f"{path} is no table that can be read ({type(error).__name__}); --row and --column are for tables") from None
    if PATIENT in table:
        raise ContractError(f"{path} has a row per patient, and patients are not shown here; leave out --row and --column")
    strange = [name for name in [*row, *columns] if name not in table]
    if strange:
        raise ContractError(f"{path} has no column '{strange[0]}'; it has {', '.join(table.columns)}")
    for name, value in row.items():
        there = sorted(table[name].astype(str).unique())
        table = table[table[name].astype(str) == value]
        if table.empty:
            raise ContractError(f"{path} has no row with {name}={value}; {did_you_mean(value, there)}")
    return table[[*row, *(columns or [name for name in table if name not in row])]]
