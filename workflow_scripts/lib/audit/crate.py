"""The run as a Workflow Run RO-Crate: workflow, settings and lock as files; raw data and results by digest only.

Profiles: Process Run Crate and Workflow Run Crate 0.5, Workflow RO-Crate 1.0 (`leo2024`). No patient data is in the crate.
"""

import json
import shutil
from collections.abc import Iterable
from pathlib import Path

from rocrate.model.computationalworkflow import ComputationalWorkflow
from rocrate.model.contextentity import ContextEntity
from rocrate.model.file import File
from rocrate.rocrate import ROCrate

from workflow_scripts.lib.audit.trail import Artifact
from workflow_scripts.lib.contracts.files import bundle_folder, sha256_of

METADATA = "ro-crate-metadata.json"
WORKFLOW = "Snakefile"
PROFILES = (
    "https://w3id.org/ro/wfrun/process/0.5",
    "https://w3id.org/ro/wfrun/workflow/0.5",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0",
)
TERMS = {"sha256": "https://w3id.org/ro/terms/workflow-run#sha256"}  # spelt out, so that reading the crate needs no network
SNAKEMAKE = "https://w3id.org/workflowhub/workflow-ro-crate#snakemake"
LICENSE = "https://spdx.org/licenses/Apache-2.0"


def write_crate(manifest: str | Path, run: dict[str, Artifact], targets: Iterable[str], kept: dict[str, Path]) -> None:
    """Write the crate's folder, beside its ``MANIFEST.json``: ``kept`` files by their path in it, and the metadata.

    ``kept`` must hold the Snakefile. The moments in the crate are those of the sidecars: first start and last end of a job.
    """
    with bundle_folder(manifest) as folder:
        for name, source in kept.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, folder / name)
        crate = _described(run, list(targets), {name: folder / name for name in kept})
        (folder / METADATA).write_text(json.dumps(crate.metadata.generate(), indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _described(run: dict[str, Artifact], targets: list[str], kept: dict[str, Path]) -> ROCrate:
    crate = ROCrate(version="1.1")  # that of the profiles
    crate.metadata.extra_terms |= TERMS
    crate.name, crate.datePublished = "A run of survdistill", _moments(run)[1]
    crate.description = f"{len(run)} artifacts, {len(targets)} of them asked for; results and raw data are named by their digests."
    crate.license = crate.add(ContextEntity(crate, LICENSE, {"@type": "CreativeWork", "name": "Apache License 2.0"}))
    profiles = {profile: {"@type": "CreativeWork", "name": profile, "version": profile.rsplit("/", 1)[-1]} for profile in PROFILES}
    crate.root_dataset["conformsTo"] = [crate.add(ContextEntity(crate, profile, facts)) for profile, facts in profiles.items()]
    settings = [crate.add(_file(crate, name, path)) for name, path in kept.items() if name != WORKFLOW]
    crate.mainEntity = crate.add(_workflow(crate, kept[WORKFLOW], run))
    crate.root_dataset["mentions"] = [_action(crate, run, targets, settings)]
    return crate


def _action(crate: ROCrate, run: dict[str, Artifact], targets: list[str], settings: list[File]) -> ContextEntity:
    """The run itself: what was read, by which workflow, and what came of it."""
    start, end = _moments(run)
    status = {"@id": "http://schema.org/CompletedActionStatus"}
    facts = {"@type": "CreateAction", "name": "run of the workflow", "startTime": start, "endTime": end, "actionStatus": status}
    action = crate.add(ContextEntity(crate, "#run", facts))
    sources = {name: digest for one in run.values() for name, digest in one.inputs.items() if name not in run}
    action["instrument"] = crate.mainEntity
    action["object"] = [*settings, *(crate.add(_digest_only(crate, name, digest)) for name, digest in sorted(sources.items()))]
    action["result"] = [crate.add(_digest_only(crate, name, run[name].sha256)) for name in sorted(targets)]
    return action


def _workflow(crate: ROCrate, path: Path, run: dict[str, Artifact]) -> ComputationalWorkflow:
    language = {"@type": "ComputerLanguage", "name": "Snakemake", "url": {"@id": "https://snakemake.github.io"}}
    commits = {one.circumstances.get("git", {}).get("commit") for one in run.values()} - {None}
    facts = {"name": "survdistill", "sha256": sha256_of(path), "version": ", ".join(sorted(commits))}
    workflow = ComputationalWorkflow(crate, None, WORKFLOW, properties={name: value for name, value in facts.items() if value})
    workflow["programmingLanguage"] = crate.add(ContextEntity(crate, SNAKEMAKE, language))
    return workflow


def _file(crate: ROCrate, name: str, path: Path) -> File:
    return File(crate, None, name, properties={"name": name, "sha256": sha256_of(path), "contentSize": str(path.stat().st_size)})


def _digest_only(crate: ROCrate, name: str, digest: str) -> ContextEntity:
    """A file that is not in the crate: its name in the run's working directory, and its digest."""
    return ContextEntity(crate, f"#{digest}/{name}", {"@type": "File", "name": name, "sha256": digest})


def _moments(run: dict[str, Artifact]) -> tuple[str, str]:
    ran = [artifact.run["metadata"] for artifact in run.values()]
    start, end = min(one["startedOn"] for one in ran), max(one["finishedOn"] for one in ran)
    return f"{start[:19]}Z", f"{end[:19]}Z"
