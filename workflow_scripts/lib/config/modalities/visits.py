"""Settings of coded visits."""

from pydantic import Field, field_validator, model_validator

from workflow_scripts.lib.config.base import Section
from workflow_scripts.lib.config.sources import AnyTable, PatientKey
from workflow_scripts.lib.errors import did_you_mean

VOCABULARIES = (
    *("ICD9CM", "ICD10", "ICD10CM", "ICD9PCS", "ICD10PCS", "SNOMED", "RXNORM", "NDC", "ATC", "CVX", "LOINC", "CPT4", "HCPCS", "READ"),
    *("OMOP", "LOCAL"),
)


class Lookup(Section):
    """A second table that holds the time: of admissions, where a diagnosis names only the stay."""

    source: AnyTable
    key: str = Field(description="column, of both tables, that names what has the time, such as the stay")
    time: str = Field(description="its column with the time")


class CodeTable(Section):
    """One table of codes: one row per code, each with a time."""

    source: AnyTable
    patient: PatientKey
    time: str | None = Field(None, description="column with the time; left out where lookup has it")
    lookup: Lookup | None = None
    time_format: str | None = Field(None, description="as in strptime; left out: ISO 8601")
    code: str = Field(description="column with the code")
    vocabulary: str | None = Field(None, description="vocabulary of all codes, such as SNOMED: the prefix of the MEDS code")
    vocabulary_column: str | None = Field(None, description="column that names each row's vocabulary, where codes are mixed")
    vocabularies: dict[str, str] = Field({}, description='with vocabulary_column: what its values stand for, as "9": ICD9CM')
    value: str | None = Field(None, description="column with a number that belongs to the code")
    unit: str = Field("", description="unit of the value, which then stands behind the code, as in LOINC//718-7//g/dL")

    @model_validator(mode="after")
    def _rows_name_their_patient(self) -> "CodeTable":
        if self.patient.column is None:
            raise ValueError("expected patient.column: a table of codes names the patient in each row")
        return self

    @model_validator(mode="after")
    def _one_time_and_one_vocabulary(self) -> "CodeTable":
        if (self.time is None) == (self.lookup is None):
            raise ValueError("expected either time or lookup: where the time of a code stands")
        if (self.vocabulary is None) == (self.vocabulary_column is None):
            raise ValueError("expected either vocabulary, for all codes, or vocabulary_column with vocabularies")
        if bool(self.vocabularies) != (self.vocabulary_column is not None):
            raise ValueError("vocabulary_column and vocabularies belong together")
        strange = [name for name in (self.vocabulary, *self.vocabularies.values()) if name is not None and name not in VOCABULARIES]
        if strange:
            raise ValueError(f"no vocabulary '{strange[0]}'; {did_you_mean(strange[0], VOCABULARIES)}; LOCAL is for codes of one's own")
        return self


class VisitsConfig(Section):
    """Coded visits as MEDS events (subject_id, time, code, numeric_value), only those before each patient's index date.

    Times are kept relative to the index date, which is set to 2000-01-01 for everybody: no calendar date leaves this stage.
    """

    tables: dict[str, CodeTable] = Field(min_length=1, description="tables of codes, by name")
    event_is_death: bool = Field(True, description="true: nothing can follow the event, so that a later code refuses the patient's codes")

    @field_validator("tables")
    @classmethod
    def _plain_names(cls, tables: dict[str, CodeTable]) -> dict[str, CodeTable]:
        odd = [name for name in tables if not name.isidentifier()]
        if odd:
            raise ValueError(f"names of tables: expected letters, digits and _, found {odd}")
        return tables
