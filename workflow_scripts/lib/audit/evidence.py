"""Whether what lies in the results folder is what the sidecars say, and whether every input is what its producer made."""

from collections.abc import Iterable, Iterator

from workflow_scripts.lib.audit.ledger import read_rows
from workflow_scripts.lib.audit.trail import Artifact, Finding, Trail
from workflow_scripts.lib.contracts.files import MANIFEST
from workflow_scripts.lib.errors import ContractError
from workflow_scripts.lib.provenance.sidecar import SUFFIX

AGAIN = "delete it and run snakemake, which makes it again, or restore it from a copy"


def short(digest: str | None) -> str:
    """The beginning of a digest, for people."""
    return f"{digest[:12]}…" if digest else "nothing"


def faults_of(trail: Trail, name: str) -> Iterator[Finding]:
    """What is wrong with an artifact by its own sidecar: the file, whose sidecar it is, and the files of a folder."""
    artifact, sidecar = trail.artifacts[name], f"{name}{SUFFIX}"
    if artifact.path != name:
        yield Finding("another's sidecar", sidecar, f"speaks of {artifact.path}, expected {name}; {AGAIN}")
    elif name not in trail.files:
        yield Finding("missing", name, f"not there, though {sidecar} says that it was made; {AGAIN}")
    elif trail.digest(name) != artifact.sha256:
        yield altered(trail, name, artifact.sha256, "by its sidecar")
    elif artifact.is_bundle:
        yield from _folder_faults(trail, name)


def altered(trail: Trail, name: str, expected: str, by: str) -> Finding:
    """The finding for a file of other bytes, naming the file whose bytes they are where there is one."""
    found = trail.digest(name)
    others = [other.path for other in trail.artifacts.values() if other.sha256 == found and other.path != name]
    owner = f" (the bytes of {others[0]})" if others else ""
    return Finding("altered", name, f"found sha256 {short(found)}{owner}, expected {short(expected)} {by}; {AGAIN}")


def _folder_faults(trail: Trail, name: str) -> Iterator[Finding]:
    try:
        listed = trail.bundle(name)
    except ContractError as error:
        yield Finding("altered", name, f"{error}; {AGAIN}")
        return
    for file, digest in listed.items():
        if file not in trail.files:
            yield Finding("missing", file, f"not there, though {MANIFEST} beside it lists it; delete the folder and run snakemake")
        elif trail.digest(file) != digest:
            yield altered(trail, file, digest, f"by {MANIFEST} beside it")


def broken_chains(trail: Trail, name: str) -> Iterator[tuple[Finding, str]]:
    """Inputs of an artifact that are not what their producers say they made, each with the producer's path."""
    for uri, digest in trail.artifacts[name].read("input").items():
        producer = trail.artifacts.get(uri)
        if producer is None:
            said = f"was made from {uri}, of which no sidecar says who made it; delete {uri} and run snakemake"
            yield Finding("broken chain", name, said), uri
        elif producer.sha256 != digest:
            said = f"was made from {uri} with sha256 {short(digest)}, which is now {short(producer.sha256)}; run snakemake"
            yield Finding("broken chain", name, said), uri


def raw_faults(trail: Trail, names: Iterable[str]) -> Iterator[Finding]:
    """Files from outside the run that are gone, or are no longer what artifacts of ``names`` were made from."""
    for uri, digests in sorted(trail.raw(names).items()):
        found = trail.digest(uri)
        if found is None:
            yield Finding("raw gone", uri, f"no longer on this machine, expected sha256 {short(min(digests))}; bring it back to check it")
        elif digests != {found}:
            others = ", ".join(short(digest) for digest in sorted(digests - {found}))
            said = f"found sha256 {short(found)}, but it was read as {others}; run snakemake, or restore it"
            yield Finding("raw altered", uri, said)


def folder_faults(trail: Trail, names: Iterable[str]) -> Iterator[Finding]:
    """Files of raw folders that are gone, or are no longer as the inventory, made when the folder was first seen, has them."""
    for name in names:
        for row in _inventory(trail, name):
            file = f"{row['folder']}/{row['path']}"
            found = trail.digest(file)
            if found != row["sha256"]:
                said = f"found sha256 {short(found)}, expected {short(row['sha256'])} by {name}; restore it, or fetch the folder again"
                yield Finding("raw altered" if found else "raw gone", file, said)


def _inventory(trail: Trail, name: str) -> list[dict[str, str]]:
    """What a raw folder held; nothing for other artifacts, and where the inventory itself is told of as altered."""
    try:
        folder = trail.artifacts[name].params["cfg"]["source"]["kind"] == "folder"
        return read_rows(trail.locate(name)) if folder and not any(faults_of(trail, name)) else []
    except (KeyError, TypeError, ContractError):
        return []


def siblings(trail: Trail, names: list[str]) -> list[str]:
    """``names`` and whatever else their jobs wrote: same rule, same wildcards."""
    jobs = {_job(trail.artifacts[name]) for name in names if name in trail.artifacts}
    return sorted(name for name, artifact in trail.artifacts.items() if _job(artifact) in jobs)


def _job(artifact: Artifact) -> tuple[str, str]:
    return artifact.rule, repr(sorted(artifact.wildcards.items()))
