"""The walk from an artifact, or from one cell of a table, back to the raw files."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from workflow_scripts.lib.audit.trail import RESULTS, Artifact, Trail
from workflow_scripts.lib.contracts.base import read_arrow
from workflow_scripts.lib.errors import ConfigError, did_you_mean

JOINING = ("write_leaderboard", "join_comparisons")
"""Rules whose every row is made from the inputs of its own wildcards alone. Of other tables a row may rest on all inputs (p-values
that are corrected over families, metrics of pooled folds), and none is left out."""
WIDTH = 160  # characters of settings that are shown


@dataclass(frozen=True)
class Step:
    """One file of the walk: what it is, its artifact unless it is raw, and the steps before it; ``seen`` where those stand above."""

    path: str
    sha256: str
    artifact: Artifact | None = None
    before: list["Step"] = field(default_factory=list)
    seen: bool = False


def explain(trail: Trail, path: str, row: Mapping[str, str] | None = None) -> Step:
    """The walk back from an artifact, or from the row of a table with these values.

    Raises ConfigError where no such artifact is known.
    """
    if path not in trail.artifacts:
        known = [name for name in trail.artifacts if name.rsplit("/", 1)[-1] == path.rsplit("/", 1)[-1]] or trail.artifacts
        raise ConfigError(f"{path}: no sidecar says who made it; {did_you_mean(path, known) if len(known) < 9 else _shape(trail)}")
    row = row if row and trail.artifacts[path].rule in JOINING else {}
    return _step(trail, path, trail.artifacts[path].sha256, row, set())


def _shape(trail: Trail) -> str:
    return f"expected one of {len(trail.artifacts)} paths such as {min(trail.artifacts, key=len)}"


def _step(trail: Trail, path: str, digest: str, row: Mapping[str, str], seen: set[str]) -> Step:
    artifact = trail.artifacts.get(path)
    if artifact is None or path in seen:
        return Step(path, digest, artifact, seen=path in seen)
    seen.add(path)
    read = {**artifact.read("input"), **artifact.read("raw")}
    kept = {uri: found for uri, found in read.items() if uri not in trail.artifacts or _fits(trail.artifacts[uri], row)}
    return Step(path, digest, artifact, [_step(trail, uri, found, {}, seen) for uri, found in kept.items()])


def _fits(artifact: Artifact, row: Mapping[str, str]) -> bool:
    return all(row.get(name, value) == value for name, value in artifact.wildcards.items())


def cell(trail: Trail, path: str, row: Mapping[str, str], column: str | None) -> tuple[dict[str, str], Any]:
    """The whole of the one row that has these values, as text, and the value in ``column``.

    Raises ConfigError, in names and counts, where there is no such column, no such row, or more than one.
    """
    table = read_arrow(trail.locate(path)).to_pandas()
    for name in [*row, *([column] if column else [])]:
        if name not in table:
            raise ConfigError(f"{path}: no column '{name}'; {did_you_mean(name, table.columns)}")
    matching = table
    for name, value in row.items():
        matching = matching[matching[name].astype(str) == value]
        if matching.empty:
            raise ConfigError(f"{path}: no row with {name}={value} among those asked for; its columns: {', '.join(table.columns)}")
    if len(matching) > 1:
        telling = ", ".join(_telling(matching))
        raise ConfigError(
            f"{path}: {len(matching)} rows are so; say more with --row, by one of the columns in which they differ: {telling}"
        )
    found = matching.iloc[0]
    return {name: str(value) for name, value in found.items()}, found[column] if column else None


def _telling(rows: pd.DataFrame) -> list[str]:
    return [name for name in rows if rows[name].astype(str).nunique() > 1]


def lines_of(step: Step, indent: str = "", last: bool = True, top: bool = True) -> list[str]:
    """The walk as an indented tree."""
    branch, inner = ("", "") if top else ("└─ " if last else "├─ ", "   " if last else "│  ")
    head = f"{indent}{branch}{step.path}"
    if step.seen:
        return [f"{head}  (above)"]
    bar = f"{indent}{inner}{'│  ' if step.before else '   '}"
    lines = [head, f"{bar}sha256 {step.sha256}", *(f"{bar}{line}" for line in (_made(step.artifact) if step.artifact else _raw(step)))]
    for place, before in enumerate(step.before, 1):
        lines += lines_of(before, indent + inner, place == len(step.before), top=False)
    return lines


def _raw(step: Step) -> list[str]:
    return ["no sidecar: who made it is not known"] if step.path.startswith(RESULTS) else ["from outside the run"]


def _made(artifact: Artifact) -> list[str]:
    wildcards = "".join(f" {name}={value}" for name, value in artifact.wildcards.items())
    settings = ", ".join(f"{name}={json.dumps(value, sort_keys=True)}" for name, value in sorted(artifact.params.items()))
    shown = settings if len(settings) <= WIDTH else f"{settings[:WIDTH]}… (--json has all)"
    made = artifact.made
    commit = f", commit {made['commit'][:12]}{' with changes' * bool(made['dirty'])}" if made["commit"] else ""
    return [
        f"made by {artifact.rule}{wildcards}",
        *([f"settings {shown}"] if settings else []),
        f"code {artifact.code}{commit}; {made['started']} on {made['host']}",
    ]


def as_json(step: Step) -> dict[str, Any]:
    """The walk for machines: everything that the sidecars say but modules, each artifact in full once."""
    found: dict[str, Any] = {"path": step.path, "sha256": step.sha256}
    if step.artifact and not step.seen:
        artifact = step.artifact
        found |= {"rule": artifact.rule, "wildcards": artifact.wildcards, "params": artifact.params, "code": artifact.code}
        found |= {"made": artifact.made, "inputs": [as_json(before) for before in step.before]}
    return found
