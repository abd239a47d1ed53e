"""Settings of the evaluate stage."""

from pydantic import Field

from workflow_scripts.lib.config.base import Section


class EvaluateConfig(Section):
    """Intervals, calibration, references."""

    bootstrap: int = Field(1000, ge=20, le=100000, description="bootstrap resamples of the patients")
    calibration_bins: int = Field(5, ge=2, le=20, description="groups of equal size by predicted risk, for calibration by Kaplan-Meier")
    references: list[str] = Field(["cox"], description="families that every other family is compared with, beside its own teacher")
