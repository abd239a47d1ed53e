"""The small world, sealed once; copies of it to spoil."""

import shutil

import pytest

from tests.audit.world import World


@pytest.fixture(scope="session")
def sealed(tmp_path_factory):
    """A sealed run, to look at only."""
    return World(tmp_path_factory.mktemp("world") / "run").run().seal()


@pytest.fixture
def world(sealed, tmp_path):
    """A copy to spoil."""
    shutil.copytree(sealed.folder, tmp_path / "run")
    copy = object.__new__(World)
    copy.__dict__ |= {**sealed.__dict__, "folder": tmp_path / "run"}
    return copy
