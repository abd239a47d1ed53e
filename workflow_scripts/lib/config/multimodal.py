"""Which modalities are read and how they become few numbers per patient, shared by the families that read them."""

from typing import Literal

from pydantic import Field, model_validator

from workflow_scripts.lib.config.base import Section


class GenesConfig(Section):
    """Gene expression as principal components."""

    components: int = Field(15, ge=1, le=1000, description="principal components, at most one fewer than training patients")
    most_genes: int = Field(5000, ge=2, description="genes taken, those that vary most among training patients")


class WordsConfig(Section):
    """Reports as components of weighted words (TF-IDF and truncated SVD)."""

    components: int = Field(15, ge=1, le=1000, description="components, at most as many as training patients")
    most_terms: int = Field(20000, ge=2, description="words and pairs of words taken, the most frequent")
    fewest_reports: int = Field(3, ge=1, description="a term must be in so many training reports")


class MultimodalConfig(Section):
    """Covariates, gene expression and reports, or some of them."""

    modalities: list[Literal["covariates", "expression", "reports"]] = Field(
        ["covariates", "expression", "reports"],
        min_length=1,
        description="what is read of a patient; a cohort that has none of expression and reports, as far as listed, is spared the family",
    )
    genes: GenesConfig = GenesConfig()

    @property
    def tables(self) -> tuple[str, ...]:
        """Which tables the family reads."""
        return tuple(name for name in ("expression", "reports") if name in self.modalities)

    @property
    def any_of(self) -> tuple[str, ...]:
        """What a cohort must have one of; the others may be missing."""
        return self.tables

    @model_validator(mode="after")
    def _each_once(self) -> "MultimodalConfig":
        if len(set(self.modalities)) < len(self.modalities):
            raise ValueError(f"modalities: expected each once, found {self.modalities}")
        return self
