"""The run index: one line per sealing, each with the digest of the line before, so that no line can be changed or taken out unseen."""

import hashlib
import json
from pathlib import Path
from typing import Any

from workflow_scripts.lib.contracts.files import atomic_path
from workflow_scripts.lib.errors import ContractError


def append_run(path: Path, facts: dict[str, Any]) -> dict[str, Any]:
    """Add a line and return it; the file is as it was when that fails. Raises ContractError when the index is broken."""
    lines = _lines(path) if path.exists() else []
    number = len(_checked(path, lines)) + 1
    facts = {**facts, "number": number, "before": _digest(lines[-1]) if lines else None}
    run = {**facts, "sha256": _digest(_dump(facts))}
    lines.append(_dump(run))
    with atomic_path(path) as part:
        part.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return run


def read_runs(path: Path) -> list[dict[str, Any]]:
    """Every sealing, oldest first; raises ContractError naming the first line that is not as it was written."""
    return _checked(path, _lines(path))


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ContractError(f"cannot be read ({type(error).__name__}); restore it from a copy") from None
    lines = text.split("\n")
    if lines.pop() or not lines:
        raise ContractError("does not end with a whole line; restore it from a copy")
    return lines


def _checked(path: Path, lines: list[str]) -> list[dict[str, Any]]:
    before, runs = None, []
    for number, line in enumerate(lines, 1):
        try:
            run = json.loads(line)
            own = _digest(_dump({name: value for name, value in run.items() if name != "sha256"}))
            whole = line == _dump(run) and (run["number"], run["before"], run["sha256"]) == (number, before, own)
        except (ValueError, KeyError, AttributeError, RecursionError):
            whole = False
        if not whole:
            raise ContractError(f"line {number} of {path.name} was changed, or a line before it taken out; restore it from a copy")
        before = _digest(line)
        runs.append(run)
    return runs


def _dump(run: dict[str, Any]) -> str:
    return json.dumps(run, sort_keys=True)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
