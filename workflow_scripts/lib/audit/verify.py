"""Everything recomputed: bytes against the seal and the sidecars, chains, code, lock, and what lies about.

Each file is read once, as a stream; nothing is remembered from one call to the next. A file that the seal
knows to be altered is told of once, and what only follows from it is not told of at all.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath

from workflow_scripts.lib.audit.evidence import AGAIN, altered, broken_chains, faults_of, folder_faults, raw_faults, short
from workflow_scripts.lib.audit.ledger import edge_rows, ledger_rows, read_rows
from workflow_scripts.lib.audit.program import other_code, other_lock
from workflow_scripts.lib.audit.sealed import ANEW, EDGES, LEDGER, Seal, read_seal
from workflow_scripts.lib.audit.trail import AUDIT, RESULTS, ROOT, Artifact, Finding, Trail, read_trail
from workflow_scripts.lib.errors import ContractError
from workflow_scripts.lib.provenance.sidecar import SUFFIX

REPORT = "results/report.html"  # written by `snakemake --report`, outside any job
KEPT = re.compile(  # between runs, each with proofs of its own: checkpoints of interrupted trainings, features of images, answers of models
    r"results/[^/]+/(student/[^/]+/[^/]+/resume-[0-9a-f]{16}/checkpoint\.safetensors"
    r"|(radiomics|reports)/cache/([0-9a-f]{2})/\3[0-9a-f]{14}\.(safetensors|json))"
)


def verify(results: str | Path, root: Path = ROOT) -> tuple[Trail, list[Finding]]:
    """The trail of a results folder, and all that is not as sealed; raises ContractError where there is no such folder."""
    trail = read_trail(results)
    seal = read_seal(trail)
    findings = [*seal.findings, *_against_seal(trail, seal)]
    told = {found.path for found in findings}
    findings += _against_sidecars(trail, seal, told)
    findings += _strays(trail, told | {found.path for found in findings})
    if not any(found.path.startswith(RESULTS) for found in findings):
        findings += _ledger(trail, seal)
    resting = _resting(trail, seal)
    return trail, [*findings, *other_code(resting, root), *other_lock(resting, root)]


def _resting(trail: Trail, seal: Seal) -> dict[str, Artifact]:
    """What the targets rest on; what is left of earlier configurations need not fit today's code."""
    names = trail.closure(seal.targets) if seal.targets else trail.artifacts
    return {name: trail.artifacts[name] for name in names if name in trail.artifacts}


def made_again(trail: Trail, seal: Seal) -> set[str]:
    """Artifacts that are as their sidecars say, and whose sidecars are of after the seal, and other ones."""
    later = (name for name, artifact in trail.artifacts.items() if seal.moment and artifact.made["finished"] > seal.moment)
    other = (name for name in later if trail.digest(f"{name}{SUFFIX}") != seal.files.get(f"{name}{SUFFIX}"))
    return {name for name in other if not any(faults_of(trail, name))}


def _against_seal(trail: Trail, seal: Seal) -> Iterator[Finding]:
    again, raw = made_again(trail, seal), trail.raw(trail.artifacts)
    skipped = {file for name in again for file in (name, f"{name}{SUFFIX}", *trail.inside(name))}
    skipped |= {found.path for found in seal.findings}
    for name in sorted(again):
        said = f"made again after the seal, as {name}{SUFFIX} says; run `snakemake --forcerun seal_artifacts`"
        yield Finding("made again", name, said)
    for name, digest in seal.files.items():
        if name not in skipped and trail.digest(name) != digest:
            yield _differs(trail, name, digest, name in raw)
    for name in sorted(set(trail.artifacts) - set(seal.files) - again) if seal.files else ():
        yield Finding("not sealed", name, f"has a sidecar, but the seal does not know it; {AGAIN}")


def _differs(trail: Trail, name: str, expected: str, is_raw: bool) -> Finding:
    """The finding for a sealed file that is gone or has other bytes, of the kind of its file."""
    gone = trail.digest(name) is None
    if name.startswith(RESULTS) and not name.startswith(AUDIT) and not name.endswith(SUFFIX):
        said = f"not there, expected sha256 {short(expected)} by the seal; {AGAIN}"
        return Finding("missing", name, said) if gone else altered(trail, name, expected, "by the seal")
    what, todo = ("sidecar", AGAIN) if name.endswith(SUFFIX) else ("seal", ANEW) if name.startswith(AUDIT) else _outside(is_raw)
    verb = {True: "gone" if is_raw else "missing", False: "altered"}[gone]
    return Finding(f"{what} {verb}", name, f"found sha256 {short(trail.digest(name))}, expected {short(expected)} by the seal; {todo}")


def _outside(is_raw: bool) -> tuple[str, str]:
    if is_raw:
        return "raw", "bring the file back that the run was made from, or run snakemake"
    return "config", "restore it, or run snakemake: what the change concerns is made again; then `snakemake --forcerun seal_artifacts`"


def _against_sidecars(trail: Trail, seal: Seal, told: set[str]) -> Iterator[Finding]:
    """What sidecars tell of files and of each other, where the seal has not already told of file or sidecar."""
    resting = _resting(trail, seal)
    for sidecar, why in trail.faults.items():
        if sidecar not in told:
            yield Finding("sidecar altered", sidecar, f"{why}; {AGAIN}")
    for name in sorted(trail.artifacts):
        if f"{name}{SUFFIX}" in told:
            continue
        yield from (found for found in faults_of(trail, name) if found.path not in told)
        if name in resting:
            yield from (found for found, producer in broken_chains(trail, name) if not {producer, f"{producer}{SUFFIX}"} & told)
    there = [name for name in resting if f"{name}{SUFFIX}" not in told]
    yield from (found for found in [*raw_faults(trail, there), *folder_faults(trail, there)] if found.path not in told)


def _strays(trail: Trail, told: set[str]) -> Iterator[Finding]:
    """Files in the results folder that no job made."""
    known = set(trail.artifacts) | told | {REPORT}
    for name in trail.artifacts.keys() - told:
        with suppress(ContractError):  # told of as altered
            known |= trail.inside(name).keys()
    for name in sorted(trail.files - known):
        own = name.startswith(AUDIT) or name.endswith(SUFFIX) or KEPT.fullmatch(name)
        if not own and f"{name}{SUFFIX}" not in told and not _is_in(name, told):
            yield Finding("stray", name, "no sidecar says who made it; take it away, or delete it and run snakemake")


def _is_in(name: str, told: set[str]) -> bool:
    """Whether the folder of a file is one whose list of files was already told of."""
    return any(f"{folder}/MANIFEST.json" in told or f"{folder}/MANIFEST.json{SUFFIX}" in told for folder in PurePosixPath(name).parents)


def _ledger(trail: Trail, seal: Seal) -> Iterator[Finding]:
    """Ledger and edges made anew from the sidecars: asked where nothing else in the results is amiss, for they follow from it."""
    names = [name for name in trail.artifacts if name in seal.files]
    for path, rows in ((LEDGER, ledger_rows(trail, names, set(trail.closure(seal.targets)))), (EDGES, edge_rows(trail, names))):
        try:
            same = read_rows(trail.locate(path)) == rows
        except ContractError:
            same = False
        if not same:
            yield Finding("seal altered", path, f"tells otherwise than the sidecars; {ANEW}")
