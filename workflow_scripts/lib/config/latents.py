"""How modalities become few numbers per patient, shared by the families that read them."""

from pydantic import Field

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
