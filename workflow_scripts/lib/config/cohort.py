"""One cohort: where its source is, how its columns map, and what a clinician calls them."""

import re
from collections import Counter
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from workflow_scripts.lib.config.base import Section

Code = bool | int | float | str
DAYS_PER = {"days": 1.0, "weeks": 7.0, "months": 365.25 / 12, "years": 365.25}
OWN_COLUMNS = ("patient_id", "days", "event")  # of the patients table, beside its covariates


def canonical(code: Code) -> str:
    """The one spelling of an event code: 1, 1.0, "1", "1.0", True and "true" are the same; other texts stand for themselves."""
    text = str(code).strip()
    flag = {"true": "1", "false": "0"}.get(text.lower(), text)
    return repr(float(flag)) if re.fullmatch(r"[+-]?\d+(\.\d*)?", flag) else flag


class BuiltinSource(Section):
    """A data set that ships inside scikit-survival."""

    kind: Literal["builtin"]
    name: Literal["gbsg2", "actg320", "whas500"] = Field(description="which data set")


class TableSource(Section):
    """A table on disk."""

    kind: Literal["table"]
    path: str = Field(description="CSV, TSV or Parquet file, relative to the working directory")
    encoding: str = Field("utf-8", description="text encoding of CSV and TSV files")
    sha256: str | None = Field(None, pattern="^[0-9a-f]{64}$", description="digest that the file must have")


Source = Annotated[BuiltinSource | TableSource, Field(discriminator="kind")]


class TimeColumn(Section):
    """The follow-up time."""

    column: str = Field(description="column with the time from index date to event or censoring")
    unit: Literal["days", "weeks", "months", "years"] = Field(description="its unit; a month is 365.25 / 12 days")


class EventColumn(Section):
    """The event indicator. Every value must be listed as seen or censored; none is guessed."""

    column: str = Field(description="column with the event indicator")
    seen: list[Code] = Field(min_length=1, description='values that mean the event was seen; quote texts such as "yes"')
    censored: list[Code] = Field(min_length=1, description="values that mean the patient was censored")

    @model_validator(mode="after")
    def _no_overlap(self) -> "EventColumn":
        censored = {canonical(code) for code in self.censored}
        both = [code for code in self.seen if canonical(code) in censored]
        if both:
            raise ValueError(f"{both} listed as seen and as censored")
        return self


class CovariateColumn(Section):
    """One covariate, named by its column."""

    kind: Literal["numeric", "categorical"] = Field(description="how it is measured")
    label: str = Field(description="what a clinician calls it")
    unit: str = Field("", description="its unit, as a clinician writes it")
    decimals: int = Field(0, ge=0, le=6, description="decimals that are meaningful, used in prompts")
    levels: dict[str, str] = Field({}, description="for categorical covariates: words for each code")

    @model_validator(mode="after")
    def _levels_are_for_categories(self) -> "CovariateColumn":
        if self.kind == "numeric" and self.levels:
            raise ValueError("a numeric covariate takes no levels")
        return self


class SourceConfig(Section):
    """What fetching a cohort needs to know."""

    source: Source


class MappingConfig(SourceConfig):
    """What building the patients table needs to know: which column is what, and what to do with bad patients."""

    patient_id: str | None = Field(None, description="column with the patient's id; row numbers when absent")
    time: TimeColumn
    event: EventColumn
    covariates: dict[str, CovariateColumn] = Field(min_length=1, description="the covariates, by column")
    missing: list[str] = Field([], description="texts that mean a value is missing, besides empty cells")
    ignored: dict[str, str] = Field({}, description="columns left out on purpose, each with the reason")
    strict: bool = Field(True, description="true: one bad patient stops the cohort; false: bad patients go to refusals, by reason")

    @model_validator(mode="before")
    @classmethod
    def _text_keys(cls, raw: Any) -> Any:
        """YAML reads `no:` and `1:` as booleans and numbers; they are refused with the cure."""
        for name, column in _mapping(raw, "covariates").items():
            odd = [key for key in _mapping(column, "levels") if not isinstance(key, str)]
            if odd:
                raise ValueError(f"covariates.{name}.levels: {odd} must be quoted, as in '\"{odd[0]}\": …'")
        return raw

    @model_validator(mode="after")
    def _one_role_per_column(self) -> "MappingConfig":
        """A column in two roles would leak the outcome or the identity into the covariates."""
        roles = Counter([*self.roles, *self.covariates, *self.ignored])
        twice = [column for column, count in roles.items() if count > 1]
        if twice:
            raise ValueError(f"{twice} used more than once among patient_id, time, event, covariates and ignored")
        taken = [name for name in self.covariates if name in OWN_COLUMNS]
        if taken:
            raise ValueError(f"covariates: {taken} would hide a column of the patients table; rename it in the source")
        return self

    @property
    def roles(self) -> list[str]:
        """The columns of the id, the time and the event."""
        return [column for column in (self.patient_id, self.time.column, self.event.column) if column is not None]


class CohortConfig(MappingConfig):
    """`config/cohorts/<name>.yaml`."""

    description: str = Field(description="one sentence: who the patients are")
    citation: str | None = Field(None, description="key in resources/references.bib")
    subject: str = Field(description="how a prompt introduces a patient of this cohort")
    endpoint: str = Field(description="what the event is")
    horizon_days: list[int] = Field(min_length=1, description="times at which probabilities are stated and calibration is checked, in days")

    @model_validator(mode="after")
    def _rising_horizons(self) -> "CohortConfig":
        days = self.horizon_days
        if days != sorted(set(days)) or days[0] <= 0:
            raise ValueError(f"horizon_days: expected rising numbers > 0, found {days}")
        return self


def _mapping(raw: Any, key: str) -> dict[Any, Any]:
    """``raw[key]`` where both are mappings, else nothing: pydantic then says what was expected."""
    value = raw.get(key) if isinstance(raw, dict) else None
    return value if isinstance(value, dict) else {}
