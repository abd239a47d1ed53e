"""What the columns of a patients table mean: time, event, dates, covariates."""

import re
from typing import Any, Literal

from pydantic import Field, model_validator

from workflow_scripts.lib.config.base import Section
from workflow_scripts.lib.config.sources import text_keys

Code = bool | int | float | str
DAYS_PER = {"days": 1.0, "weeks": 7.0, "months": 365.25 / 12, "years": 365.25}


def canonical(code: Code) -> str:
    """The one spelling of an event code: 1, 1.0, "1", "1.0", True and "true" are the same; other texts stand for themselves."""
    text = str(code).strip()
    flag = {"true": "1", "false": "0"}.get(text.lower(), text)
    return repr(float(flag)) if re.fullmatch(r"[+-]?\d+(\.\d*)?", flag) else flag


class TimeColumn(Section):
    """The follow-up time."""

    column: str | None = Field(None, description="column with the time from index date to event or censoring")
    unit: Literal["days", "weeks", "months", "years"] | None = Field(None, description="its unit; a month is 365.25 / 12 days")
    days_per_unit: float | None = Field(None, description="where the source counts otherwise: 30 for months that were made of 30 days")

    fixed_days: float | None = Field(
        None,
        gt=0,
        description="instead of a column, where only the outcome is known: everybody was followed for so long",
    )

    @model_validator(mode="after")
    def _column_or_fixed(self) -> "TimeColumn":
        if (self.column is None) == (self.fixed_days is None):
            raise ValueError("expected either column, with its unit, or fixed_days")
        if (self.column is None) != (self.unit is None):
            raise ValueError("column and unit belong together: days, weeks, months or years")
        return self

    @model_validator(mode="after")
    def _is_about_the_unit(self) -> "TimeColumn":
        if self.unit is None:
            return self
        usual = DAYS_PER[self.unit]
        if not 0.9 * usual <= self.days <= 1.1 * usual:
            raise ValueError(f"days_per_unit: {self.unit} have about {usual:g} days, found {self.days_per_unit:g}")
        return self

    @property
    def days(self) -> float:
        """Days in one unit."""
        return DAYS_PER[self.unit or "days"] if self.days_per_unit is None else self.days_per_unit


class EventColumn(Section):
    """The event indicator. Every value must be listed as seen, as a cause or as censored; none is guessed.

    Where events exclude one another, `causes` names each and `event_of_interest` says which is analysed; the others censor
    (cause-specific hazards).
    """

    column: str = Field(description="column with the event indicator")
    seen: list[Code] = Field([], description='values that mean the event was seen; quote texts such as "yes"')
    censored: list[Code] = Field(min_length=1, description="values that mean the patient was censored")
    causes: dict[str, str] = Field({}, description="instead of seen, for competing events: the event that each value means")
    event_of_interest: str | None = Field(None, description="with causes: the event that is analysed")

    @model_validator(mode="before")
    @classmethod
    def _text_keys(cls, raw: Any) -> Any:
        text_keys(raw.get("causes") if isinstance(raw, dict) else None, "causes")
        return raw

    @model_validator(mode="after")
    def _seen_or_causes(self) -> "EventColumn":
        if bool(self.seen) == bool(self.causes):
            raise ValueError("expected either seen or causes: the values that mean an event")
        if self.causes and self.event_of_interest not in self.causes.values():
            events = sorted(set(self.causes.values()))
            raise ValueError(f"competing events need event_of_interest: one of {events}; found {self.event_of_interest!r}")
        if self.seen and self.event_of_interest is not None:
            raise ValueError("event_of_interest belongs to causes: with seen there is only one event")
        return self

    @model_validator(mode="after")
    def _no_overlap(self) -> "EventColumn":
        censored = {canonical(code) for code in self.censored}
        both = [code for code in (*self.seen, *self.causes) if canonical(code) in censored]
        if both:
            raise ValueError(f"{both} listed as an event and as censored")
        return self

    def kind_of(self) -> dict[str, str | None]:
        """By canonical code: the event's name ("event" where there is only one), or None for a censoring."""
        events = {canonical(code): words for code, words in self.causes.items()} or {canonical(code): "event" for code in self.seen}
        return {**events, **{canonical(code): None for code in self.censored}}


class Moment(Section):
    """A date: of each patient, or one for all."""

    column: str | None = Field(None, description="column with the date")
    date: str | None = Field(None, pattern=r"^\d{4}-\d{2}-\d{2}$", description="one date for all patients, as 2015-01-31")

    @model_validator(mode="after")
    def _one(self) -> "Moment":
        if (self.column is None) == (self.date is None):
            raise ValueError("expected either column or date")
        return self


class DatesConfig(Section):
    """Calendar dates. They place visits before or after the index date, and may stand in for time and event. They go no further."""

    index: Moment = Field(description="the index date: what is known before it may be used, what comes after is predicted")
    birth: str | None = Field(None, description="column with the date of birth; visits before it are refused")
    event: str | None = Field(None, description="column with the date of the event, empty where it was not seen; instead of time and event")
    end: Moment | None = Field(None, description="with event: the end of follow-up of those without event")
    format: str | None = Field(None, description="as in strptime; left out: ISO 8601")

    @model_validator(mode="after")
    def _outcome_is_whole(self) -> "DatesConfig":
        if (self.event is None) != (self.end is None):
            raise ValueError("event and end belong together: the date of the event, and the end of follow-up of the others")
        return self

    @property
    def columns(self) -> list[str]:
        """The columns read."""
        moments = [moment.column for moment in (self.index, self.end) if moment is not None]
        return [column for column in (*moments, self.birth, self.event) if column is not None]


class CovariateColumn(Section):
    """One covariate, named by its column."""

    kind: Literal["numeric", "categorical"] = Field(description="how it is measured")
    label: str = Field(description="what a clinician calls it")
    unit: str = Field("", description="its unit, as a clinician writes it")
    decimals: int = Field(0, ge=0, le=6, description="decimals that are meaningful, used in prompts")
    levels: dict[str, str] = Field({}, description="for categorical covariates: words for each code")
    known_after_index: bool = Field(
        False, description="true: its value is known only after the index date; the leakage audit stops the run"
    )

    @model_validator(mode="before")
    @classmethod
    def _text_keys(cls, raw: Any) -> Any:
        text_keys(raw.get("levels") if isinstance(raw, dict) else None, "levels")
        return raw

    @model_validator(mode="after")
    def _levels_are_for_categories(self) -> "CovariateColumn":
        if self.kind == "numeric" and self.levels:
            raise ValueError("a numeric covariate takes no levels")
        return self
