"""The trail as a page of the report: what the results rest on, and how to check it."""

from collections.abc import Sequence
from html import escape

from workflow_scripts.lib.audit.trail import Artifact, Trail
from workflow_scripts.lib.evaluate.figures.pages import page, table

CHECK = """sha256sum --quiet -c results/audit/manifest.sha256
python -m workflow_scripts.audit verify
python -m workflow_scripts.audit explain {target}"""


def trail_page(trail: Trail, names: Sequence[str], targets: Sequence[str]) -> str:
    """The page of the artifacts ``names``: raw files, targets, and what each rule made with which code."""
    artifacts = [trail.artifacts[name] for name in names]
    parts = [f"<p>{_summary(artifacts)}</p>", "<h2>How to check it</h2>", "<p>In the folder in which the workflow ran:</p>"]
    parts += [f"<pre>{escape(CHECK.format(target=targets[0]))}</pre>"]
    parts += ["<h2>What it rests on</h2>", _raw(trail, names)]
    parts += ["<h2>What came out</h2>", _files([(name, trail.artifacts[name].sha256) for name in targets])]
    parts += ["<h2>Who made what</h2>", _rules(artifacts), "<h2>With which packages</h2>", _packages(artifacts)]
    return page("Where every number came from", "\n".join(parts))


def _summary(artifacts: Sequence[Artifact]) -> str:
    commits = sorted(
        {f"{found.made['commit'][:12]}{' with changes' * bool(found.made['dirty'])}" for found in artifacts if found.made["commit"]}
    )
    hosts, rules = {found.made["host"] for found in artifacts}, {found.rule for found in artifacts}
    started, finished = min(found.made["started"] for found in artifacts), max(found.made["finished"] for found in artifacts)
    code = f"with the code of commit {escape(', '.join(commits))}" if commits else "with code that was under no version control"
    spread = f"{len(artifacts)} files were made by {len(rules)} rules on {len(hosts)} machine{'s' * (len(hosts) > 1)}"
    return f"{spread}, {code}, between {escape(started)} and {escape(finished)}. Each has a note of what it was made from."


def _raw(trail: Trail, names: Sequence[str]) -> str:
    raw = [(uri, digest) for uri, digests in sorted(trail.raw(names).items()) for digest in sorted(digests)]
    fetched = sum(not found.read("input") and not found.read("raw") for found in (trail.artifacts[name] for name in names))
    note = f"<p>Beside these files, {fetched} artifacts were made from nothing but a package, a seed or an address.</p>" if fetched else ""
    return _files(raw) + note


def _files(files: Sequence[tuple[str, str]]) -> str:
    return table(["file", "sha256"], [[f"<code>{escape(name)}</code>", f"<code>{escape(digest)}</code>"] for name, digest in files])


def _rules(artifacts: Sequence[Artifact]) -> str:
    rows = []
    for rule in dict.fromkeys(sorted(found.rule for found in artifacts)):
        made = [found for found in artifacts if found.rule == rule]
        codes = ", ".join(sorted({found.code for found in made if found.code}))
        rows.append([escape(rule), str(len(made)), f"<code>{escape(codes)}</code>"])
    return table(["rule", "files", "digest of its code"], rows)


def _packages(artifacts: Sequence[Artifact]) -> str:
    found = sorted({pair for artifact in artifacts for pair in artifact.environment.get("packages", {}).items()})
    return table(["package", "version"], [[escape(name), escape(version)] for name, version in found])
