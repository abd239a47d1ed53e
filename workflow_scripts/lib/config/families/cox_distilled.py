"""Settings of the family cox_distilled."""

from typing import ClassVar, Literal

from pydantic import Field

from workflow_scripts.lib.config.language import LanguageConfig
from workflow_scripts.lib.config.teacher import TeacherName


class Config(LanguageConfig):
    """A causal language model that learns to write its teacher's risk (Kuo et al. 2026)."""

    family: Literal["cox_distilled"] = "cox_distilled"
    teacher: TeacherName = Field("cox", description="the teacher to follow")
    objective: dict[Literal["completion"], float] = Field(
        {"completion": 1.0}, min_length=1, description="terms of the loss with their weights"
    )
    steps: int = Field(400, ge=1, description="most training steps")
    batch_size: int = Field(128, ge=1, description="prompts per step")
    optimiser: Literal["adamw", "muon"] = Field("muon", description="muon takes the matrices inside layers, adamw the rest")
    learning_rate: float = Field(4e-3, gt=0, description="peak learning rate of adamw")
    tables: ClassVar[tuple[str, ...]] = ("prompts",)
    outputs: ClassVar[tuple[str, ...]] = ("expectation", "generated")
    embeds: ClassVar[bool] = True  # its model has hidden states to look at
