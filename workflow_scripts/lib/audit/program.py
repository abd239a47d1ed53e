"""Whether code and lock are still those that artifacts were made with."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from workflow_scripts.lib.audit.trail import CODE, Artifact, Finding, digest_of
from workflow_scripts.lib.provenance.code import code_of, parse_again
from workflow_scripts.lib.provenance.sidecar import LOCK


def other_code(artifacts: Mapping[str, Artifact], root: Path) -> Iterator[Finding]:
    """Modules below ``root`` that are not those which ``artifacts`` were made with; comments and docstrings do not count."""
    now = {uri: digest_of(root / uri) for uri in sorted({uri for found in artifacts.values() for uri in found.read("code")})}
    edited = {name: [uri for uri, digest in found.read("code").items() if now[uri] != digest] for name, found in artifacts.items()}
    if any(edited.values()):
        parse_again(root)
    makers: dict[str, list[str]] = {}
    for name, modules in sorted(edited.items()):
        if modules and _code_now(artifacts[name], root) != artifacts[name].code:
            for uri in modules:
                makers.setdefault(uri, []).append(name)
    for uri, made in sorted(makers.items()):
        commit = artifacts[made[0]].made["commit"]
        where = f"check out commit {commit}" if commit else "go back to that code"
        yield Finding("code differs", uri, f"is not the code that made {_some(made)}; {where}, or run snakemake")


def _code_now(artifact: Artifact, root: Path) -> str | None:
    """The digest of an artifact's code as it is now; None where a module is gone or is no Python."""
    read, name = artifact.read("code"), f"/{artifact.rule}.py"
    scripts = [uri for uri in read if uri.endswith(name) and not uri.startswith(f"{CODE}lib/")]
    family = str(artifact.params.get("module") or "")
    try:
        return code_of(root, *scripts, *([family] if family else []))
    except (OSError, SyntaxError, ValueError):
        return None


def other_lock(artifacts: Mapping[str, Artifact], root: Path) -> Iterator[Finding]:
    """The lock below ``root``, where it is not the one that ``artifacts`` were made with."""
    now = digest_of(root / LOCK)
    made = [name for name, found in sorted(artifacts.items()) if found.environment.get("lock_sha256", now) != now]
    if made:
        yield Finding("lock differs", LOCK, f"is not the lock that {_some(made)} was made with; restore it, or make them again")


def _some(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
