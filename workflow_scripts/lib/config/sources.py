"""Where raw data are, and how their rows and files name patients."""

import re
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from workflow_scripts.lib.config.base import Section
from workflow_scripts.lib.config.simulation import SimulatedSource

REMOTE = ("http://", "https://", "s3://")
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class BuiltinSource(Section):
    """A data set that ships inside scikit-survival."""

    kind: Literal["builtin"]
    name: Literal["gbsg2", "actg320", "whas500"] = Field(description="which data set")


class TableSource(Section):
    """A table in one file: CSV, TSV, Parquet, JSON lines or HDF5; the text formats also as .gz or as a .zip of one file."""

    kind: Literal["table"]
    path: str = Field(description="the file, relative to the working directory, or its http://, https:// or s3:// address")
    encoding: str = Field("utf-8", description="text encoding of CSV, TSV and JSON lines")
    drop_nul: bool = Field(False, description="true: NUL characters are taken out, as of text that was UTF-16 once; false: refused")
    sha256: Sha256 | None = Field(None, description="digest that the file must have; required of an address")

    @model_validator(mode="after")
    def _addresses_are_pinned(self) -> "TableSource":
        if self.path.startswith(REMOTE) and self.sha256 is None:
            raise ValueError("an address needs sha256, so that what was fetched is what was meant; `sha256sum FILE` prints it")
        return self


class FolderSource(Section):
    """Files in a folder, left where they are; their names and digests are written down when they are first seen."""

    kind: Literal["folder"]
    path: str = Field(description="the folder, relative to the working directory")
    pattern: str = Field("**/*", description="which files, as in a shell; ** crosses folders")


class PartSource(Section):
    """A file or a folder inside the simulated world of this cohort."""

    kind: Literal["part"]
    path: str = Field(description="its path in the world")


MainSource = Annotated[BuiltinSource | TableSource | SimulatedSource, Field(discriminator="kind")]
AnyTable = Annotated[TableSource | PartSource, Field(discriminator="kind")]
AnyFolder = Annotated[FolderSource | PartSource, Field(discriminator="kind")]
AnySource = Annotated[TableSource | FolderSource | PartSource, Field(discriminator="kind")]


class FetchConfig(Section):
    """What fetching one source needs to know."""

    source: BuiltinSource | TableSource | FolderSource | PartSource | SimulatedSource = Field(discriminator="kind")


class PatientKey(Section):
    """How a row or a file names its patient. Text inside a report never does: it is misread, and names other patients."""

    column: str | None = Field(None, description="column with the patient's id; left out: the file's name without folder and suffix")
    pattern: str = Field("^(.+)$", description="regular expression; its first group, in column or file name, is the patient's id")

    @field_validator("pattern")
    @classmethod
    def _has_one_group(cls, pattern: str) -> str:
        try:
            groups = re.compile(pattern).groups
        except re.error as error:
            raise ValueError(f"not a regular expression ({error})") from None
        if groups != 1:
            raise ValueError(f"expected one group in parentheses, which is the id; found {groups}")
        return pattern


class Choice(Section):
    """Which row stands for a patient who has several: none is chosen in silence."""

    take: Literal["agreeing", "first", "last"] = Field(
        description="agreeing: any, for all agree in what is used, or the patient is refused; first, last: in the order of `by`"
    )
    by: str | None = Field(None, description="column whose order decides, as numbers where all are numbers, else as text")

    @model_validator(mode="after")
    def _ordered(self) -> "Choice":
        if (self.take == "agreeing") != (self.by is None):
            raise ValueError("take: first and last need `by`, the column whose order decides; agreeing takes none")
        return self


def text_keys(raw: Any, where: str) -> None:
    """YAML reads `no:` and `1:` as booleans and numbers; as keys they are refused with the cure."""
    odd = [key for key in raw if not isinstance(key, str)] if isinstance(raw, dict) else []
    if odd:
        raise ValueError(f"{where}: {odd} must be quoted, as in '\"{odd[0]}\": …'")
