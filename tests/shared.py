"""Real public data that lie beside the project where its developers work, and nowhere else."""

from pathlib import Path

import pytest

DATA = Path(__file__).parents[2] / "shared" / "data"


def shared(path: str) -> Path:
    """A file or folder of the shared data; the test is skipped, saying so, where it is not there."""
    if not (DATA / path).exists():
        pytest.skip(f"needs the shared data, which are not here: ../shared/data/{path}")
    return DATA / path
