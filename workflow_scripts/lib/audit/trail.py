"""The trail: every sidecar under a run's results, read without trusting any of them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from workflow_scripts.lib.contracts.files import MANIFEST, sha256_of
from workflow_scripts.lib.provenance.sidecar import SUFFIX

RESULTS = "results"
AUDIT = f"{RESULTS}/audit"
CODE = "workflow_scripts/"
SEALING = "seal_artifacts"  # the rule whose outputs speak of all others


@dataclass(frozen=True, order=True)
class Finding:
    """Something that is not as the trail says: what kind, which file, and a sentence with what to do."""

    kind: str
    path: str
    text: str

    def __str__(self) -> str:
        return f"{self.kind:<16} {self.path}: {self.text}"


@dataclass(frozen=True)
class Artifact:
    """A file that a job made, and what its sidecar says of how."""

    path: str
    statement: dict[str, Any]

    @cached_property
    def sha256(self) -> str:
        """The digest of the artifact's bytes when it was made."""
        return self.statement["subject"][0]["digest"]["sha256"]

    @property
    def annotations(self) -> dict[str, Any]:
        """Rows and schema digest, of tables."""
        return self.statement["subject"][0].get("annotations", {})

    @property
    def settings(self) -> dict[str, Any]:
        """Rule, wildcards and params."""
        return self.statement["predicate"]["buildDefinition"]["externalParameters"]

    @property
    def circumstances(self) -> dict[str, Any]:
        """Code digest, commit, environment, threads."""
        return self.statement["predicate"]["buildDefinition"]["internalParameters"]

    @property
    def run(self) -> dict[str, Any]:
        """When, where, and with how much memory."""
        return self.statement["predicate"]["runDetails"]

    @cached_property
    def job(self) -> str:
        """The job that made it, the same for every output of that job."""
        wildcards = ", ".join(f"{name}={value}" for name, value in sorted(self.settings["wildcards"].items()))
        return f"{self.settings['rule']}({wildcards})"

    @cached_property
    def dependencies(self) -> dict[str, str]:
        """Everything that was read: path to sha256."""
        found = self.statement["predicate"]["buildDefinition"]["resolvedDependencies"]
        return {one["uri"]: one["digest"]["sha256"] for one in found}

    @property
    def modules(self) -> dict[str, str]:
        """Our modules that ran."""
        return {path: digest for path, digest in self.dependencies.items() if path.startswith(CODE)}

    @property
    def inputs(self) -> dict[str, str]:
        """What was read beside code."""
        return {path: digest for path, digest in self.dependencies.items() if not path.startswith(CODE)}


def read_trail(root: Path) -> tuple[dict[str, Artifact], list[Finding]]:
    """Every artifact under ``root``/results that has a sidecar, by path, and the sidecars that cannot be read or speak of another file."""
    artifacts, findings = {}, []
    for sidecar in sorted((root / RESULTS).rglob(f"*{SUFFIX}")):
        path = str(sidecar.relative_to(root)).removesuffix(SUFFIX)
        try:
            artifact = Artifact(path, json.loads(sidecar.read_text(encoding="utf-8")))
            named = artifact.statement["subject"][0]["name"]
            _touch(artifact)
        except (ValueError, KeyError, TypeError, IndexError, AttributeError, OSError):
            findings.append(Finding("sidecar broken", f"{path}{SUFFIX}", "is not what a job writes; make the artifact again"))
            continue
        if named == path:
            artifacts[path] = artifact
        else:
            findings.append(Finding("sidecar swapped", f"{path}{SUFFIX}", "speaks of another file; make the artifact again"))
    return artifacts, findings


def _touch(artifact: Artifact) -> None:
    """Raise where a part of the statement that others rely on is missing."""
    _ = (artifact.sha256, artifact.job, artifact.dependencies, artifact.circumstances["environment"], artifact.run["metadata"])


def reachable(artifacts: dict[str, Artifact], targets: Iterable[str]) -> set[str]:
    """The artifacts that ``targets`` rest on, and what else their jobs wrote."""
    by_job: dict[str, list[str]] = {}
    for path, artifact in artifacts.items():
        by_job.setdefault(artifact.job, []).append(path)
    found: set[str] = set()
    waiting = [path for path in targets if path in artifacts]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += [*by_job[artifacts[path].job], *(name for name in artifacts[path].inputs if name in artifacts)]
    return found


def bundle_files(root: Path, path: str) -> dict[str, str]:
    """The files beside a ``MANIFEST.json`` with the digests it states; nothing for other artifacts.

    Raises ValueError where the manifest cannot be read.
    """
    if Path(path).name != MANIFEST:
        return {}
    stated = json.loads((root / path).read_text(encoding="utf-8"))
    return {str(Path(path).parent / name): digest for name, digest in stated.items()}


def differs(root: Path, path: str, digest: str) -> str | None:
    """``missing`` or ``altered`` where the file's bytes are not those of ``digest``, else None."""
    try:
        return None if sha256_of(root / path) == digest else "altered"
    except OSError:
        return "missing"
