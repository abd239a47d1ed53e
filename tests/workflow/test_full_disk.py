"""A real disk that is full, or cannot be written: words, nothing lost, and in the end the bytes of an undisturbed run."""

import subprocess
from pathlib import Path

import pytest

from tests.project import new_project
from tests.workflow.killing import differences, is_whole, named

FIRST, MORE, MOST = 100, 300, 20_000  # kilobytes of the disk, by how many it grows after each failure, and to how many at most
SAYS = "no space left while writing; free some space and run again"


def mount(folder: Path, *words: str) -> None:
    subprocess.run(["mount", *words, "tmpfs", str(folder)], check=True, capture_output=True)


@pytest.fixture
def project(tmp_path):
    """A project whose results folder is a disk of its own."""
    made = new_project(tmp_path / "disturbed")
    results = made.folder / "results"
    results.mkdir()
    try:
        mount(results, "-t", "tmpfs", "-o", f"size={FIRST}k")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs the right to mount a disk (root)")
    yield made
    subprocess.run(["umount", "--lazy", str(results)], check=True)


def test_a_disk_that_is_full_again_and_again(project, tmp_path):
    calm = new_project(tmp_path / "calm")
    calm.run()
    size, said = FIRST, []
    while (done := project.snakemake()).returncode:
        said.append(done.stdout + done.stderr)
        assert "Traceback" not in said[-1], said[-1]
        assert "unexpected" not in said[-1], said[-1]
        assert size < MOST, said[-1]
        assert [path for path in named(project.folder) if not is_whole(path)] == []
        size += MORE
        mount(project.folder / "results", "-o", f"remount,size={size}k")
    assert len(said) > 3
    assert sum(SAYS in words for words in said) > 2
    assert differences(calm.folder, project.folder) == []


def test_a_disk_that_cannot_be_written_is_said_before_any_job(project):
    mount(project.folder / "results", "-o", "remount,ro")
    done = project.snakemake()
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "results cannot be written to; make it writable, or work in a copy of the project folder: nothing was changed" in said
    assert "rule " not in said
