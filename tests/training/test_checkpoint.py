"""Checkpoints: what they keep, and what becomes of damaged ones."""

import logging
import math

import pytest
import torch
from safetensors.torch import save_file

from workflow_scripts.lib.training.checkpoint import load_checkpoint, part_of, prefixed, save_checkpoint

TENSORS = {"now/weight": torch.arange(6.0).reshape(2, 3).T, "now/step": torch.tensor(3.0), "best/weight": torch.tensor([1e-45])}
FACTS = {"step": 3, "best": math.inf, "worse": 0, "history": [{"value": 0.1 + 0.2}], "sums": {"total": 1 / 3}}


def test_what_was_saved_comes_back_exactly(tmp_path):
    save_checkpoint(tmp_path / "new" / "checkpoint.safetensors", TENSORS, FACTS)
    tensors, facts = load_checkpoint(tmp_path / "new" / "checkpoint.safetensors")
    assert facts == FACTS
    assert set(tensors) == set(TENSORS)
    assert all(torch.equal(tensors[name], value) for name, value in TENSORS.items())


def test_there_may_be_none(tmp_path):
    assert load_checkpoint(tmp_path / "checkpoint.safetensors") is None


def cut(path):
    path.write_bytes(path.read_bytes()[:-7])


def garble(path):
    path.write_bytes(b"\xff" * 100)


def empty(path):
    path.write_bytes(b"")


def strange(path):
    save_file({"weight": torch.zeros(2)}, path)


def without_facts(path):
    save_file({"weight": torch.zeros(2)}, path, {"format": "pt"})


@pytest.mark.parametrize("damage", [cut, garble, empty, strange, without_facts])
def test_a_damaged_one_is_left_aside_with_a_warning(tmp_path, caplog, damage):
    path = tmp_path / "checkpoint.safetensors"
    save_checkpoint(path, TENSORS, FACTS)
    damage(path)
    with caplog.at_level(logging.WARNING, "survdistill"):
        assert load_checkpoint(path) is None
    assert "damaged checkpoint" in caplog.text


def test_prefixes_come_and_go():
    weights = {"a/b": torch.ones(1, requires_grad=True), "c": torch.zeros(1)}
    together = {**prefixed("now", weights), **prefixed("nowhere", weights)}
    assert part_of(together, "now") == {"a/b": together["now/a/b"], "c": together["now/c"]}
    assert not together["now/a/b"].requires_grad
