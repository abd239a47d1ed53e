"""What differs between two runs, and why: only the first artifacts on each way are named, the rest follows from them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workflow_scripts.lib.audit.trail import SEALING, Artifact, read_trail


@dataclass(frozen=True)
class Difference:
    """Artifacts that only one run has, those with other bytes, and of these the causes with their reasons."""

    same: int
    only: tuple[list[str], list[str]]
    changed: list[str]
    causes: dict[str, list[str]]

    def __bool__(self) -> bool:
        return bool(self.changed or any(self.only))

    def said(self) -> list[str]:
        """As lines to read."""
        lines = []
        for path, reasons in self.causes.items():
            lines += [f"{path} has other bytes:", *(f"    {reason}" for reason in reasons)]
        follow = len(self.changed) - len(self.causes)
        lines += [f"{follow} further artifacts have other bytes, which follows from these"] if follow else []
        for which, paths in zip(("first", "second"), self.only, strict=True):
            more = f" and {len(paths) - 5} more" if len(paths) > 5 else ""
            lines += [f"only in the {which} run: {', '.join(paths[:5])}{more}"] if paths else []
        return [*lines, f"{self.same} artifacts are the same, byte for byte"]


def compare(one: Path, other: Path) -> Difference:
    """Compare the runs in two working directories by what their sidecars say."""
    first, second = _made(one), _made(other)
    both = sorted(set(first) & set(second))
    changed = {path for path in both if first[path].sha256 != second[path].sha256}
    causes = {path for path in changed if not changed & (set(first[path].inputs) | set(second[path].inputs))}
    jobs: dict[str, str] = {}
    for path in sorted(causes):
        jobs.setdefault(first[path].job, path)  # the outputs of one job have one cause
    return Difference(
        same=len(both) - len(changed),
        only=(sorted(set(first) - set(second)), sorted(set(second) - set(first))),
        changed=sorted(changed),
        causes={path: list(_reasons(first[path], second[path])) or [UNKNOWN] for path in jobs.values()},
    )


def _made(root: Path) -> dict[str, Artifact]:
    """All but what the sealing wrote, which speaks of everything else."""
    return {path: artifact for path, artifact in read_trail(root)[0].items() if artifact.settings["rule"] != SEALING}


UNKNOWN = "nothing that is recorded differs: the job is not deterministic, or its machine does other arithmetic"


def _reasons(one: Artifact, other: Artifact) -> Iterator[str]:
    if one.circumstances.get("code") != other.circumstances.get("code"):
        names = sorted(name for name in {*one.modules, *other.modules} if one.modules.get(name) != other.modules.get(name))
        yield f"code: {', '.join(names) or 'other modules'}"
    for name in sorted({*one.inputs, *other.inputs}):
        if one.inputs.get(name) != other.inputs.get(name):
            yield f"input: {name} {'is in one run only' if name not in one.inputs or name not in other.inputs else 'has other bytes'}"
    yield from _pairs("setting", one.settings["params"], other.settings["params"])
    yield from _pairs("package", one.circumstances["environment"]["packages"], other.circumstances["environment"]["packages"])
    machines = [artifact.run.get("survdistill_machine", {}) for artifact in (one, other)]
    yield from _pairs("machine", *({name: machine.get(name) for name in ("cpu", "gpus", "system")} for machine in machines))
    yield from _pairs("threads", *({"": artifact.circumstances.get("threads")} for artifact in (one, other)))


def _pairs(kind: str, one: Any, other: Any) -> Iterator[str]:
    first, second = dict(_flat("", one)), dict(_flat("", other))
    for name in sorted({*first, *second}):
        if first.get(name) != second.get(name):
            yield f"{kind}{f' {name}' if name else ''}: {first.get(name)} and {second.get(name)}"


def _flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(f"{name}.{key}".strip("."), inner)
    else:
        yield name, value
