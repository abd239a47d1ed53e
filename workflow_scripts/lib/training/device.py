"""Where and in which precision training runs, and what it keeps of the memory that it was given."""

import ctypes
import sys
from contextlib import AbstractContextManager, nullcontext

import torch

from workflow_scripts.lib.config.training import TrainingConfig
from workflow_scripts.lib.errors import ConfigError

MMAP_THRESHOLD, TRIM_THRESHOLD, TOP_PAD = -3, -1, -2  # of mallopt(3)
KEPT, AHEAD = 1 << 30, 1 << 26  # bytes: kept although free, and asked for at once


def keep_freed_memory() -> bool:
    """Have this process keep what it frees, instead of giving it back after every step and having it cleared anew before the next.

    Of the C library of Linux; returns whether it could be told. A tenth to a third of a small model's training is spent on that otherwise.
    """
    if not sys.platform.startswith("linux"):
        return False
    tell = getattr(ctypes.CDLL(None), "mallopt", lambda *_: 0)
    return all(tell(what, size) for what, size in ((MMAP_THRESHOLD, KEPT), (TRIM_THRESHOLD, KEPT), (TOP_PAD, AHEAD)))


def choose_device(cfg: TrainingConfig) -> torch.device:
    """The device that the config asks for; raises ConfigError when it asks for a GPU and there is none."""
    if cfg.device == "cuda" and not torch.cuda.is_available():
        raise ConfigError("device: cuda was asked for, but no GPU is visible; use auto or cpu, or ask the scheduler for a GPU")
    wanted = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(wanted if cfg.device == "auto" else cfg.device)


def autocast(cfg: TrainingConfig, device: torch.device) -> AbstractContextManager:
    """bfloat16 where the config says so (auto: on GPUs), else nothing."""
    wanted = cfg.precision == "bfloat16" or (cfg.precision == "auto" and device.type == "cuda")
    return torch.autocast(device.type, torch.bfloat16) if wanted else nullcontext()
