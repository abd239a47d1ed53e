"""Settings of the language models that families train."""

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from workflow_scripts.lib.config.base import Section
from workflow_scripts.lib.config.training import TrainingConfig

Curve = Literal["interpolated", "weibull", "exponential"]  # made of probabilities that were stated for a few days
BASE_FILES = ("*.json", "*.safetensors", "*.txt", "*.jinja", "tokenizer.model")


def files_of(folder: Path) -> list[Path]:
    """All that a pretrained base is made of: weights, settings, tokenizer and chat template."""
    return sorted(path for pattern in BASE_FILES for path in folder.glob(pattern))


class TinyConfig(Section):
    """The embedded default base: a Qwen2 of this shape, from random initialisation."""

    layers: int = Field(2, ge=1, le=64, description="transformer layers")
    width: int = Field(64, ge=16, le=8192, description="hidden size")
    heads: int = Field(2, ge=1, le=128, description="attention heads")
    word_pieces: int = Field(
        700,
        ge=300,
        le=200000,
        description="most word pieces of the tokenizer trained on the training prompts, beside its 1,000 number tokens",
    )

    @model_validator(mode="after")
    def _even_heads(self) -> "TinyConfig":
        if self.width % (2 * self.heads):
            raise ValueError(f"width: expected a multiple of twice the heads, which is {2 * self.heads}")
        return self


class LoraConfig(Section):
    """Low-rank adapters (peft)."""

    rank: int = Field(8, ge=1, le=1024, description="rank of the adapters")
    alpha: int = Field(16, ge=1, description="scale of the adapters")
    dropout: float = Field(0.0, ge=0, lt=1, description="dropout inside the adapters")


class LanguageConfig(TrainingConfig):
    """Which language model is trained, and which of its weights."""

    base: str = Field("tiny", description="tiny, a Hugging Face id, or a local folder in the Hugging Face layout")
    tiny: TinyConfig = TinyConfig()
    tuning: Literal["full", "last_layers", "lora"] = Field("full", description="train every weight, the last layers, or low-rank adapters")
    last_layers: int = Field(18, ge=1, description="how many layers last_layers trains; embeddings and the layers before stay as they are")
    gradient_checkpointing: bool = Field(False, description="compute layers twice to save their memory")
    lora: LoraConfig = LoraConfig()
    max_tokens: int = Field(512, ge=16, description="longest prompt with its completion; longer prompts lose tokens at the front")

    @model_validator(mode="after")
    def _adapters_need_weights(self) -> "LanguageConfig":
        if self.tuning == "lora" and self.base == "tiny":
            raise ValueError("tuning: lora adapts a pretrained base, and tiny starts from nothing; use full, or name another base")
        return self
