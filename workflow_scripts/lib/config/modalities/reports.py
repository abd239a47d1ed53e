"""Settings of written reports."""

from typing import Literal

from pydantic import Field, model_validator

from workflow_scripts.lib.config.base import Section
from workflow_scripts.lib.config.sources import AnySource, PatientKey


class ReportsConfig(Section):
    """A column of a table (CSV, TSV, Parquet, JSON lines), or a folder of text files."""

    source: AnySource
    patient: PatientKey = Field(description="how a row or a file names its patient")
    text: str | None = Field(None, description="column with the text; left out for a folder of files")
    encoding: str = Field("utf-8", description="text encoding of the files of a folder")
    several: Literal["refuse", "join", "longest"] = Field(
        "refuse", description="patients with several reports: refused, joined in the order of the source, or the longest one kept"
    )
    fewest_words: int = Field(5, ge=1, description="a report with fewer words is refused as near-empty")
    most_characters: int = Field(500_000, ge=100, description="a longer report is refused: it is no report")
    keep: dict[str, list[str]] = Field({}, description="rows to keep: by column, the values that stay")

    @model_validator(mode="after")
    def _text_is_a_column(self) -> "ReportsConfig":
        if self.source.kind == "table" and self.text is None:
            raise ValueError("a table needs text: the column with the report")
        if self.text is None and self.patient.column is not None:
            raise ValueError("a folder of files names its patients by file name: leave out patient.column, or give text")
        return self
