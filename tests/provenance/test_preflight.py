"""What a machine must have before a run starts on it."""

import os

import pytest

from workflow_scripts.lib.errors import ConfigError
from workflow_scripts.lib.provenance.preflight import PARTITIONS, check_machine, check_slurm, check_writable


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    """Commands of a Slurm that answers as told."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin")

    def answering(script: str) -> None:
        for name in ("sbatch", "sinfo"):
            (folder / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
            (folder / name).chmod(0o755)

    return answering


def test_a_cluster_that_answers_will_do(slurm, tmp_path):
    slurm("echo cpu; echo gpu")
    check_slurm({})
    (tmp_path / "site.yaml").write_text("partitions: {gpu: {max_gpu: 1}}", encoding="utf-8")
    check_slurm({PARTITIONS: str(tmp_path / "site.yaml")})


def test_a_controller_that_does_not_answer_is_quoted(slurm):
    slurm("echo 'Unable to contact slurm controller' >&2; exit 1")
    with pytest.raises(ConfigError, match=r"Unable to contact slurm controller.*scontrol ping"):
        check_slurm({})


def test_without_commands_there_is_no_cluster(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError, match="there is no sbatch here"):
        check_slurm({})


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("partitions: {gpu: {}, huge: {}}", r"huge not among the partitions of this cluster \(cpu\)|gpu, huge not among"),
        ("partitions", "no list of partitions"),
        ("[", "no list of partitions"),
        (None, r"no list of partitions \(FileNotFoundError\)"),
    ],
)
def test_a_site_file_that_does_not_fit_is_refused(slurm, tmp_path, content, words):
    slurm("echo cpu")
    site = tmp_path / "site.yaml"
    if content is not None:
        site.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=words):
        check_slurm({PARTITIONS: str(site)})


def test_results_must_be_writable(tmp_path, monkeypatch):
    """Root may write anywhere, so the question itself is answered with no."""
    check_writable(tmp_path / "results" / "deep")
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path)
    with pytest.raises(ConfigError, match=r"results cannot be written to.*nothing was changed"):
        check_writable(tmp_path / "results")


def test_several_machines_are_refused_without_slurm(tmp_path):
    with pytest.raises(ConfigError, match=r"student\.families\.b\.nodes: several machines are those of a Slurm job; use --profile slurm"):
        check_machine(tmp_path, False, {"a": None, "b": 2})
    check_machine(tmp_path, False, {"a": None})
