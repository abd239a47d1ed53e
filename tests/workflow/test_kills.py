"""The whole workflow killed at random moments, again and again: in the end it is as if nothing had happened."""

import os
import random
import time

import pytest

from tests.project import Project, new_project
from tests.workflow.killing import differences, disturb

KILLS = 20
TRAINING = {"steps": 60, "checkpoint_every": 5}  # long enough to be hit, with something to go on from


def prepared(folder) -> Project:
    project = new_project(folder)
    project.configure(student={"families": {"cox_distilled": TRAINING}})
    return project


@pytest.mark.parametrize("seed", [int(os.environ.get("SURVDISTILL_KILL_SEED", "1"))])
def test_a_run_killed_at_twenty_moments_ends_as_an_undisturbed_one(tmp_path, seed):
    calm, disturbed = prepared(tmp_path / "calm"), prepared(tmp_path / "disturbed")
    start = time.monotonic()
    calm.run()
    longest = max(6.0, (time.monotonic() - start) / 20)  # a machine that was busy then may be three times as fast now
    assert disturb(disturbed.folder, random.Random(seed), KILLS, longest) >= KILLS // 2  # the rest did not fit before the end
    assert differences(calm.folder, disturbed.folder) == []
