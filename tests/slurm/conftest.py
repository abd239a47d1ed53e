"""The cluster of the tests, and small projects to run on it."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.project import Project, new_project
from tests.slurm.cluster import Cluster, why_not

SNAKEMAKE = [str(Path(sys.executable).parent / "snakemake")]
# The plugin waits ten seconds longer after each look at which nothing has ended, and most jobs here take six: looks every second instead.
LOOKS = """
from snakemake.cli import main
from snakemake_executor_plugin_slurm import Executor

Executor.next_seconds_between_status_checks = property(lambda self: 1, lambda self, value: None)
main()
"""
LOOKING = [sys.executable, "-P", "-c", LOOKS]


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """A Slurm that runs; the tests are skipped, with the reason, where there can be none."""
    reason = why_not()
    if reason:
        pytest.skip(reason)
    made = Cluster(tmp_path_factory.mktemp("slurm"))
    made.start()
    yield made
    made.stop()


@dataclass(frozen=True)
class OnSlurm(Project):
    """A project that is run with the literal command; where words follow it, the same with quicker looks at Slurm."""

    cluster: Cluster

    def start(self, *words: str, **variables: str) -> subprocess.Popen:
        """``snakemake --profile slurm`` in the background, in a process group of its own; what it prints goes to ``head.log``."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "PYTHONPATH"))}
        environment |= {"SNAKEMAKE_SLURM_PARTITIONS": str(self.cluster.partitions), **variables}
        command = [*(LOOKING if words else SNAKEMAKE), "--profile", "slurm", *words]
        with (self.folder / "head.log").open("w") as log:
            return subprocess.Popen(command, cwd=self.folder, env=environment, stdout=log, stderr=log, start_new_session=True)

    def said(self) -> str:
        """What the head has printed."""
        return (self.folder / "head.log").read_text(encoding="utf-8")

    def on_slurm(self, *words: str, **variables: str) -> tuple[int, str]:
        """Run to the end: exit status and what was printed."""
        head = self.start(*words, **variables)
        try:
            return head.wait(timeout=1800), self.said()
        finally:
            if head.poll() is None:
                os.killpg(head.pid, signal.SIGKILL)


@pytest.fixture
def project(cluster, tmp_path) -> OnSlurm:
    """The project with its small config."""
    return OnSlurm(new_project(tmp_path / "project").folder, cluster)
