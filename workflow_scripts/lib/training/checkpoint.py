"""Checkpoints from which a killed job goes on to the same weights as an undisturbed one."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from workflow_scripts.lib.contracts.files import atomic_path
from workflow_scripts.lib.provenance.log import logger


def save_checkpoint(path: Path, tensors: dict[str, torch.Tensor], facts: dict[str, Any]) -> None:
    """Write tensors and plain ``facts`` as one safetensors file, atomically."""
    with atomic_path(path) as part:
        save_file({name: value.contiguous() for name, value in tensors.items()}, part, {"facts": json.dumps(facts)})


def load_checkpoint(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]] | None:
    """What ``save_checkpoint`` wrote; None where there is none, or only a damaged one, which is said in the log."""
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as stored:
            tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
            return tensors, json.loads(stored.metadata()["facts"])
    except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
        logger.warning("%s: damaged checkpoint (%s) left aside; training starts again", path, type(error).__name__)
        return None


def part_of(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    """The tensors whose name starts with ``prefix``/, without it."""
    return {name.removeprefix(f"{prefix}/"): value for name, value in tensors.items() if name.startswith(f"{prefix}/")}


def prefixed(prefix: str, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The same tensors with ``prefix``/ before their names."""
    return {f"{prefix}/{name}": value.detach() for name, value in tensors.items()}
