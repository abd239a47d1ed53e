"""Settings of radiographs and other images."""

from pydantic import Field, model_validator

from workflow_scripts.lib.config.base import Section
from workflow_scripts.lib.config.sources import AnyFolder, AnyTable, Choice, PatientKey


class MasksConfig(Section):
    """Masks of a region, one per image, of the image's size: above zero is inside."""

    source: AnyFolder
    name: str = Field("{stem}_mask.png", description="a mask's path in its folder; {stem} is the image's file name without suffix")


class ImagesConfig(Section):
    """PNG, JPEG, DICOM, NIfTI or NRRD, 8 or 16 bits, grey, RGB or RGBA; one index image per patient."""

    source: AnyFolder
    listing: AnyTable | None = Field(None, description="a table with one row per image; left out: file names alone say whose it is")
    file: str | None = Field(None, description="column of the listing with the file's path in the folder")
    patient: PatientKey = Field(description="how a row of the listing, or a file's name, names its patient")
    keep: dict[str, list[str]] = Field({}, description="rows of the listing to keep: by column, the values that stay")
    index: Choice | None = Field(None, description="which image stands for a patient who has several; left out: such patients are refused")
    masks: MasksConfig | None = None
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
        return self
