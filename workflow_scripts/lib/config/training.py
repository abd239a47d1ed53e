"""Settings of the training loop, shared by every family that trains by gradient descent."""

import math
from typing import Literal

from pydantic import Field, model_validator

from workflow_scripts.lib.config.base import Section


class TrainingConfig(Section):
    """Steps, batches, optimiser, early stopping, device."""

    objective: dict[str, float] = Field(description="terms of the loss with their weights")
    steps: int = Field(ge=1, description="most training steps")
    batch_size: int = Field(ge=1, description="examples per step")
    gradient_accumulation: int = Field(1, ge=1, description="parts that a process cuts its share of a batch into, to save memory")
    processes: int = Field(1, ge=1, description="GPUs, or processes on a CPU, that share every batch, as torchrun starts them")
    nodes: int = Field(1, ge=1, description="machines of a Slurm job that the processes are spread over, as many on each")
    optimiser: Literal["adamw", "muon"] = Field("adamw", description="muon takes the matrices inside layers, adamw the rest")
    learning_rate: float = Field(gt=0, description="peak learning rate of adamw; warm-up, then cosine decay to a tenth")
    matrix_rate: float = Field(0.01, gt=0, description="peak learning rate of muon")
    warmup_fraction: float = Field(0.05, ge=0, lt=1, description="part of the steps spent warming up")
    weight_decay: float = Field(0.01, ge=0, description="decoupled weight decay, on matrices only")
    clip_norm: float = Field(1.0, gt=0, description="gradient norm limit")
    validate_every: int = Field(50, ge=1, description="steps between looks at the validation patients")
    patience: int = Field(4, ge=1, description="looks without a better validation loss before training stops")
    watched: str = Field(
        "total", description="what stops the training, at its lowest: a term of the loss, their total, or discordance, 1 − C of log-risks"
    )
    fewest_events: int = Field(0, ge=0, description="events in every batch, at the least; each then has its share; 0: drawn blindly")
    checkpoint_every: int = Field(100, ge=1, description="steps between checkpoints that a killed job resumes from")
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="auto takes a GPU where there is one")
    precision: Literal["auto", "float32", "bfloat16"] = Field("auto", description="auto is bfloat16 on GPUs and float32 on CPUs")

    @model_validator(mode="after")
    def _objective_can_be_lowered(self) -> "TrainingConfig":
        if wrong := [term for term, weight in self.objective.items() if not (math.isfinite(weight) and weight >= 0)]:
            raise ValueError(f"objective: the weight of {wrong[0]} must be a number from 0 up, found {self.objective[wrong[0]]}")
        if self.watched not in ("discordance", "total", *self.objective):
            raise ValueError(f"watched: {self.watched} is not among the terms of the objective, nor total or discordance")
        return self

    @model_validator(mode="after")
    def _machines_share_evenly(self) -> "TrainingConfig":
        if self.processes % self.nodes:
            raise ValueError(f"processes: {self.processes} cannot be spread evenly over nodes: {self.nodes}; give a multiple")
        return self

    @property
    def gpu(self) -> int:
        """How many GPUs answering asks a scheduler for: one where ``device`` insists on it."""
        return int(self.device == "cuda")

    @property
    def processes_per_node(self) -> int:
        """How many processes each machine has, and so the cores it is asked for."""
        return self.processes // self.nodes

    @property
    def gpus(self) -> int:
        """How many GPUs training on one machine asks for: one per process where ``device`` insists on it."""
        return self.gpu * self.processes if self.nodes == 1 else 0

    @property
    def machines(self) -> int | None:
        """How many machines are asked for, where more than one."""
        return self.nodes if self.nodes > 1 else None

    @property
    def tasks(self) -> int | None:
        """Of Slurm's tasks, one on each of several machines; where GPUs are asked for they count those already."""
        return None if self.gpu else self.machines

    @property
    def gres(self) -> str | None:
        """The GPUs of each of several machines, in Slurm's words."""
        return f"gpu:{self.processes_per_node}" if self.gpu and self.machines else None
