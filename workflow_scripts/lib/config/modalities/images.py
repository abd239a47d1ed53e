"""Settings of radiographs and other images."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from workflow_scripts.lib.config.base import Section
from workflow_scripts.lib.config.sources import AnyFolder, AnyTable, Choice, PatientKey


class MasksConfig(Section):
    """Masks of a region, one per image, of the image's size: above zero is inside."""

    source: AnyFolder
    name: str = Field("{stem}_mask.png", description="a mask's path in its folder; {stem} is the image's file name without suffix")


class SliceConfig(Section):
    """One slice of every volume (NIfTI, NRRD, DICOM of several frames), and of its mask the same; flat images stay as they are.

    Slices lie as they are stored, directions in space are not applied; one whose pixels are not square is refused.
    """

    axis: Literal[0, 1, 2] = Field(2, description="of the file's sizes, the one to count slices along; 2: the last, in DICOM the frames")
    take: Literal["middle", "largest_mask"] | Annotated[int, Field(ge=0)] = Field(
        description="the middle one; the one with most of the mask, the first of several; or its number, from 0"
    )


class ImagesConfig(Section):
    """PNG, JPEG, DICOM, NIfTI or NRRD, 8 or 16 bits, grey, RGB or RGBA; one index image per patient."""

    source: AnyFolder
    listing: AnyTable | None = Field(None, description="a table with one row per image; left out: file names alone say whose it is")
    file: str | None = Field(None, description="column of the listing with the file's path in the folder")
    patient: PatientKey = Field(description="how a row of the listing, or a file's name, names its patient")
    keep: dict[str, list[str]] = Field({}, description="rows of the listing to keep: by column, the values that stay")
    index: Choice | None = Field(None, description="which image stands for a patient who has several; left out: such patients are refused")
    masks: MasksConfig | None = None
    slice: SliceConfig | None = Field(None, description="how a volume becomes an image; left out: volumes are refused")
    bits: int | None = Field(None, ge=8, le=16, description="bits per pixel that every image must have; left out: 8 or 16, as found")
    most_pixels: int = Field(100_000_000, ge=1, description="a larger image is refused before it is decoded")
    fewest_pixels: int = Field(1024, ge=1, description="a smaller image is refused")

    @model_validator(mode="after")
    def _listing_has_files(self) -> "ImagesConfig":
        if (self.listing is None) != (self.file is None):
            raise ValueError("listing and file belong together: the table, and its column with the file's path")
        if self.listing is None and (self.patient.column is not None or self.keep or self.index):
            raise ValueError("patient.column, keep and index name columns of a listing: give one, or leave them out")
        if self.index is not None and self.index.by is None:
            raise ValueError("index: take first or last, in the order of a column of the listing")
        if self.slice is not None and self.slice.take == "largest_mask" and self.masks is None:
            raise ValueError("slice: largest_mask needs masks, or take another slice")
        return self
