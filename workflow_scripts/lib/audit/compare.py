"""What differs between two runs, and why: only what is a cause is named, and what follows from it counted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workflow_scripts.lib.audit.ledger import artifacts_of
from workflow_scripts.lib.audit.trail import Artifact, read_trail
from workflow_scripts.lib.errors import ContractError

UNKNOWN = "nothing that is recorded differs: not deterministic, or altered since (ask `verify`)"


@dataclass(frozen=True)
class Cause:
    """Something that differs, the artifacts where it does, and how many others have other bytes because of those."""

    text: str
    at: list[str]
    following: int


@dataclass(frozen=True)
class Difference:
    """Two runs: how many artifacts both have, those with other bytes, why, and what only one of them has."""

    shared: int
    differing: list[str]
    causes: list[Cause]
    only: tuple[list[str], list[str]]

    def __bool__(self) -> bool:
        return bool(self.differing or any(self.only))


def artifacts_in(folder: Path) -> dict[str, Artifact]:
    """The artifacts of a run, from its ledger where ``folder`` is a results/audit copied alone, else from its sidecars.

    Raises ContractError where it is neither.
    """
    if (folder / "ledger.parquet").is_file():
        return artifacts_of(folder)
    trail = read_trail(folder)
    if not trail.artifacts:
        raise ContractError(f"{folder}: neither sidecars nor a ledger; name the results folder of a run, or its audit folder")
    return {name: replace(found, sha256=trail.digest(name) or "missing") for name, found in trail.artifacts.items()}


def compare(first: Mapping[str, Artifact], second: Mapping[str, Artifact]) -> Difference:
    """What differs between the artifacts of two runs."""
    shared = [name for name in first if name in second]
    differing = {name for name in shared if first[name].sha256 != second[name].sha256}
    causes, depths = {}, _depths(first)
    for name in sorted(differing, key=lambda name: (depths[name], name)):
        for text in _causes(first[name], second[name], differing):
            causes.setdefault(text, []).append(name)
    found = [Cause(text, at, len(_following(first, at) & differing - set(at))) for text, at in causes.items()]
    only = sorted(set(first) - set(second)), sorted(set(second) - set(first))
    return Difference(len(shared), sorted(differing), found, only)


def _causes(first: Artifact, second: Artifact, differing: set[str]) -> list[str]:
    """What differs where one artifact was made, its inputs' bytes apart; machine and environment only where nothing else explains it."""
    own = [*_inputs(first, second), *_code(first, second), *_settings("setting", first.params, second.params)]
    if own or differing & set(first.read("input")):
        return own
    packages = list(_settings("environment", first.environment, second.environment))
    cpus = [found.made.get("cpu") for found in (first, second)]
    machine = [f"machine: {cpus[0]}, then {cpus[1]}"] if all(cpus) and cpus[0] != cpus[1] else []
    return packages + machine or [UNKNOWN]


def _inputs(first: Artifact, second: Artifact) -> Iterator[str]:
    """Raw files of other bytes, and inputs that only one of the two has."""
    before, after = first.read("raw"), second.read("raw")
    yield from (f"raw file {uri}: other bytes" for uri in before if after.get(uri, before[uri]) != before[uri])
    before, after = before | first.read("input"), after | second.read("input")
    yield from (f"input {uri}: only in the first" for uri in sorted(before.keys() - after.keys()))
    yield from (f"input {uri}: only in the second" for uri in sorted(after.keys() - before.keys()))


def _code(first: Artifact, second: Artifact) -> list[str]:
    """The modules that differ, where the code does: comments and docstrings do not count."""
    if first.code == second.code:
        return []
    before, after = first.read("code"), second.read("code")
    return [f"code {uri}" for uri in sorted(before.keys() | after.keys()) if before.get(uri) != after.get(uri)] or ["code"]


def _settings(what: str, first: Any, second: Any, where: str = "") -> Iterator[str]:
    """Differences key by key, ``a.b: 1, then 2``."""
    if isinstance(first, dict) and isinstance(second, dict):
        for key in sorted(first.keys() | second.keys()):
            yield from _settings(what, first.get(key), second.get(key), f"{where}.{key}" if where else str(key))
    elif first != second:
        yield f"{what} {where}: {_said(first)}, then {_said(second)}"


def _said(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


def _depths(artifacts: Mapping[str, Artifact]) -> dict[str, int]:
    """How many steps each artifact is from raw files, at most."""
    depths: dict[str, int] = {}

    def depth(name: str) -> int:
        if name not in depths:
            depths[name] = 0  # a chain that bites its own tail ends here
            inputs = artifacts[name].read("input") if name in artifacts else {}
            depths[name] = 1 + max((depth(uri) for uri in inputs), default=0)
        return depths[name]

    return {name: depth(name) for name in artifacts}


def _following(artifacts: Mapping[str, Artifact], names: list[str]) -> set[str]:
    """All that was made from ``names``, directly or not."""
    readers: dict[str, list[str]] = {}
    for name, artifact in artifacts.items():
        for uri in artifact.read("input"):
            readers.setdefault(uri, []).append(name)
    found, waiting = set(), list(names)
    while waiting:
        new = [reader for reader in readers.get(waiting.pop(), []) if reader not in found]
        found.update(new)
        waiting += new
    return found


def lines_of(difference: Difference, names: tuple[str, str], shown: int = 5) -> list[str]:
    """The difference for people."""
    if not difference:
        return [f"the same: {difference.shared} artifacts have the same bytes in {names[0]} and {names[1]}"]
    because = ", because of" if difference.causes else ""
    lines = [f"{len(difference.differing)} of {difference.shared} artifacts that both have are of other bytes{because}"]
    for cause in difference.causes:
        more = f" and {len(cause.at) - 1} more" if len(cause.at) > 1 else ""
        lines += [f"  {cause.text}", f"    at {cause.at[0]}{more}; {cause.following} others follow from it"]
    for name, only in zip(names, difference.only, strict=True):
        if only:
            lines.append(f"{len(only)} only in {name}: {', '.join(only[:shown])}{', …' * (len(only) > shown)}")
    return lines
