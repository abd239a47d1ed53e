"""Features of images that were computed before: each file proves its own bytes, and nothing here ever deletes one."""

import hashlib
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from workflow_scripts.lib.contracts.files import atomic_path
from workflow_scripts.lib.provenance.log import logger


def save_features(path: Path, values: np.ndarray) -> None:
    """Write ``values`` (p, f), with the digest of their bytes, atomically."""
    with atomic_path(path) as part:
        save_file({"values": values}, part, {"sha256": _digest(values)})


def load_features(path: Path, shape: tuple[int, int]) -> np.ndarray | None:
    """What ``save_features`` wrote, of this ``shape``; None where there is nothing, or something damaged, which is said in the log."""
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="numpy") as stored:
            values, digest = stored.get_tensor("values"), stored.metadata()["sha256"]
    except (SafetensorError, OSError, KeyError, TypeError) as error:
        return _left_aside(path, type(error).__name__)
    return values if values.shape == shape and _digest(values) == digest else _left_aside(path, "its digest or shape is another")


def _left_aside(path: Path, why: str) -> None:
    logger.warning("%s: damaged features (%s) are computed again", path, why)


def _digest(values: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(values).data).hexdigest()
