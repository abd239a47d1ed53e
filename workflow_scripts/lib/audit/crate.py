"""The run as a Workflow Run RO-Crate (`leo2024`): what is needed to run again as files, everything else by name and digest.

In the crate's folder are the Snakefile, the configuration and the lock; no data of patients. Other files are named by
``arcp://ni,…/<path>``: the path in a collection that is known by the digest of its ledger, wherever it lies.
"""

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from arcp import arcp_hash
from rocrate.model.computerlanguage import snakemake as snakemake_language
from rocrate.model.contextentity import ContextEntity
from rocrate.rocrate import ROCrate

from workflow_scripts.lib.audit.trail import ROOT, Artifact, Trail
from workflow_scripts.lib.contracts.files import bundle_folder, json_text, sha256_of
from workflow_scripts.lib.provenance.sidecar import LOCK

TERMS = {"sha256": "https://w3id.org/ro/terms/workflow-run#sha256"}  # spelt out: its context would have to be fetched to read the crate
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    "https://w3id.org/ro/wfrun/provenance/0.5": "Provenance Run Crate",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": "Workflow RO-Crate",
}
LICENSE = "https://spdx.org/licenses/Apache-2.0"
FORMATS = {
    ".parquet": "application/vnd.apache.parquet", ".json": "application/json", ".html": "text/html", ".svg": "image/svg+xml",
    ".csv": "text/csv", ".txt": "text/plain", ".yaml": "application/yaml",
}  # fmt: skip
METADATA, SNAKEFILE = "ro-crate-metadata.json", "Snakefile"
LIMITS = "The results describe patients of the sources named here; whose data they are, and who may use them, the sources' licences say."


class Crate:
    """A crate in the making: entities by id, files by path; those that are ``kept`` lie in its folder."""

    def __init__(self, ledger: str, kept: Iterable[str]) -> None:
        self.base, self.kept = arcp_hash(Path(ledger).read_bytes(), "/").rstrip("/"), frozenset(kept)
        self.crate = ROCrate(version="1.1")
        self.crate.metadata.extra_terms |= TERMS

    def add(self, identifier: str, kind: str | Sequence[str], **properties: Any) -> ContextEntity:
        """Add an entity; properties that are not known are left out."""
        entity = self.crate.add(ContextEntity(self.crate, identifier, {"@type": kind}))
        for name, value in properties.items():
            if value is not None:
                entity[name] = value[0] if isinstance(value, list) and len(value) == 1 else value
        return entity

    def file(self, name: str, digest: str, size: int | None, kind: Sequence[str] = (), **properties: Any) -> ContextEntity:
        """Add a file by its path, once."""
        facts = {"name": name, "sha256": digest, "contentSize": None if size is None else str(size)}
        facts["encodingFormat"] = FORMATS.get(Path(name).suffix)
        return self.found(name) or self.add(self.named(name), ["File", *kind], **facts, **properties)

    def named(self, name: str) -> str:
        """The id of a file: its path in the crate, or in the collection."""
        return name if name in self.kept else f"{self.base}/{name}"

    def found(self, name: str) -> ContextEntity | None:
        """The file of this path, where it was added."""
        return self.crate.dereference(self.named(name))


def write_crate(trail: Trail, names: Sequence[str], targets: Sequence[str], config: Sequence[str], ledger: str, manifest: str) -> None:
    """Write the crate's folder, with ``manifest`` in it: settings, lock, Snakefile, and the metadata of the artifacts ``names``."""
    kept = {name: trail.locate(name) for name in config} | {name: ROOT / name for name in (SNAKEFILE, LOCK)}
    with bundle_folder(manifest) as folder:
        inside = {name: inside_of(name) for name in kept}
        for name, source in kept.items():
            (folder / inside[name]).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, folder / inside[name])
        made = Crate(ledger, inside.values())
        given = [name for name in kept if name != SNAKEFILE]
        files = [made.file(inside[name], sha256_of(kept[name]), kept[name].stat().st_size) for name in given]
        _describe_run(made, trail, names, targets, files)
        (folder / METADATA).write_text(json_text(made.crate.metadata.generate()), encoding="utf-8")


def inside_of(name: str) -> str:
    """Where a file of the configuration lies in the crate, whose folder it must not leave."""
    return "/".join(part for part in Path(name).parts if part not in ("..", "/"))


def _describe_run(made: Crate, trail: Trail, names: Sequence[str], targets: Sequence[str], given: list[ContextEntity]) -> None:
    """Workflow, tools, one action per rule, raw files and targets."""
    artifacts = [trail.artifacts[name] for name in names]
    files = {found.path: made.file(found.path, found.sha256, _size(trail, found.path)) for found in artifacts}
    raw = [made.file(uri, max(digests), _size(trail, uri)) for uri, digests in sorted(trail.raw(names).items())]
    rules = sorted({found.rule for found in artifacts})
    tools = [made.add(f"#tool/{rule}", "SoftwareApplication", name=rule, **_code(artifacts, rule)) for rule in rules]
    steps = [made.add(f"#step/{rule}", "HowToStep", name=rule, workExample=tool) for rule, tool in zip(rules, tools, strict=True)]
    workflow = _workflow(made, artifacts, tools, steps)
    run = _action(made, "#run", artifacts, instrument=workflow, object=[*raw, *given], result=[files[name] for name in targets])
    controls = [_control(made, rule, artifacts, files, tool, step) for rule, tool, step in zip(rules, tools, steps, strict=True)]
    _engine(made, artifacts, controls, run)
    actions = [run, *(control["object"] for control in controls)]
    _describe(made, workflow, run, actions, [workflow, *files.values(), *raw, *given])


def _size(trail: Trail, name: str) -> int | None:
    path = trail.locate(name)
    return path.stat().st_size if path.is_file() else None


def _code(artifacts: Sequence[Artifact], rule: str) -> dict[str, Any]:
    found = sorted({artifact.code for artifact in artifacts if artifact.rule == rule and artifact.code})
    return {"version": ", ".join(found) or None}


def _workflow(made: Crate, artifacts: Sequence[Artifact], tools: list, steps: list) -> ContextEntity:
    language = made.crate.add(snakemake_language(made.crate))
    kinds = ["SoftwareSourceCode", "ComputationalWorkflow", "HowTo"]
    commits = sorted({found.made["commit"] for found in artifacts if found.made.get("commit")})
    source = ROOT / SNAKEFILE
    said = {"name": "survdistill", "version": ", ".join(commits) or None, "license": LICENSE}
    said |= {"sha256": sha256_of(source), "contentSize": str(source.stat().st_size)}
    return made.add(made.named(SNAKEFILE), ["File", *kinds], programmingLanguage=language, hasPart=tools, step=steps, **said)


def _action(made: Crate, identifier: str, artifacts: Sequence[Artifact], **properties: Any) -> ContextEntity:
    """A run from its first job's start to its last job's finish."""
    moments = (choose(found.made[name] for found in artifacts) for choose, name in ((min, "started"), (max, "finished")))
    started, finished = (f"{moment[:19]}Z" for moment in moments)  # whole seconds, as the profiles want
    name = f"Run of {properties['instrument']['name']}"
    return made.add(identifier, "CreateAction", name=name, startTime=started, endTime=finished, **properties)


def _control(made: Crate, rule: str, artifacts: Sequence[Artifact], files: dict, tool: Any, step: Any) -> ContextEntity:
    jobs = [found for found in artifacts if found.rule == rule]
    read = sorted({uri for found in jobs for role in ("input", "raw") for uri in found.read(role)})
    known = [entity for entity in (files.get(uri) or made.found(uri) for uri in read) if entity]
    action = _action(made, f"#action/{rule}", jobs, instrument=tool, object=known or None, result=[files[found.path] for found in jobs])
    return made.add(f"#control/{rule}", "ControlAction", name=f"Jobs of {rule}", instrument=step, object=action)


def _engine(made: Crate, artifacts: Iterable[Artifact], controls: list, run: ContextEntity) -> None:
    packages: dict[str, set[str]] = {}
    for artifact in artifacts:
        for name, version in artifact.environment.get("packages", {}).items():
            packages.setdefault(name, set()).add(version)
    there = [
        made.add(f"#package/{n}", "SoftwareApplication", name=n, softwareVersion=", ".join(sorted(packages[n]))) for n in sorted(packages)
    ]
    engine = made.add("https://snakemake.github.io", "SoftwareApplication", name="Snakemake", softwareRequirements=there)
    made.add("#organize", "OrganizeAction", name="Snakemake ran the workflow", instrument=engine, object=controls, result=run)


def _describe(made: Crate, workflow: Any, run: Any, actions: list, parts: list) -> None:
    made.add(LICENSE, "CreativeWork", name="Apache License 2.0", url=LICENSE)
    profiles = [made.add(url, "CreativeWork", name=name, version=url.rsplit("/", 1)[1]) for url, name in PROFILES.items()]
    root = made.crate.root_dataset
    root["name"] = "A run of survdistill"
    root["description"] = "Every artifact of a run of the workflow survdistill, by path and sha256, and the settings to run it again."
    root["license"], root["conditionsOfAccess"] = {"@id": LICENSE}, LIMITS
    root["datePublished"] = run["endTime"]
    root["conformsTo"], root["mainEntity"], root["mentions"], root["hasPart"] = profiles, workflow, actions, parts
