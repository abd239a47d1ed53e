"""Settings of the family cox_distilled."""

from typing import ClassVar, Literal

from pydantic import Field

from workflow_scripts.lib.config.base import Section
from workflow_scripts.lib.config.teacher import TeacherName
from workflow_scripts.lib.config.training import TrainingConfig


class TinyConfig(Section):
    """The embedded default base: a Qwen2 of this shape, from random initialisation."""

    layers: int = Field(2, ge=1, le=64, description="transformer layers")
    width: int = Field(128, ge=16, le=8192, description="hidden size")
    heads: int = Field(4, ge=1, le=128, description="attention heads")
    vocabulary: int = Field(2000, ge=1300, le=200000, description="most tokens of the tokenizer trained on the training prompts")


class LoraConfig(Section):
    """Low-rank adapters (peft)."""

    rank: int = Field(8, ge=1, le=1024, description="rank of the adapters")
    alpha: int = Field(16, ge=1, description="scale of the adapters")
    dropout: float = Field(0.0, ge=0, lt=1, description="dropout inside the adapters")


class Config(TrainingConfig):
    """A causal language model that learns to write its teacher's risk (Kuo et al. 2026)."""

    family: Literal["cox_distilled"] = "cox_distilled"
    teacher: TeacherName = Field("cox", description="the teacher to follow")
    base: str = Field("tiny", description="tiny, a Hugging Face id, or a local folder in the Hugging Face layout")
    tiny: TinyConfig = TinyConfig()
    tuning: Literal["full", "lora"] = Field("full", description="train every weight, or low-rank adapters")
    lora: LoraConfig = LoraConfig()
    max_tokens: int = Field(512, ge=16, description="longest prompt with its completion; longer prompts lose tokens at the front")
    gradient_accumulation: int = Field(1, ge=1, description="parts that a batch is cut into to save memory")
    tables: ClassVar[tuple[str, ...]] = ("prompts", "teacher_curves")
    outputs: ClassVar[tuple[str, ...]] = ("expectation", "generated")
