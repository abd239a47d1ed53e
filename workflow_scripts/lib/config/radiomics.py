"""How radiomic features of patches are computed; what is computed says a file of its own."""

from typing import Literal

from pydantic import Field

from workflow_scripts.lib.config.base import Section


class RadiomicsConfig(Section):
    """How radiomic features of patches are computed."""

    settings: str = Field("resources/radiomics/patches.yaml", description="the parameter file: filters, features, and what they depend on")
    engine: Literal["batched", "pyradiomics"] = Field(
        "batched", description="batched computes all patches of an image at once; pyradiomics is the reference, called for each patch"
    )
    spacing: Literal["pixels", "stated"] = Field(
        "pixels", description="pixels: lengths count pixels, for all images alike; stated: mm, and images without a spacing are refused"
    )
    shards: int = Field(4, ge=1, le=10_000, description="jobs that share a cohort's images")
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="batched: auto takes a GPU where there is one")

    @property
    def gpu(self) -> int:
        """How many GPUs a job asks a scheduler for: one where ``device`` insists on it."""
        return int(self.device == "cuda")
