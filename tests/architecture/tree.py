"""The project as the architecture tests see it: its files, its imports, its rules."""

import ast
import re
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = ROOT / "workflow_scripts"
MADE = {".git", ".venv", ".snakemake", "results", "__pycache__", ".pytest_cache", ".ruff_cache", ".hypothesis"}


@cache
def project_files() -> list[str]:
    """Every file that belongs to the project, relative to its root; without git (a downloaded archive), all that is not made."""
    words = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(words, capture_output=True, text=True, check=False) if (ROOT / ".git").exists() else None
    if listed is not None and listed.returncode == 0:
        return sorted(name for name in listed.stdout.splitlines() if (ROOT / name).is_file())
    found = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    return sorted(str(path) for path in found if not MADE & set(path.parts))


def sources(folder: Path = CODE) -> list[Path]:
    """The Python files below ``folder``."""
    return sorted(path for path in folder.rglob("*.py"))


def scripts() -> list[Path]:
    """The scripts of the rules."""
    return [path for path in sources() if path.parent.parent == CODE and path.parent.name != "lib" and path.name != "__main__.py"]


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a source file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> set[str]:
    """Every module that a file imports, wherever in it, by its dotted name."""
    names: set[str] = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


@cache
def rules() -> dict[str, tuple[Path, str]]:
    """By rule name: the file it stands in and its text."""
    found = {}
    for path in sorted((ROOT / "rules").glob("*.smk")):
        blocks = re.split(r"^(?:rule|checkpoint) (\w+):\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        for name, text in zip(blocks[1::2], blocks[2::2], strict=True):
            found[name] = (path, re.split(r"^\S", text, maxsplit=1, flags=re.MULTILINE)[0])
    return found
