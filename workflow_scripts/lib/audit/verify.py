"""Verifying a run: every digest computed anew, every statement held against every other."""

import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import pyarrow as pa

from workflow_scripts.lib.audit.index import INDEX, check_index
from workflow_scripts.lib.audit.trail import AUDIT, RESULTS, SEALING, Artifact, Finding, bundle_files, differs, read_trail
from workflow_scripts.lib.contracts.files import json_text, sha256_of
from workflow_scripts.lib.errors import ConfigError
from workflow_scripts.lib.provenance.sidecar import LOCK, SUFFIX, statement_of

NAMESPACE = "survdistill"  # of signatures
MANIFEST_FILE = f"{AUDIT}/manifest.sha256"
# What another run, or the report, writes anew.
UNSEALED = (f"{RESULTS}/logs/", f"{RESULTS}/benchmarks/", f"{RESULTS}/report.html", INDEX, f"{MANIFEST_FILE}.sig")
AGAIN = "delete it and run snakemake again"
RESEAL = "run `snakemake --forcerun seal_artifacts` if that is meant"


def verify(root: Path, code: Path) -> list[Finding]:
    """What is not as it was sealed under ``root``, or not as the code at ``code`` would make it; empty for a clean run.

    One finding per file. Logs and benchmarks are no part of the seal.
    """
    last, findings = check_index(root)
    manifest, faults = _read_manifest(root)
    artifacts, broken = read_trail(root)
    findings += [*faults, *broken]
    for name, digest in last.items():
        findings += _compared(root, f"{AUDIT}/{name}", digest, "since the run index was written; put back a copy, or seal again")
    for path, digest in manifest.items():
        findings += _compared(root, path, digest, f"since it was sealed; put back a copy, or {_remedy(path)}")
    findings += [finding for artifact in artifacts.values() for finding in _artifact(root, artifact, artifacts)]
    findings += _sealing(root, artifacts, set(last))
    findings += _strangers(root, artifacts, manifest)
    findings += _code(code, artifacts)
    return list({finding.path: finding for finding in reversed(findings)}.values())[::-1]


def _remedy(path: str) -> str:
    return AGAIN if path.startswith(f"{RESULTS}/") and not path.endswith(SUFFIX) else RESEAL


def _compared(root: Path, path: str, digest: str, words: str) -> list[Finding]:
    found = differs(root, path, digest)
    return [Finding(found, path, f"{'gone' if found == 'missing' else 'changed'} {words}")] if found else []


def _read_manifest(root: Path) -> tuple[dict[str, str], list[Finding]]:
    try:
        lines = (root / MANIFEST_FILE).read_text(encoding="utf-8").splitlines()
        return {path: digest for digest, path in (line.split("  ", 1) for line in lines)}, []
    except FileNotFoundError:
        return {}, [Finding("never sealed", MANIFEST_FILE, "there is none; run snakemake to its end, or put it back")]
    except (OSError, ValueError):
        return {}, [Finding("altered", MANIFEST_FILE, "holds lines that no sealing wrote; put back a copy, or seal again")]


def _artifact(root: Path, artifact: Artifact, artifacts: dict[str, Artifact]) -> Iterator[Finding]:
    """The artifact against its sidecar, its inputs against those of their producers, the files of a bundle against its manifest."""
    path = artifact.path
    yield from _compared(root, path, artifact.sha256, f"since its job wrote it; {AGAIN}")
    for name, digest in artifact.inputs.items():
        if name in artifacts and artifacts[name].sha256 != digest:
            yield Finding("chain broken", path, f"was made from another {name} than is there; {AGAIN}")
        elif name not in artifacts and name.startswith(f"{RESULTS}/"):
            yield Finding("no sidecar", name, f"{artifact.job} read it, and nobody says where it came from; {AGAIN}")
    try:
        stated = bundle_files(root, path)
    except (OSError, ValueError, AttributeError):
        return
    for name, digest in stated.items():
        yield from _compared(root, name, digest, f"since the bundle was written; {AGAIN}")


def _strangers(root: Path, artifacts: dict[str, Artifact], manifest: dict[str, str]) -> Iterator[Finding]:
    """Files under results that nobody made, or that were made after the seal."""
    sealing = [path for path, artifact in artifacts.items() if artifact.settings["rule"] == SEALING]
    known = {*manifest, *sealing, *(f"{path}{SUFFIX}" for path in sealing)}
    for path in sorted(str(file.relative_to(root)) for file in (root / RESULTS).rglob("*") if file.is_file() or file.is_symlink()):
        if path in known or path.startswith(UNSEALED):
            continue
        if path.removesuffix(SUFFIX) in artifacts:
            yield Finding("not sealed", path, f"was made after the seal, or is no part of the run that was sealed; {RESEAL}, or delete it")
        else:
            yield Finding("orphan", path, "no job says that it made this file; delete it, or move it out of results")


def _sealing(root: Path, artifacts: dict[str, Artifact], sealed: set[str]) -> Iterator[Finding]:
    """The seal's own sidecars, which no manifest can hold: each must be, byte for byte, what the job that wrote them all would write."""
    own = {path: artifact for path, artifact in artifacts.items() if artifact.settings["rule"] == SEALING}
    for path in sorted({f"{AUDIT}/{name}" for name in sealed} - set(own)):
        yield Finding("missing", f"{path}{SUFFIX}", f"the seal's own sidecar is gone or broken; {RESEAL}")
    said = Counter(json_text(artifact.statement["predicate"]) for artifact in own.values())
    for path in own:
        with suppress(OSError, pa.ArrowException):  # an artifact that cannot be read is a finding of its own
            expected = json_text(statement_of(path, json.loads(said.most_common(1)[0][0]), root))
            if (root / f"{path}{SUFFIX}").read_text(encoding="utf-8") != expected:
                yield Finding("altered", f"{path}{SUFFIX}", f"is not what the sealing job wrote; {RESEAL}")


def _code(code: Path, artifacts: dict[str, Artifact]) -> Iterator[Finding]:
    """Modules and the lock, against those that made the artifacts."""
    recorded: dict[str, set[str]] = {}
    for artifact in artifacts.values():
        for name, digest in artifact.modules.items():
            recorded.setdefault(name, set()).add(digest)
        recorded.setdefault(LOCK, set()).add(artifact.circumstances["environment"].get("lock_sha256", ""))
    commits = {artifact.circumstances.get("git", {}).get("commit") for artifact in artifacts.values()} - {None}
    where = f"git checkout {min(commits)[:12]}" if len(commits) == 1 else "check out the commit of its sidecars"
    for name, digests in sorted(recorded.items()):
        if digests != {_digest(code / name)}:
            yield Finding("other code", name, f"differs from what made the results; {where}, or run snakemake again")


def _digest(path: Path) -> str:
    return sha256_of(path) if path.is_file() else ""


def signature(root: Path, signers: Path) -> list[Finding]:
    """What ssh-keygen says against the signature of the manifest; ``signers`` are those allowed. Raises ConfigError without ssh-keygen."""
    path, signed = root / MANIFEST_FILE, f"{MANIFEST_FILE}.sig"
    if shutil.which("ssh-keygen") is None:
        raise ConfigError("ssh-keygen is not installed; it checks signatures (OpenSSH 8.1 or newer)")
    if not (path.is_file() and (root / signed).is_file()):
        return [Finding("not signed", signed, f"there is none; `ssh-keygen -Y sign -n {NAMESPACE} -f KEY {MANIFEST_FILE}` makes it")]
    asked = ["ssh-keygen", "-Y", "find-principals", "-n", NAMESPACE, "-f", str(signers), "-s", str(root / signed)]
    who = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip().split("\n")[0]
    words = ["ssh-keygen", "-Y", "verify", "-n", NAMESPACE, "-f", str(signers), "-I", who, "-s", str(root / signed)]
    with path.open("rb") as stream:
        good = who and subprocess.run(words, stdin=stream, capture_output=True, check=False).returncode == 0
    return [] if good else [Finding("bad signature", signed, "is of nobody among the allowed signers, or of another manifest; sign again")]


def summary(findings: Iterable[Finding], root: Path) -> str:
    """One line to end with."""
    found = list(findings)
    sealed = len(_read_manifest(root)[0])
    return f"{len(found)} findings" if found else f"nothing found: {sealed} files are as they were sealed, and every chain holds"
