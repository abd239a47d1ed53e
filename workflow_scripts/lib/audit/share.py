"""A copy of a run to share without patient data, and the proof that it has none.

What may leave is named here; whatever else there is, now or later, stays.
"""

import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from workflow_scripts.lib.audit.evidence import faults_of
from workflow_scripts.lib.audit.identities import Identities, has_patient_column
from workflow_scripts.lib.audit.sealed import ANEW, CRATE, MANIFEST, OUTPUTS, read_seal
from workflow_scripts.lib.audit.trail import Artifact, Trail
from workflow_scripts.lib.contracts.base import read_arrow
from workflow_scripts.lib.contracts.files import atomic_path, sha256_of
from workflow_scripts.lib.errors import ContractError
from workflow_scripts.lib.provenance.sidecar import SUFFIX

TABLES = {
    *("leaderboard", "comparisons", "fold_metrics", "replicates", "hidden_state_probe"),
    *("findings", "flow", "time_grid", "proportional_hazards", "history"),
    *("background_knowledge", "explanation_scores", "group_importance", "feature_importance", "token_pruning", "learning_speed"),
    "prose_scores",
}
"""Contracts of tables over many patients."""
PAGES = {"show_leaderboard", "show_findings", "show_proportional_hazards"}
"""Rules whose pages quote no patient."""
REGISTRY = "results/{}/ingest/registry.parquet"
README = """# Results of survdistill, to share

Tables over many patients, figures and pages of one run, with the notes of what they were made from. Left out:

{left}

Before it was handed out, every file was searched for the {ids} ids by which patients of the run are known, those who were
refused too, in running text and in the values of tables; and no table has a column of patients. Ids of fewer than 4
characters, and bare numbers of fewer than 6 digits, cannot be told from other words and numbers in running text; they were
searched for as whole values of text columns.

That is no proof against everything: **small counts** (a stage with two patients, one event in a fold) are the site's to
judge by its own threshold, and figures may show single events as steps of a curve, or patients as unnamed dots.

`sha256sum -c manifest.sha256` in this folder checks the files; each `.provenance.json` says what its file was made from;
`results/audit/` has the ledger of the whole run, with the sha256 of what was left out.
"""


@dataclass(frozen=True)
class Shared:
    """What was shared: how many files, and what stayed, by reason."""

    files: int
    left: Counter[str]


def why_not(trail: Trail, artifact: Artifact) -> str | None:
    """Why an artifact stays; None where it may leave."""
    path = Path(artifact.path)
    if path.suffix == ".parquet":
        name = (pq.read_schema(trail.locate(artifact.path)).metadata or {}).get(b"contract", b"").decode()
        return None if name in TABLES else "tables with a row per patient"
    if path.suffix == ".svg" or (path.suffix == ".html" and artifact.rule in PAGES):
        return None
    if artifact.is_bundle:
        return "models and folders of files"
    return "pages that quote patients" if path.suffix == ".html" else "copies of raw files"


def share(trail: Trail, folder: str | Path) -> Shared:
    """Copy what may leave to ``folder``, which must be new, and prove it; nothing is left there when that fails.

    Raises ContractError where a file is not as its sidecar says, or names a patient.
    """
    folder = Path(folder)
    if folder.exists() or folder.resolve().is_relative_to(trail.results.resolve()):
        raise ContractError(f"{folder}: expected a folder that is not there yet, outside the results; name another")
    reasons = {name: why_not(trail, artifact) for name, artifact in sorted(trail.artifacts.items()) if _is_there(trail, name)}
    names = [name for name, reason in reasons.items() if reason is None]
    sealed, known = _sealed(trail), identities_of(trail)
    with atomic_path(folder) as part:
        for file in [*names, *(f"{name}{SUFFIX}" for name in names), *sealed]:
            (part / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(trail.locate(file), part / file)
        left = Counter(reason for reason in reasons.values() if reason)
        (part / "README.md").write_text(_readme(left, len(known.ids)), encoding="utf-8")
        _write_manifest(part)
        prove(part, known)
    return Shared(2 * len(names) + len(sealed) + 2, left)


def _sealed(trail: Trail) -> list[str]:
    """The files of the seal but its manifest, which lists what stays; raises ContractError where the run is not, or no longer, sealed."""
    for found in read_seal(trail).findings:
        raise ContractError(f"not exported, for {found}")
    inside = trail.bundle(CRATE)
    for name in (name for name, digest in inside.items() if trail.digest(name) != digest):
        raise ContractError(f"not exported, for {name} is not as it was sealed; {ANEW}")
    outputs = [name for name in OUTPUTS if name != MANIFEST]
    return [*outputs, *(f"{name}{SUFFIX}" for name in outputs), *inside]


def _is_there(trail: Trail, name: str) -> bool:
    """Whether a file is as its sidecar says; raises ContractError otherwise."""
    for found in faults_of(trail, name):
        raise ContractError(f"not exported, for {found}")
    return True


def identities_of(trail: Trail) -> Identities:
    """Every id by which patients of the run are known, those who were refused too; raises ContractError where a cohort has no registry."""
    cohorts = {artifact.wildcards["cohort"] for artifact in trail.artifacts.values() if "cohort" in artifact.wildcards}
    lacking = sorted(cohort for cohort in cohorts if REGISTRY.format(cohort) not in trail.artifacts)
    if lacking or not cohorts:
        of = f" of {', '.join(lacking)}" if lacking else ""
        raise ContractError(f"{trail.results}: no registry{of}, without which nothing can be proven; run snakemake first")
    found: set[str] = set()
    for name in (name for name in trail.artifacts if name.endswith(("/registry.parquet", "refusals.parquet"))):
        table = read_arrow(trail.locate(name))
        columns = [table[column] for column in ("patient_id", "source_id") if column in table.column_names]
        found.update(value for column in columns for value in column.cast(pa.string()).to_pylist() if value)
    return Identities(found)


def prove(folder: Path, known: Identities) -> None:
    """Raise ContractError, in counts and file names, where a file in ``folder`` has a column of patients or names one."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        if has_patient_column(path):
            raise ContractError(f"not exported: {name} has a column of patients; nothing was kept in the folder")
        if known.in_text(name):
            raise ContractError("not exported: a file has the id of a patient in its name; nothing was kept in the folder")
        found = known.in_file(path)
        if found:
            raise ContractError(
                f"not exported: {name} holds {len(found)} of the {len(known.ids)} ids of patients; nothing was kept in the folder"
            )


def _readme(left: Counter[str], ids: int) -> str:
    listed = "\n".join(f"- {count} {reason}" for reason, count in sorted(left.items()))
    return README.format(left=listed, ids=ids)


def _write_manifest(folder: Path) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = [f"{sha256_of(path)}  {path.relative_to(folder).as_posix()}\n" for path in files]
    (folder / "manifest.sha256").write_text("".join(lines), encoding="utf-8")
