"""Settings of the family deepsurv."""

from typing import ClassVar, Literal

from pydantic import Field

from workflow_scripts.lib.config.training import TrainingConfig


class Config(TrainingConfig):
    """A small multilayer perceptron trained on the Cox likelihood (Katzman et al. 2018)."""

    family: Literal["deepsurv"] = "deepsurv"
    width: int = Field(32, ge=1, le=4096, description="units per hidden layer")
    depth: int = Field(2, ge=1, le=16, description="hidden layers")
    dropout: float = Field(0.2, ge=0, lt=1, description="dropout after each hidden layer")
    tables: ClassVar[tuple[str, ...]] = ()
    outputs: ClassVar[tuple[str, ...]] = ("risk",)
    objective: dict[Literal["cox"], float] = Field({"cox": 1.0}, min_length=1, description="terms of the loss with their weights")
    steps: int = Field(400, ge=1, description="most training steps")
    batch_size: int = Field(256, ge=32, description="patients per step; a Cox likelihood needs a risk set")
    learning_rate: float = Field(3e-3, gt=0, description="peak learning rate")
    weight_decay: float = Field(0.1, ge=0, description="decoupled weight decay, on matrices only")
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "float32", description="auto is bfloat16 on GPUs; too coarse for a Cox likelihood"
    )
    validate_every: int = Field(10, ge=1, description="steps between looks at the validation patients")
    patience: int = Field(10, ge=1, description="looks without a better validation loss before training stops")
