"""The seal at the end of a run: every artifact in one ledger, every file in one manifest, one more line in the run index.

Nothing is sealed where the chain does not hold: where an artifact that a target rests on has other bytes than its
sidecar says, or was made from other bytes than its producer wrote.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from workflow_scripts.lib.audit.crate import write_crate
from workflow_scripts.lib.audit.evidence import broken_chains, faults_of, raw_faults, siblings
from workflow_scripts.lib.audit.ledger import edge_rows, ledger_rows, write_rows
from workflow_scripts.lib.audit.page import trail_page
from workflow_scripts.lib.audit.runs import append_run
from workflow_scripts.lib.audit.trail import AUDIT, ROOT, Finding, Trail
from workflow_scripts.lib.contracts.audit import EDGES, LEDGER
from workflow_scripts.lib.contracts.files import atomic_path, sha256_of
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.evaluate.figures.pages import write_page
from workflow_scripts.lib.provenance.sidecar import SUFFIX, environment, git_state

SHOWN = 5  # findings that a refusal names


@dataclass(frozen=True)
class Sealed:
    """What is sealed: artifacts by path, those that a target rests on, the targets and the configuration's files."""

    trail: Trail
    names: list[str]
    reachable: set[str]
    targets: Sequence[str]
    config: Sequence[str]


def gather(trail: Trail, targets: Sequence[str], config: Sequence[str]) -> Sealed:
    """What there is to seal: all that the targets rest on, and of the rest what is as its sidecar says.

    Raises StageRefusal naming what a target rests on and that is not as its sidecar says.
    """
    reachable = trail.closure(targets)
    sound = {name: not any(faults_of(trail, name)) for name in trail.artifacts}
    _refuse(_standing(trail, reachable))
    return Sealed(trail, sorted(name for name, whole in sound.items() if whole), set(reachable), targets, config)


def _standing(trail: Trail, reachable: list[str]) -> list[Finding]:
    faults = [
        Finding("no sidecar", name, "is in the chain, but no sidecar says who made it; delete it and run snakemake")
        for name in reachable
        if name not in trail.artifacts
    ]
    for name in siblings(trail, reachable):
        faults += [*faults_of(trail, name), *(found for found, _ in broken_chains(trail, name) if name in reachable)]
    there = [name for name in reachable if name in trail.artifacts]
    return faults + [found for found in raw_faults(trail, there) if found.kind != "raw gone"]


def _refuse(faults: list[Finding]) -> None:
    if faults:
        more = f"; and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
        raise StageRefusal(f"not sealed, for the chain does not hold: {'; '.join(map(str, faults[:SHOWN]))}{more}")


def write_seal(sealed: Sealed, ledger: str, edges: str, crate: str, trail: str, manifest: str) -> dict[str, Any]:
    """Write every output of the seal, the manifest last, and the run index after it; returns its new line."""
    write_rows(ledger_rows(sealed.trail, sealed.names, sealed.reachable), ledger, LEDGER)
    write_rows(edge_rows(sealed.trail, sealed.names), edges, EDGES)
    write_crate(sealed.trail, sealed.names, sealed.targets, sealed.config, ledger, crate)
    write_page(trail, trail_page(sealed.trail, sealed.names, sealed.targets))
    inside = [str(path) for path in Path(crate).parent.rglob("*") if path.is_file()]
    own = {_within(manifest, path): sha256_of(path) for path in (ledger, edges, trail, *inside)}
    listed = manifest_of(sealed)
    with atomic_path(manifest) as part:
        part.write_text(_lines(listed | own), encoding="utf-8")
    facts = {
        "moment": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        **{name: (git_state(ROOT) or {}).get(name) for name in ("commit", "dirty")},
        "lock": environment(ROOT).get("lock_sha256"),
        "config": sha256(_lines({name: listed[name] for name in sealed.config}).encode()).hexdigest(),
        "sealed": {_within(manifest, path): sha256_of(path) for path in (ledger, edges, crate, trail, manifest)},
    }
    return append_run(Path(manifest).with_name("runs.jsonl"), facts)


def manifest_of(sealed: Sealed) -> dict[str, str]:
    """Every file that is sealed, with its sha256: artifacts, files of bundles, sidecars, raw files and the configuration."""
    trail = sealed.trail
    files = [file for name in sealed.names for file in (name, f"{name}{SUFFIX}", *trail.inside(name))]
    files += [uri for uri in trail.raw(sealed.reachable) if trail.digest(uri)]
    return {file: str(trail.digest(file)) for file in sorted({*files, *sealed.config})}


def _within(manifest: str, path: str) -> str:
    return f"{AUDIT}{Path(path).relative_to(Path(manifest).parent).as_posix()}"


def _lines(files: dict[str, str]) -> str:
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(files.items()))
