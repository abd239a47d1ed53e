"""Settings of gene expression."""

from typing import Literal

from pydantic import Field, model_validator

from workflow_scripts.lib.config.base import Section
from workflow_scripts.lib.config.sources import AnyTable, PatientKey


class ExpressionConfig(Section):
    """A matrix of genes and samples, or one value per row; every sample becomes one vector in the order of `genes`."""

    source: AnyTable
    layout: Literal["samples_by_genes", "genes_by_samples", "long"] = Field(description="what a row is: a sample, a gene, or one value")
    patient: PatientKey = Field(description="how a sample names its patient; with genes_by_samples it is matched against the column names")
    gene: str | None = Field(None, description="column with the gene's name; with genes_by_samples and long")
    value: str | None = Field(None, description="column with the value; with long")
    gene_pattern: str = Field("^(.+)$", description="which columns or names are genes; the first group is the gene's name")
    scale: Literal["counts", "tpm", "log2", "z_score"] = Field(description="what the values are; counts and tpm may not be negative")
    transform: Literal["none", "log2p1"] = Field("none", description="log2p1: log2(value + 1), for counts and tpm")
    several: Literal["refuse", "mean"] = Field("refuse", description="patients with several samples: refused, or the mean of their samples")
    missing: list[str] = Field([], description="texts that mean a value is missing, besides empty cells")

    @model_validator(mode="after")
    def _columns_fit_the_layout(self) -> "ExpressionConfig":
        needed = {"samples_by_genes": set(), "genes_by_samples": {"gene"}, "long": {"gene", "value"}}[self.layout]
        given = {name for name in ("gene", "value") if getattr(self, name) is not None}
        if given != needed:
            raise ValueError(f"layout {self.layout} needs {sorted(needed) or 'neither gene nor value'}, found {sorted(given) or 'neither'}")
        if (self.layout == "genes_by_samples") != (self.patient.column is None):
            raise ValueError(
                "patient.column is the column that names samples; with genes_by_samples the columns' names do, so leave it out"
            )
        if self.transform == "log2p1" and self.scale not in ("counts", "tpm"):
            raise ValueError(f"transform log2p1 is for counts and tpm; the values are declared {self.scale}")
        return self
