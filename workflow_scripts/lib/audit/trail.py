"""The trail: what every sidecar says of its artifact, and what lies in the results folder.

Sidecars are read defensively: whatever cannot be read is kept as a fault with its path, for a tampered
trail must be told of, not crash those who ask.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from workflow_scripts.lib.contracts.files import MANIFEST, sha256_of
from workflow_scripts.lib.errors import ContractError
from workflow_scripts.lib.provenance.sidecar import SUFFIX

RESULTS, AUDIT, CODE = "results/", "results/audit/", "workflow_scripts/"
VOLATILE = ("results/logs/", "results/benchmarks/")  # told apart in every run, and read by nobody
ROOT = Path(__file__).parents[3]  # of the code, which the working directory need not be
FETCHED = ".snakemake/"  # copies of remote sources, which Snakemake takes away again


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be: of what kind, which file, and what was found, expected, and to do."""

    kind: str
    path: str
    text: str

    def __str__(self) -> str:
        return f"{self.kind}  {self.path}: {self.text}"


@dataclass(frozen=True)
class Artifact:
    """What its sidecar says of an artifact; ``inputs`` maps every file that was read, code included, to its sha256."""

    path: str
    sha256: str
    rule: str
    wildcards: dict[str, str]
    params: dict[str, Any]
    code: str | None
    environment: dict[str, Any]
    inputs: dict[str, str]
    rows: int | None = None
    schema_sha256: str | None = None
    made: dict[str, Any] = field(default_factory=dict)  # commit, dirty, started, finished, host, cpu: what another run has otherwise

    def read(self, role: str) -> dict[str, str]:
        """The inputs of a role, with their sha256."""
        return {uri: digest for uri, digest in self.inputs.items() if role_of(uri) == role}

    @property
    def is_bundle(self) -> bool:
        """Whether it is the manifest of a folder of files."""
        return Path(self.path).name == MANIFEST


def role_of(uri: str) -> str:
    """input: made by another rule; code: a module of ours; raw: from outside the run."""
    return "input" if uri.startswith(RESULTS) else "code" if uri.startswith(CODE) else "raw"


def artifact_of(statement: Any) -> Artifact:
    """What a sidecar's statement says; raises ContractError where it is no such statement."""
    try:
        (subject,) = statement["subject"]
        made_of, run = statement["predicate"]["buildDefinition"], statement["predicate"]["runDetails"]
        asked, inner = made_of["externalParameters"], made_of["internalParameters"]
        notes, machine = subject.get("annotations", {}), run.get("survdistill_machine", {})
        return Artifact(
            path=_text(subject["name"]),
            sha256=_text(subject["digest"]["sha256"]),
            rule=_text(asked["rule"]),
            wildcards=dict(asked["wildcards"]),
            params=dict(asked["params"]),
            code=_text_or_none(inner.get("code")),
            environment=dict(inner["environment"]),
            inputs={_text(found["uri"]): _text(found["digest"]["sha256"]) for found in made_of["resolvedDependencies"]},
            rows=notes.get("rows"),
            schema_sha256=notes.get("schema_sha256"),
            made={
                "dirty": inner.get("git", {}).get("dirty"),
                "commit": _text_or_none(inner.get("git", {}).get("commit")),
                **{name: _text_or_none(machine.get(name)) for name in ("host", "cpu")},
                **{name: _text(run["metadata"][f"{name}On"]) for name in ("started", "finished")},
            },
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ContractError(f"no statement of provenance ({type(error).__name__})") from None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _text_or_none(value: Any) -> str | None:
    return None if value is None else _text(value)


@dataclass(frozen=True)
class Trail:
    """All of a results folder: its ``files`` (logs apart), the ``artifacts`` by path, and sidecars that are none, with why."""

    results: Path
    files: frozenset[str]
    artifacts: dict[str, Artifact]
    faults: dict[str, str] = field(default_factory=dict)

    def locate(self, name: str) -> Path:
        """Where a file of the trail lies, for the results folder may have another name now."""
        return self.results / name.removeprefix(RESULTS) if name.startswith(RESULTS) else self.results.parent / name

    @cached_property
    def _digests(self) -> dict[str, str | None]:
        return {}

    def digest(self, name: str) -> str | None:
        """The sha256 of a file as it is now, computed once per trail; None where it is not there or cannot be read."""
        if name not in self._digests:
            self._digests[name] = digest_of(self.locate(name))
        return self._digests[name]

    def raw(self, names: Iterable[str]) -> dict[str, set[str]]:
        """Files from outside the run that these artifacts were made from, with every digest that was read."""
        found: dict[str, set[str]] = {}
        for name in names:
            for uri, digest in self.artifacts[name].read("raw").items():
                if not uri.startswith(FETCHED):
                    found.setdefault(uri, set()).add(digest)
        return found

    def closure(self, targets: Iterable[str]) -> list[str]:
        """The targets and all that they were made from by other rules, nearest first."""
        found = dict.fromkeys(targets)
        waiting = list(found)
        for name in waiting:
            inputs = self.artifacts[name].read("input") if name in self.artifacts else {}
            waiting += [uri for uri in inputs if uri not in found]
            found |= dict.fromkeys(inputs)
        return list(found)

    def bundle(self, name: str) -> dict[str, str]:
        """The files of a folder, with their digests, by its manifest ``name``; raises ContractError where that is no manifest."""
        try:
            listed = read_json(self.locate(name))
            return {f"{name.removesuffix(MANIFEST)}{_text(file)}": _text(digest) for file, digest in listed.items()}
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise ContractError(f"no list of files and digests ({type(error).__name__})") from None

    def inside(self, name: str) -> dict[str, str]:
        """The files of an artifact that is a folder, as ``bundle`` has them; none of any other artifact."""
        return self.bundle(name) if self.artifacts[name].is_bundle else {}


def digest_of(path: Path) -> str | None:
    """The sha256 of a regular file, for a pipe would never end; None where there is none or it cannot be read."""
    try:
        return sha256_of(path) if path.is_file() else None
    except OSError:
        return None


def read_trail(results: str | Path) -> Trail:
    """The trail of a results folder, without the seal's own files; raises ContractError where there is no such folder."""
    if not Path(results).is_dir():
        raise ContractError(f"{results}: no such folder; name the results folder of a run with --results")
    results = Path(os.path.abspath(results))
    files = frozenset(name for path in _walk(results) if not (name := _name(results, path)).startswith(VOLATILE))
    artifacts, faults = {}, {}
    for sidecar in sorted(name for name in files if name.endswith(SUFFIX) and not name.startswith(AUDIT)):
        try:
            statement = read_json(results / sidecar.removeprefix(RESULTS))
            artifacts[sidecar.removesuffix(SUFFIX)] = artifact_of(statement)
        except (OSError, ValueError) as error:  # a ContractError is a ValueError
            faults[sidecar] = str(error) if isinstance(error, ContractError) else f"no JSON ({type(error).__name__})"
    return Trail(results, files, artifacts, faults)


def _walk(results: Path) -> Iterable[Path]:
    """Everything below a folder that is no folder, behind symbolic links too; raises OSError for what may not be read."""
    seen = set()
    for folder, inner, files in os.walk(results, followlinks=True, onerror=_raise):
        inner[:] = [name for name in inner if os.path.realpath(os.path.join(folder, name)) not in seen]
        seen.update(os.path.realpath(os.path.join(folder, name)) for name in inner)
        yield from (Path(folder, name) for name in files)


def _raise(error: OSError) -> None:
    raise error


def read_json(path: Path) -> Any:
    """What a JSON file holds; raises OSError, or ValueError for whatever is none."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _name(results: Path, path: Path) -> str:
    return f"{RESULTS}{path.relative_to(results).as_posix()}"
