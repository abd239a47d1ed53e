"""The linters and formatters have nothing to say."""

import subprocess
import sys

import pytest

from tests.architecture.tree import ROOT

TOOLS = {
    "ruff": ["ruff", "check", "."],
    "ruff-format": ["ruff", "format", "--check", "."],
    "snakefmt": ["snakefmt", "--check", "."],
    "snakemake-lint": ["snakemake", "--lint"],
}


@pytest.mark.parametrize("words", TOOLS.values(), ids=TOOLS)
def test_tool_has_nothing_to_say(words):
    done = subprocess.run([sys.executable, "-m", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
