"""The small cohort, taken through teacher and prompts once for all families."""

import pytest

from tests.world import Stages, cohort, staged


@pytest.fixture(scope="session")
def stages(tmp_path_factory) -> Stages:
    return staged(tmp_path_factory.mktemp("stages"), cohort())
