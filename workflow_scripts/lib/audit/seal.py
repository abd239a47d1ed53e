"""Sealing a finished run: the ledger of its artifacts, the manifest of their digests, the line in the run index."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from workflow_scripts.lib.audit.trail import RESULTS, Artifact, bundle_files, differs, reachable, read_trail
from workflow_scripts.lib.contracts.audit import EDGES, LEDGER
from workflow_scripts.lib.contracts.files import atomic_path, sha256_of
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.provenance.sidecar import SUFFIX


def sealed(root: Path, targets: Iterable[str]) -> dict[str, Artifact]:
    """The artifacts that ``targets`` rest on, after proving the chain: the digest of every input is that of its producer's output.

    Raises StageRefusal with the first places where it does not hold.
    """
    targets = list(targets)
    artifacts, findings = read_trail(root)
    faults = [str(finding) for finding in findings] + [f"{path} has no sidecar" for path in targets if path not in artifacts]
    run = {path: artifacts[path] for path in sorted(reachable(artifacts, targets))}
    for path, artifact in run.items():
        for name, digest in artifact.inputs.items():
            stated = artifacts[name].sha256 if name in artifacts else None
            if stated is None and name.startswith(f"{RESULTS}/"):
                faults.append(f"{name}, read by {artifact.job}, has no sidecar")
            elif stated not in (None, digest):
                faults.append(f"{path} was made from another {name} than is there")
    if faults:
        raise StageRefusal(
            f"the trail has {len(faults)} gaps, so nothing is sealed: {'; '.join(dict.fromkeys(faults[:5]))}. "
            "Delete the artifacts named and run snakemake again: it makes them anew"
        )
    return run


def ledger_of(root: Path, run: dict[str, Artifact], targets: Iterable[str]) -> pd.DataFrame:
    """Rows of the LEDGER contract."""
    asked = set(targets)
    return pd.DataFrame([_entry(root, artifact, path in asked) for path, artifact in run.items()], columns=LEDGER.schema().names)


def _entry(root: Path, artifact: Artifact, target: bool) -> dict[str, Any]:
    params = artifact.settings["params"]
    return {
        "path": artifact.path,
        "sha256": artifact.sha256,
        "bytes": (root / artifact.path).stat().st_size,
        "rows": artifact.annotations.get("rows"),
        "schema_sha256": artifact.annotations.get("schema_sha256"),
        "rule": artifact.settings["rule"],
        "wildcards": json.dumps(artifact.settings["wildcards"], sort_keys=True),
        "params_sha256": hashlib.sha256(json.dumps(params, sort_keys=True).encode()).hexdigest(),
        "code": artifact.circumstances.get("code"),
        "seed": params.get("seed") if isinstance(params, dict) else None,
        "target": target,
    }


def edges_of(run: dict[str, Artifact]) -> pd.DataFrame:
    """Rows of the EDGES contract."""
    rows = [
        {"artifact": path, "input": name, "sha256": digest, "role": _role(name, artifact, run)}
        for path, artifact in run.items()
        for name, digest in artifact.dependencies.items()
    ]
    return pd.DataFrame(rows, columns=EDGES.schema().names)


def _role(name: str, artifact: Artifact, run: dict[str, Artifact]) -> str:
    if name in run:
        return "artifact"
    return "code" if name in artifact.modules else "source"


def manifest_of(root: Path, run: dict[str, Artifact], further: Iterable[str]) -> dict[str, str]:
    """Path to digest, by path: artifacts, files of bundles, sidecars, what was read from outside and is still there, ``further`` files.

    Raises StageRefusal when a file has other bytes than its job wrote.
    """
    stated = {path: artifact.sha256 for path, artifact in run.items()}
    for path, artifact in run.items():
        stated |= bundle_files(root, path)
        stated |= {name: digest for name, digest in artifact.inputs.items() if name not in run and (root / name).is_file()}
    changed = [path for path, digest in stated.items() if differs(root, path, digest)]
    if changed:
        raise StageRefusal(
            f"{len(changed)} files have other bytes than when they were made, so nothing is sealed: {', '.join(changed[:5])}. "
            "Delete the artifacts among them, put raw files back or accept the new ones, and run snakemake again"
        )
    named = list(further)
    own = [*(f"{path}{SUFFIX}" for path in run), *named, *(name for path in named for name in bundle_files(root, path))]
    return dict(sorted({**stated, **{path: sha256_of(root / path) for path in own}}.items()))


def write_manifest(path: str | Path, digests: dict[str, str]) -> None:
    """Write lines that ``sha256sum -c`` checks from the working directory."""
    with atomic_path(path) as part:
        part.write_text("".join(f"{digest}  {name}\n" for name, digest in digests.items()), encoding="utf-8")
