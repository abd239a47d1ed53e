"""A digest of the code that a script uses, so that a real edit reruns exactly what uses it."""

import ast
import hashlib
from functools import cache
from pathlib import Path

PACKAGE = "workflow_scripts"


def code_of(root: Path, *scripts: str) -> str:
    """Digest of the syntax trees of ``scripts`` and of every module of ours that they import, transitively.

    ``scripts`` are paths relative to ``root``. Comments, docstrings and formatting do not count.
    """
    digest = hashlib.sha256()
    for path in sorted(modules_of(root, *scripts)):
        digest.update(f"{path}:{_tree(root / path)[0]}\n".encode())
    return digest.hexdigest()[:16]


def modules_of(root: Path, *scripts: str) -> set[str]:
    """The files behind ``code_of``, relative to ``root``."""
    found: set[str] = set()
    waiting = list(scripts)
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += [file for name in _tree(root / path)[1] for file in _files_of(root, name)]
    return found


@cache
def _tree(path: Path) -> tuple[str, tuple[str, ...]]:
    """Digest of the syntax tree without docstrings, and the names of our modules that are imported."""
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


def _files_of(root: Path, name: str) -> list[str]:
    """The module ``name`` and the packages above it, which Python runs first."""
    parts = name.split(".")
    packages = ["/".join([*parts[:depth], "__init__.py"]) for depth in range(1, len(parts) + 1)]
    return [path for path in ("/".join(parts) + ".py", *packages) if (root / path).is_file()]
