"""A digest of the code that a script uses, so that a real edit reruns exactly what uses it."""

import ast
import hashlib
import json
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

from workflow_scripts.lib.contracts.files import write_json
from workflow_scripts.lib.errors import ContractError

PACKAGE = "workflow_scripts"
MEMORY = ".snakemake/survdistill_code.json"  # the Snakefile is parsed in every job, and parsing 200 modules takes a second
CHANGED = ""  # a path that no file has


@cache
def code_of(root: Path, *scripts: str) -> str:
    """Digest of the syntax trees of ``scripts`` and of every module of ours that they import, transitively.

    ``scripts`` are paths relative to ``root``. Comments, docstrings and formatting do not count.
    """
    digest = hashlib.sha256()
    for path in sorted(modules_of(root, *scripts)):
        digest.update(f"{path}:{_tree(root, path)[0]}\n".encode())
    _write_memory(root)
    return digest.hexdigest()[:16]


def parse_again(root: Path) -> None:
    """Forget what was parsed, here and on disk: an auditor trusts no file's date."""
    _memory(root).clear()
    code_of.cache_clear()
    _tree.cache_clear()


def modules_of(root: Path, *scripts: str) -> set[str]:
    """The files behind ``code_of``, relative to ``root``."""
    found: set[str] = set()
    waiting = list(scripts)
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += [file for name in _tree(root, path)[1] for file in _files_of(root, name)]
    return found


@cache
def _tree(root: Path, path: str) -> tuple[str, tuple[str, ...]]:
    """Digest of the syntax tree without docstrings, and the names of our modules that are imported.

    Remembered on disk for a file of the same path, date, size and version of Python.
    """
    stat, known = (root / path).stat(), _memory(root)
    key = [stat.st_mtime_ns, stat.st_size, sys.version]
    if known.get(path, [None])[0] != key:
        known[path] = [key, *_parsed(root / path)]
        known[CHANGED] = []
    _, digest, names = known[path]
    return digest, tuple(names)


@cache
def _memory(root: Path) -> dict[str, list]:
    with suppress(OSError, ValueError):
        return json.loads((root / MEMORY).read_text(encoding="utf-8"))
    return {}


def _write_memory(root: Path) -> None:
    """Keep what was parsed; where the disk is full or not ours to write on, the next job parses again."""
    if _memory(root).pop(CHANGED, None) is not None:
        with suppress(OSError, ContractError):
            write_json(root / MEMORY, _memory(root))


def _parsed(path: Path) -> tuple[str, tuple[str, ...]]:
    tree = _Bare().visit(ast.parse(path.read_text(encoding="utf-8"), str(path)))
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    ours = tuple(name for name in names if name.split(".")[0] == PACKAGE)
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest(), ours


class _Bare(ast.NodeTransformer):
    """Takes out docstrings: every string that stands alone, those behind a constant too."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        is_text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if is_text else node


@cache
def _files_of(root: Path, name: str) -> list[str]:
    """The module ``name`` and the packages above it, which Python runs first."""
    parts = name.split(".")
    packages = ["/".join([*parts[:depth], "__init__.py"]) for depth in range(1, len(parts) + 1)]
    return [path for path in ("/".join(parts) + ".py", *packages) if (root / path).is_file()]
