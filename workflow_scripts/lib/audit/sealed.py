"""What the seal says, and whether it is itself as it was written."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from workflow_scripts.lib.audit.runs import read_runs
from workflow_scripts.lib.audit.trail import AUDIT, Finding, Trail, read_json, role_of
from workflow_scripts.lib.contracts.files import json_text
from workflow_scripts.lib.errors import ContractError
from workflow_scripts.lib.provenance.sidecar import HEAD, SUFFIX, subject_of

RUNS, MANIFEST, LEDGER, EDGES = (f"{AUDIT}{name}" for name in ("runs.jsonl", "manifest.sha256", "ledger.parquet", "edges.parquet"))
CRATE, PAGE = f"{AUDIT}crate/MANIFEST.json", f"{AUDIT}trail.html"
OUTPUTS = (LEDGER, EDGES, MANIFEST, CRATE, PAGE)
SIGNATURE = f"{MANIFEST}.sig"
KNOWN = {RUNS, SIGNATURE, *OUTPUTS, *(f"{name}{SUFFIX}" for name in OUTPUTS)}
ANEW = "restore it from a copy, or, if you know why it changed, run `snakemake --forcerun seal_artifacts`"


@dataclass
class Seal:
    """What is left of the seal: digests by file where its manifest can be trusted, targets, when it was made, what is wrong with it."""

    files: dict[str, str] = field(default_factory=dict)
    targets: list[str] = field(default_factory=list)
    moment: str = ""
    findings: list[Finding] = field(default_factory=list)


def read_seal(trail: Trail) -> Seal:
    """The seal of a results folder, read so that nothing in it can be a reason to stop."""
    seal = Seal()
    run = _last_run(trail, seal.findings)
    seal.findings += _outputs(trail, run)
    statements = dict(_statements(trail, seal.findings))
    if run and LEDGER in statements:
        seal.findings += _is_last(run, statements[LEDGER])
    seal.moment = str(run.get("moment", ""))
    seal.targets = _targets(statements)
    if not any(found.path == MANIFEST for found in seal.findings):
        seal.files = _manifest(trail, seal.findings)
    seal.findings += _strays(trail, KNOWN | set(seal.files))
    return seal


def _last_run(trail: Trail, findings: list[Finding]) -> dict[str, Any]:
    if RUNS not in trail.files:
        findings.append(Finding("run index missing", RUNS, f"not there, expected a line per sealing; {ANEW}"))
        return {}
    try:
        return read_runs(trail.locate(RUNS))[-1]
    except ContractError as error:
        findings.append(Finding("run index broken", RUNS, str(error)))
        return {}


def _outputs(trail: Trail, run: dict[str, Any]) -> Iterator[Finding]:
    for name in OUTPUTS:
        sealed = run.get("sealed")
        if name not in trail.files:
            yield Finding("seal missing", name, f"not there; {ANEW}")
        elif run and not (isinstance(sealed, dict) and sealed.get(name) == trail.digest(name)):
            yield Finding("seal altered", name, f"found other bytes than {RUNS} has of it; {ANEW}")


def _strays(trail: Trail, known: set[str]) -> Iterator[Finding]:
    """Files of nobody among the seal's; those of the crate are known by the manifest, or else by the list in their own folder."""
    with suppress(ContractError):
        known |= set(trail.bundle(CRATE))
    for name in sorted(found for found in trail.files if found.startswith(AUDIT) and found not in known):
        yield Finding("stray", name, "is not part of the seal; take it away")


def _statements(trail: Trail, findings: list[Finding]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The sidecars of the seal, which no manifest can list: each must be of its file, and all must tell of the same job."""
    found: dict[str, dict[str, Any]] = {}
    for name in OUTPUTS:
        sidecar, path = f"{name}{SUFFIX}", trail.locate(f"{name}{SUFFIX}")
        try:
            statement = read_json(path)
            if path.read_text(encoding="utf-8") != json_text(statement) or set(statement) != set(HEAD) | {"subject", "predicate"}:
                raise ValueError
            found[name] = statement
        except FileNotFoundError:
            findings.append(Finding("sidecar missing", sidecar, f"not there; {ANEW}"))
        except (OSError, ValueError, TypeError):
            findings.append(Finding("sidecar altered", sidecar, f"is not as a sidecar is written; {ANEW}"))
    faulty = {finding.path for finding in findings}
    said = [json.dumps(statement["predicate"], sort_keys=True) for statement in found.values()]
    most = max(said, key=said.count, default="")
    for (name, statement), own in zip(found.items(), said, strict=True):
        if own == most and (name in faulty or _is_of(trail, name, statement)):
            yield name, statement
        else:
            findings.append(
                Finding("sidecar altered", f"{name}{SUFFIX}", f"tells otherwise than {name} and the seal's other sidecars; {ANEW}")
            )


def _is_of(trail: Trail, name: str, statement: dict[str, Any]) -> bool:
    subject = subject_of(str(trail.locate(name)), name)
    return statement["subject"] == [subject] and all(statement[key] == value for key, value in HEAD.items())


def _is_last(run: dict[str, Any], statement: dict[str, Any]) -> Iterator[Finding]:
    """The last line is the one that the job which wrote the ledger has noted; otherwise lines were added or taken out at the end."""
    try:
        noted = statement["predicate"]["runDetails"]["survdistill_course"]["sealing"]
    except (KeyError, TypeError):
        noted = None
    if run["sha256"] != noted:
        said = f"its last line is not of the job that wrote {LEDGER}: lines were added or taken out; {ANEW}"
        yield Finding("run index altered", RUNS, said)


def _targets(statements: dict[str, dict[str, Any]]) -> list[str]:
    try:
        read = statements[LEDGER]["predicate"]["buildDefinition"]["resolvedDependencies"]
        return [found["uri"] for found in read if role_of(found["uri"]) == "input"]
    except (KeyError, TypeError, AttributeError):
        return []


def _manifest(trail: Trail, findings: list[Finding]) -> dict[str, str]:
    try:
        lines = trail.locate(MANIFEST).read_text(encoding="utf-8").split("\n")[:-1]
        return {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    except (OSError, ValueError):
        findings.append(Finding("seal altered", MANIFEST, f"cannot be read as lines of sha256 and path; {ANEW}"))
        return {}
