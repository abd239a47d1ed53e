"""House numbers: they stay true because they are counted here."""

import ast
from statistics import median

import pytest

from tests.architecture.tree import CODE, ROOT, parsed, scripts, sources


def length(path):
    return len(path.read_text(encoding="utf-8").splitlines())


def functions(path):
    return [node for node in ast.walk(parsed(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def lines_of(node):
    return node.end_lineno - node.lineno + 1


def of(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", sources(), ids=of)
def test_functions_have_at_most_40_lines_and_files_300(path):
    long = {node.name: lines_of(node) for node in functions(path) if lines_of(node) > 40}
    assert not long
    assert length(path) <= 300


@pytest.mark.parametrize("path", scripts(), ids=of)
def test_scripts_have_at_most_40_lines_of_code(path):
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    assert len([line for line in lines if line and not line.startswith("#")]) <= 40


def test_median_function_is_short():
    assert median(lines_of(node) for path in sources(CODE) for node in functions(path)) <= 14


def test_rule_files_are_short():
    for path in (ROOT / "rules").glob("*.smk"):
        assert length(path) <= (80 if path.name == "common.smk" else 200), path.name
    assert length(ROOT / "Snakefile") <= 60
