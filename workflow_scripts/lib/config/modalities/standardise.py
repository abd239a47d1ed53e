"""How the images of a cohort become alike: size, grey levels, and the grid of patches."""

from typing import Literal

from pydantic import Field, model_validator

from workflow_scripts.lib.config.base import Section
from workflow_scripts.lib.config.modalities.images import ImagesConfig


class StandardiseConfig(Section):
    """What radiomics and vision transformers see: squares of 8-bit grey, in patches; each image by itself, nothing fitted on others."""

    side: int = Field(384, ge=16, le=4096, description="pixels along each side of a standardised image")
    patch: int = Field(32, ge=4, description="pixels along each side of a patch, which must divide `side`; patches do not overlap")
    shape: Literal["resize", "pad", "crop_to_mask"] = Field(
        "pad", description="resize: stretched; pad: aspect ratio kept, the rest of the image's darkest grey; crop_to_mask: cut, then pad"
    )
    margin: float = Field(0.05, ge=0, le=1, description="crop_to_mask: left around the mask's box, as a fraction of its width and height")
    without_mask: Literal["refuse", "whole"] = Field("refuse", description="crop_to_mask: what becomes of an image that has no mask")
    grey: Literal["percentile", "zscore", "as_is"] = Field(
        "percentile",
        description="what becomes 0 and 255, inside the mask for crop_to_mask: two percentiles; mean ± sds; the ends of 8 or 16 bits",
    )
    low_percentile: float = Field(1.0, ge=0, lt=100, description="percentile: it and what is darker become 0")
    high_percentile: float = Field(99.0, gt=0, le=100, description="percentile: it and what is brighter become 255")
    sds: float = Field(3.0, gt=0, le=10, description="zscore: so many standard deviations from the mean become 0 and 255")
    interpolation: Literal["box", "bilinear", "bicubic", "lanczos"] = Field(
        "bilinear", description="between pixels, averaging where the image shrinks; masks take their nearest pixel"
    )

    @model_validator(mode="after")
    def _patches_fill_the_image(self) -> "StandardiseConfig":
        if self.side % self.patch:
            raise ValueError(f"patch: {self.patch} does not divide side, which is {self.side}: patches would not fill the image")
        if self.low_percentile >= self.high_percentile:
            raise ValueError("low_percentile: expected less than high_percentile")
        return self

    @property
    def patches(self) -> int:
        """Patches along a side."""
        return self.side // self.patch


class CohortImages(ImagesConfig):
    """PNG, JPEG, DICOM, NIfTI or NRRD, 8 or 16 bits, grey, RGB or RGBA; one index image per patient."""

    standardise: StandardiseConfig = StandardiseConfig()
