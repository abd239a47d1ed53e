"""Where and in which precision training runs."""

from contextlib import AbstractContextManager, nullcontext

import torch

from workflow_scripts.lib.config.training import TrainingConfig
from workflow_scripts.lib.errors import ConfigError


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
