"""The optimiser: AdamW, with Muon for the matrices inside layers where the config asks for it."""

import math

import torch
from torch import nn

from workflow_scripts.lib.config.training import TrainingConfig


class Optimiser:
    """Steps every parameter of a model that takes a gradient, at a rate that warms up and then decays as a cosine."""

    def __init__(self, model: nn.Module, cfg: TrainingConfig) -> None:
        self.cfg = cfg
        self.parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
        inside = inner_matrices(model) if cfg.optimiser == "muon" else []
        known = {id(parameter) for parameter in inside}
        rest = [parameter for parameter in self.parameters if id(parameter) not in known]
        groups = [
            {"params": [p for p in rest if p.ndim > 1], "weight_decay": cfg.weight_decay},
            {"params": [p for p in rest if p.ndim <= 1], "weight_decay": 0.0},
        ]
        self.parts: list[tuple[float, torch.optim.Optimizer]] = []
        if rest:
            adamw = torch.optim.AdamW([group for group in groups if group["params"]], lr=cfg.learning_rate, betas=(0.9, 0.95))
            self.parts.append((cfg.learning_rate, adamw))
        if inside:
            muon = torch.optim.Muon(inside, lr=cfg.matrix_rate, weight_decay=cfg.weight_decay, adjust_lr_fn="match_rms_adamw")
            self.parts.append((cfg.matrix_rate, muon))

    def step(self, done: int) -> None:
        """One step with the gradients at hand, after ``done`` steps before it; clips, steps and clears them."""
        nn.utils.clip_grad_norm_(self.parameters, self.cfg.clip_norm)
        for rate, optimiser in self.parts:
            for group in optimiser.param_groups:
                group["lr"] = rate * schedule(done, self.cfg)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)

    def state(self) -> dict[str, torch.Tensor]:
        """Every tensor that the optimisers remember, by optimiser, parameter and name."""
        return {
            f"{part}/{index}/{name}": torch.as_tensor(value)
            for part, (_, optimiser) in enumerate(self.parts)
            for index, kept in optimiser.state_dict()["state"].items()
            for name, value in kept.items()
        }

    def restore(self, state: dict[str, torch.Tensor]) -> None:
        """Take up what ``state`` gave."""
        for part, (_, optimiser) in enumerate(self.parts):
            kept: dict[int, dict[str, torch.Tensor]] = {}
            for key, value in state.items():
                owner, index, name = key.split("/")
                if int(owner) == part:
                    kept.setdefault(int(index), {})[name] = value
            optimiser.load_state_dict({**optimiser.state_dict(), "state": kept})


def inner_matrices(model: nn.Module) -> list[nn.Parameter]:
    """The weight matrices of linear maps inside a stack named ``layers``: not embeddings, not the output head."""
    return [
        parameter
        for name, parameter in model.named_parameters()
        if parameter.requires_grad and parameter.ndim == 2 and ".layers." in f".{name}"
    ]


def schedule(done: int, cfg: TrainingConfig) -> float:
    """The part of the peak learning rate to use after ``done`` steps."""
    warm = max(1.0, cfg.warmup_fraction * cfg.steps)
    decay = 0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * min(1.0, done / cfg.steps)))
    return min(1.0, (done + 1) / warm) * decay
