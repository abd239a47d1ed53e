"""Settings of the evaluate stage."""

from pydantic import Field

from workflow_scripts.lib.config.base import Section


class EvaluateConfig(Section):
    """Intervals, calibration, hidden states."""

    bootstrap: int = Field(1000, ge=20, le=100000, description="bootstrap resamples of the patients")
    calibration_bins: int = Field(5, ge=2, le=20, description="groups of equal size, by predicted risk, in which calibration is checked by Kaplan-Meier")
    references: list[str] = Field(["cox"], description="families that every other family is compared with, beside its own teacher")
    tsne_perplexity: float = Field(30.0, gt=1, description="perplexity of the t-SNE picture of hidden states")
    neighbours: int = Field(10, ge=1, description="neighbours of the k-nearest-neighbour risk in hidden states")
    examples: int = Field(6, ge=0, le=100, description="test patients whose prompts and answers, in full text, go into the report; 0 for none")
