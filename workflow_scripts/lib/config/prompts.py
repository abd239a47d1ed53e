"""Settings of the prompts stage."""

from typing import Literal

from pydantic import Field

from workflow_scripts.lib.config.base import Section


class PromptsConfig(Section):
    """How a patient is put into words, and what the student is to answer."""

    template: str = Field("resources/prompts/clinical.yaml", description="the template file")
    target: Literal["percentile", "horizons"] = Field(
        "percentile", description="what is answered: a percentile of risk, or the percent event-free at horizons"
    )
    order: Literal["fixed", "shuffled"] = Field("fixed", description="covariates alphabetically by column, or shuffled prompt by prompt")
    augmented: int = Field(60000, ge=0, description="teacher-labelled augmented prompts per fold")
    swap_probability: float = Field(0.5, ge=0, le=1, description="probability that a covariate is taken from another training patient")
    jitter: bool = Field(True, description="draw numeric covariates between two training patients' values")
    even_probability: float = Field(0.15, ge=0, le=1, description="probability that a covariate is drawn evenly over its range or levels")
    missing_probability: float = Field(
        0.05,
        ge=0,
        le=1,
        description="probability that a covariate is missing: what is never missing in training may be missing of who comes later",
    )
