"""The trail as a page of the report."""

from collections import Counter
from collections.abc import Iterable
from html import escape

from workflow_scripts.lib.audit.trail import Artifact
from workflow_scripts.lib.evaluate.figures.pages import page, table

ASK = """<h2>Ask it yourself</h2><p>In the folder in which the workflow ran:</p>
<pre>sha256sum --quiet -c results/audit/manifest.sha256
python -m workflow_scripts.audit verify
python -m workflow_scripts.audit explain results/leaderboard.parquet --row cohort={cohort} family={family} metric=harrell_c</pre>"""


def trail_page(run: dict[str, Artifact], targets: Iterable[str], example: dict[str, str]) -> str:
    """What the run is made of, which code and environment made it, and what it started from; ``example`` is a row of the leaderboard."""
    asked = list(targets)
    rules = Counter(artifact.settings["rule"] for artifact in run.values())
    sources = {name: digest for artifact in run.values() for name, digest in artifact.inputs.items() if name not in run}
    facts = {
        "Artifacts": f"{len(run)}, made by {len({artifact.job for artifact in run.values()})} jobs; {len(asked)} of them were asked for.",
        "Chain": "holds: the digest of everything that was read is that of what its maker wrote.",
        "Commit": f"{_commits(run)}.",
        "Environment": _lock(run),
    }
    raw = [[escape(name), f"<code>{digest[:16]}…</code>"] for name, digest in sorted(sources.items())]
    counts = [[escape(rule), str(count)] for rule, count in sorted(rules.items())]
    parts = [
        *(f"<p><b>{name}</b> {escape(words)}</p>" for name, words in facts.items()),
        "<h2>What was read from outside</h2>",
        table(["file", "sha256"], raw) if raw else "<p>Nothing: every cohort comes with a package or was simulated.</p>",
        "<h2>What was made</h2>",
        table(["rule", "artifacts"], counts),
        "<h2>With which packages</h2>",
        table(["package", "version"], _packages(run)),
        ASK.format(**{name: escape(value) for name, value in example.items()}),
    ]
    return page("Where every number came from", "\n".join(parts))


def _commits(run: dict[str, Artifact]) -> str:
    states = [artifact.circumstances.get("git") for artifact in run.values()]
    named = Counter(state["commit"][:12] + (" with changes" if state.get("dirty") else "") for state in states if state)
    unknown = {"of no repository": len(states) - sum(named.values())} if sum(named.values()) < len(states) else {}
    return "; ".join(f"{commit} ({count} artifacts)" for commit, count in sorted({**named, **unknown}.items()))


def _lock(run: dict[str, Artifact]) -> str:
    locks = {artifact.circumstances["environment"].get("lock_sha256", "unknown")[:16] for artifact in run.values()}
    return f"envs/lock.txt with the digest {', '.join(sorted(locks))}…"


def _packages(run: dict[str, Artifact]) -> list[list[str]]:
    found: dict[str, set[str]] = {}
    for artifact in run.values():
        for name, version in artifact.circumstances["environment"]["packages"].items():
            found.setdefault(name, set()).add(version)
    return [[escape(name), escape(" and ".join(sorted(versions)))] for name, versions in sorted(found.items())]
