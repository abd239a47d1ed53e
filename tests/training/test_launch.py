"""Several processes that share a training: the same steps as one, what is raised in one is raised, and nothing is written twice."""

import logging
import math
import os
import signal
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file
from torch import nn

from tests.training.families import Run, Small
from workflow_scripts.lib.config.training import TrainingConfig
from workflow_scripts.lib.errors import ConfigError, ContractError, StageRefusal
from workflow_scripts.lib.provenance import sidecar
from workflow_scripts.lib.provenance.log import log_path, start_log
from workflow_scripts.lib.training import loop
from workflow_scripts.lib.training.checkpoint import save_checkpoint
from workflow_scripts.lib.training.group import current_group
from workflow_scripts.lib.training.launch import in_processes

WORDS = {"completion": 1.0}  # under "cox" the last bias has no gradient but rounding, of which Adam makes steps


def train(folder: Path, settings: dict, stop_at: float = math.inf, leads: bool = True) -> list[dict]:
    """Train the small family; every process writes its weights under its own number."""
    model = Small()
    history = Run(folder / "checkpoint.safetensors", settings, stop_at=stop_at).trainer(model).run()
    save_file({name: value.numpy() for name, value in model.state_dict().items()}, folder / f"weights{os.environ.get('RANK', '0')}")
    (folder / f"leads{leads}").touch()
    return history


def trained(folder, processes, **settings):
    folder.mkdir()
    history = in_processes(processes, "cpu", train, folder=folder, settings=settings)
    return history, [load_file(path) for path in sorted(folder.glob("weights*"))]


@pytest.mark.parametrize("parts", [1, 2])
def test_processes_do_what_one_does_with_as_many_parts(tmp_path, parts):
    """With dropout, whose stream is that of the part and not of the process."""
    alone, (expected,) = trained(tmp_path / "alone", 1, objective=WORDS, gradient_accumulation=2 * parts)
    shared, found = trained(tmp_path / "shared", 2, objective=WORDS, gradient_accumulation=parts)
    assert len(found) == 2
    for weights in found:
        assert all(np.allclose(weights[name], expected[name], rtol=1e-5, atol=1e-7) for name in expected)
        assert all(weights[name].tobytes() == found[0][name].tobytes() for name in expected)
    keys = ("step", "role", "term")
    assert [[row[key] for key in keys] for row in shared] == [[row[key] for key in keys] for row in alone]
    assert np.allclose([row["value"] for row in shared], [row["value"] for row in alone], rtol=1e-5)
    whole, _ = trained(tmp_path / "whole", 1, objective=WORDS)
    assert not np.allclose([row["value"] for row in shared], [row["value"] for row in whole], rtol=1e-3)


def test_a_batch_smaller_than_the_group_is_still_shared(tmp_path):
    _, (expected,) = trained(tmp_path / "alone", 1, batch_size=1, objective=WORDS)
    _, found = trained(tmp_path / "shared", 2, batch_size=1, objective=WORDS)
    assert all(np.allclose(weights[name], expected[name], rtol=1e-5) for weights in found for name in expected)


def gradients(leads: bool = True) -> list[Any]:
    """What both processes have of three parameters: one that both use, the first process twice over, one that it alone uses, one unused."""
    group, parameters = current_group(), [nn.Parameter(torch.zeros(2)) for _ in range(3)]
    for parameter in parameters[: 1 + leads]:
        ((1 + leads) * parameter.sum()).backward()
    group.sum_gradients(parameters)
    return group.gather([None if parameter.grad is None else parameter.grad.tolist() for parameter in parameters])


def test_gradients_are_summed_and_what_no_process_used_has_none(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)  # which those on a CPU do not ask for
    assert in_processes(2, "cpu", gradients) == [[[3.0, 3.0], [2.0, 2.0], None]] * 2


def test_out_of_time_is_raised_with_the_checkpoint_kept_and_the_next_attempt_goes_on(tmp_path):
    whole, expected = trained(tmp_path / "whole", 2)
    folder = tmp_path / "late"
    folder.mkdir()
    with pytest.raises(StageRefusal, match="time is up after step 1 of 20; the checkpoint is kept"):
        in_processes(2, "cpu", train, folder=folder, settings={}, stop_at=0.0)
    assert [path.name for path in folder.iterdir()] == ["checkpoint.safetensors"]
    assert in_processes(2, "cpu", train, folder=folder, settings={}) == whole
    assert sidecar.noted()["resumed_from_step"] == 1
    for name, value in load_file(folder / "weights1").items():
        assert value.tobytes() == expected[0][name].tobytes()
    assert {path.name for path in folder.glob("leads*")} == {"leadsTrue", "leadsFalse"}


def train_by_another_clock(folder: Path, leads: bool = True, **arguments) -> None:
    """On a machine that has been up for longer than the one that leads."""
    if not leads:
        loop.time = SimpleNamespace(monotonic=lambda: time.monotonic() + 1e9)
    train(folder, leads=leads, **arguments)


def test_time_is_told_by_the_clock_of_the_process_that_leads(tmp_path):
    in_processes(2, "cpu", train_by_another_clock, folder=tmp_path, settings={}, stop_at=time.monotonic() + 1e6)
    assert {path.name for path in tmp_path.glob("leads*")} == {"leadsTrue", "leadsFalse"}


def train_and_save_slowly(folder: Path, **arguments) -> None:
    """A checkpoint takes longer to write than a process takes to end."""

    def save_slowly(*words):
        (folder / f"saves{os.environ['RANK']}").touch()
        time.sleep(3)
        save_checkpoint(*words)

    loop.save_checkpoint = save_slowly
    train(folder, **arguments)


def test_no_process_ends_before_the_first_has_written_the_checkpoint(tmp_path):
    with pytest.raises(StageRefusal, match="the checkpoint is kept"):
        in_processes(2, "cpu", train_and_save_slowly, folder=tmp_path, settings={}, stop_at=0.0)
    assert {path.name for path in tmp_path.iterdir()} == {"saves0", "checkpoint.safetensors"}


def be_killed(leads: bool = True) -> None:
    """What a kernel out of memory does."""
    if not leads:
        os.kill(os.getpid(), signal.SIGKILL)
    torch.distributed.barrier()


def test_a_process_that_is_killed_is_said_to_be(tmp_path):
    with pytest.raises(StageRefusal, match=r"ended from outside \(Signal 9 .*most often for its memory"):
        in_processes(2, "cpu", be_killed)


def quote_a_patient(leads: bool = True) -> None:
    """What no log may show."""
    logging.info("begun")
    if not leads:
        raise ValueError("Mrs " + "".join(["Quill", "feather"]))
    torch.distributed.barrier()


def test_an_unexpected_error_in_any_process_ends_all_and_its_text_is_withheld(tmp_path, capfd, monkeypatch):
    monkeypatch.setattr(logging.root, "handlers", [])
    monkeypatch.setattr(logging.root, "level", logging.INFO)
    start_log(tmp_path / "log.txt")
    with pytest.raises(RuntimeError, match=r"a process of the training ended: .*Error") as caught:
        in_processes(2, "cpu", quote_a_patient)
    log = log_path().read_text(encoding="utf-8")
    logging.root.handlers[0].close()
    assert "unexpected ValueError" in log
    assert "quote_a_patient" in log
    assert log.count("begun") == 1
    said = capfd.readouterr()
    assert "Quillfeather" not in log + said.out + said.err + str(caught.value)


def refuse(leads: bool = True) -> None:
    """What a full disk does to the process that writes, in words that take longer to find than a process takes to fail."""
    if leads:
        raise type("ContractError", (ContractError,), {"__str__": lambda _: time.sleep(2) or "no space left: free some"})
    torch.distributed.barrier()


def test_a_refusal_of_one_process_is_that_of_the_training():
    with pytest.raises(ContractError, match=r"^no space left: free some$"):
        in_processes(2, "cpu", refuse)


@pytest.mark.parametrize(("device", "gpus"), [("auto", 1), ("cuda", 1), ("cuda", 0)])
def test_fewer_gpus_than_processes_is_said_before_anything_starts(monkeypatch, device, gpus):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    with pytest.raises(ConfigError, match=f"processes: 2, each with a GPU of its own, but {gpus} are visible"):
        in_processes(2, device, quote_a_patient)


def test_several_machines_are_those_of_a_slurm_job(monkeypatch):
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    with pytest.raises(
        ConfigError, match="2 machines of a Slurm job are asked for, and this is none; use --profile slurm, or say nodes: 1"
    ):
        in_processes(2, "cpu", gradients, nodes=2)


@pytest.mark.parametrize(("device", "asked"), [("cuda", (0, 2, None, "gpu:3")), ("cpu", (0, 2, 2, None))])
def test_a_scheduler_is_asked_for_machines(device, asked):
    settings = {"objective": {"cox": 1.0}, "steps": 1, "batch_size": 8, "learning_rate": 0.1, "device": device, "nodes": 2}
    cfg = TrainingConfig(processes=6, **settings)
    assert (cfg.gpus, cfg.machines, cfg.tasks, cfg.gres) == asked
    assert cfg.processes_per_node == 3
    with pytest.raises(ValueError, match="processes: 3 cannot be spread evenly over nodes: 2"):
        TrainingConfig(processes=3, **settings)


@pytest.mark.parametrize(
    ("device", "processes", "asked"), [("cuda", 4, (1, 4)), ("cuda", 1, (1, 1)), ("auto", 4, (0, 0)), ("cpu", 2, (0, 0))]
)
def test_a_scheduler_is_asked_for_a_gpu_per_process(device, processes, asked):
    cfg = TrainingConfig(objective={"cox": 1.0}, steps=1, batch_size=8, learning_rate=0.1, device=device, processes=processes)
    assert (cfg.gpu, cfg.gpus) == asked
