"""The run index: a line per sealing, each with the digest of the line before, so that none can be changed or taken out unseen."""

import hashlib
import json
from pathlib import Path
from typing import Any

from workflow_scripts.lib.audit.trail import AUDIT, Finding
from workflow_scripts.lib.contracts.files import atomic_path, sha256_of

INDEX = f"{AUDIT}/runs.jsonl"
SEALED = ("ledger.parquet", "edges.parquet", "manifest.sha256", "crate/MANIFEST.json")


def append_run(root: Path, facts: dict[str, Any]) -> int:
    """Add a line with ``facts`` and the digests of the sealed files; returns its number. The lines before stay as they are."""
    path = root / INDEX
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    digests = {name: sha256_of(root / AUDIT / name) for name in SEALED}
    line = {"number": len(lines) + 1, "previous": _digest(lines[-1]) if lines else None, **facts, "sealed": digests}
    with atomic_path(path) as part:
        part.write_text("".join(f"{one}\n" for one in [*lines, json.dumps(line, sort_keys=True)]), encoding="utf-8")
    return line["number"]


def check_index(root: Path) -> tuple[dict[str, str], list[Finding]]:
    """The digests of the last sealing, and what is wrong with the chain of lines."""
    path = root / INDEX
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        entries = [json.loads(line) for line in lines]
        before = [None, *(_digest(line) for line in lines)]
        numbered = [entry["number"] for entry in entries]
        chained = [entry["previous"] for entry in entries]
        last = {name: entries[-1]["sealed"][name] for name in SEALED}
    except FileNotFoundError:
        return {}, [Finding("never sealed", INDEX, "there is none; run snakemake to its end, or put the index back")]
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError):
        return {}, [Finding("index broken", INDEX, "holds lines that no sealing wrote; put back a copy")]
    bad = [n for n in range(len(lines)) if numbered[n] != n + 1 or chained[n] != before[n]]
    return last, [Finding("index broken", INDEX, f"line {n + 1} does not follow from the line before; put back a copy") for n in bad[:1]]


def _digest(line: str) -> str:
    return hashlib.sha256(line.encode()).hexdigest()
