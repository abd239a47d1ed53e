"""One cohort: where its sources are, how their columns map, and what a clinician calls them."""

from collections import Counter
from typing import Literal

from pydantic import Field, model_validator

from workflow_scripts.lib.config.base import Section
from workflow_scripts.lib.config.columns import CovariateColumn, DatesConfig, EventColumn, TimeColumn
from workflow_scripts.lib.config.modalities.expression import ExpressionConfig
from workflow_scripts.lib.config.modalities.reports import ReportsConfig
from workflow_scripts.lib.config.modalities.slides import SlidesConfig
from workflow_scripts.lib.config.modalities.standardise import CohortImages
from workflow_scripts.lib.config.modalities.visits import VisitsConfig
from workflow_scripts.lib.config.sources import AnySource, AnyTable, Choice, FolderSource, MainSource, PatientKey, TableSource

OWN_COLUMNS = ("patient_id", "days", "event")  # of the patients table, beside its covariates


class JoinedTable(Section):
    """A further table of the same patients; its columns are named as if they were in the main one."""

    source: AnyTable
    patient: PatientKey
    several: Choice | None = Field(None, description="which row stands for a patient who has several; left out: several are refused")

    @model_validator(mode="after")
    def _rows_name_patients(self) -> "JoinedTable":
        if self.patient.column is None:
            raise ValueError("patient: expected column, for the rows of a table name their patients in one")
        return self


class PublishedSplit(Section):
    """Folds that were published: one CSV per fold with a column of ids per role, or a column of the main table."""

    source: FolderSource | TableSource | None = Field(None, description="the files, in the order of their names")
    column: str | None = Field(None, description="instead: a column of the main table, for a single fold")
    train: str = Field("train", description="column, or value, of the training patients")
    valid: str | None = Field(None, description="column, or value, of the validation patients; left out: drawn from those that train")
    test: str = Field("test", description="column, or value, of the test patients")

    @model_validator(mode="after")
    def _one(self) -> "PublishedSplit":
        if (self.source is None) == (self.column is None):
            raise ValueError("expected either source or column")
        return self


class IdentifiersConfig(Section):
    """What names a patient: it reaches no artifact behind the ingest stage, no log and no report.

    Columns recognised as identifiers by name or by value are treated as declared ones, and said in the log.
    """

    columns: list[str] = Field(
        [], description="columns of any table of the cohort that identify patients; their values are cut out of reports"
    )
    pseudonyms: bool = Field(False, description="true: patients are renumbered, and only the ingest stage keeps which is which")
    dates: bool = Field(True, description="true: exact dates in reports become [DATE]")


class LeakageConfig(Section):
    """What the leakage audit is told of this cohort."""

    accepted: dict[str, str] = Field({}, description="findings that do not stop the run, as check or check:subject, each with the reason")

    @model_validator(mode="after")
    def _with_reasons(self) -> "LeakageConfig":
        blank = [key for key, reason in self.accepted.items() if not reason.strip()]
        if blank:
            raise ValueError(f"accepted: {blank} without a reason: say why it does no harm; the report shows it")
        return self


class PatientsConfig(Section):
    """What building the patients table needs to know: which column is what, and what to do with bad patients."""

    source: MainSource
    tables: dict[str, JoinedTable] = Field({}, description="further tables of the same patients, by name")
    patient_id: str | PatientKey | None = Field(
        None, description="column with the patient's id, or column and pattern; row numbers when absent"
    )
    several: Choice | None = Field(None, description="which row stands for a patient who has several; left out: several are refused")
    time: TimeColumn | None = Field(None, description="the follow-up time")
    event: EventColumn | None = Field(None, description="the event indicator")
    dates: DatesConfig | None = Field(None, description="calendar dates")
    site: str | None = Field(None, description="column with the hospital, for splits.grouped_by_site; no model sees it")
    covariates: dict[str, CovariateColumn] = Field(min_length=1, description="the covariates, by column")
    missing: list[str] = Field([], description="texts that mean a value is missing, besides empty cells")
    ignored: dict[str, str] = Field({}, description="columns left out on purpose, each with the reason")
    identifiers: IdentifiersConfig = IdentifiersConfig()
    strict: bool = Field(False, description="false: bad patients go to refusals, by reason; true: one stops the cohort")
    most_refused: float = Field(0.2, ge=0, le=1, description="the cohort is refused when more than this fraction of its patients is")

    @model_validator(mode="after")
    def _one_outcome(self) -> "PatientsConfig":
        dated = self.dates is not None and self.dates.event is not None
        columns = [self.time is not None, self.event is not None]
        if any(columns) == dated or any(columns) != all(columns):
            raise ValueError("the outcome is given either by time and event, or by dates with event and end")
        return self

    @model_validator(mode="after")
    def _patients_have_names(self) -> "PatientsConfig":
        if self.key is not None and self.key.column is None:
            raise ValueError("patient_id: expected column, beside pattern")
        needing = [name for name in ("tables", "several") if getattr(self, name)]
        if needing and self.key is None:
            raise ValueError(f"{' and '.join(needing)}: need patient_id, for row numbers tell neither whose row it is nor who has several")
        return self

    @model_validator(mode="after")
    def _main_table_stays_the_only_one(self) -> "PatientsConfig":
        odd = [name for name in self.tables if name == "patients" or not name.isidentifier()]
        if odd:
            raise ValueError(f"tables: expected names of letters, digits and _, other than patients, which is the main table; found {odd}")
        return self

    @model_validator(mode="after")
    def _one_role_per_column(self) -> "PatientsConfig":
        """A column in two roles would leak the outcome or the identity into the covariates."""
        roles = Counter([*self.roles, *self.covariates, *self.ignored])
        twice = [column for column, count in roles.items() if count > 1]
        if twice:
            raise ValueError(f"{twice} used more than once among patient_id, time, event, dates, covariates and ignored")
        named = [column for column in self.identifiers.columns if column in self.covariates]
        if named:
            raise ValueError(f"identifiers: {named} are covariates too: a model would learn who is who; take them out of one")
        taken = [name for name in self.covariates if name in OWN_COLUMNS]
        if taken:
            raise ValueError(f"covariates: {taken} would hide a column of the patients table; rename it in the source")
        return self

    @property
    def key(self) -> PatientKey | None:
        """How a row names its patient; None for row numbers."""
        return PatientKey(column=self.patient_id) if isinstance(self.patient_id, str) else self.patient_id

    @property
    def roles(self) -> list[str]:
        """The columns of the id, the outcome, the dates and the site."""
        columns = [self.key and self.key.column, self.time and self.time.column, self.event and self.event.column, self.site]
        return [column for column in (*columns, *dict.fromkeys(self.dates.columns if self.dates else ())) if column]


class CohortConfig(PatientsConfig):
    """`config/cohorts/<name>.yaml`."""

    description: str = Field(description="one sentence: who the patients are")
    citation: str | None = Field(None, description="key in resources/references.bib")
    subject: str = Field(description="how a prompt introduces a patient of this cohort")
    endpoint: str = Field(description="what the event is")
    cancer: str | None = Field(None, description="the cancer, as resources/knowledge names it; for background knowledge")
    horizon_days: list[int] = Field(min_length=1, description="times at which probabilities are stated and calibration is checked, in days")
    split: PublishedSplit | None = Field(None, description="a published split instead of drawn folds")
    expression: ExpressionConfig | None = None
    reports: ReportsConfig | None = None
    images: CohortImages | None = None
    slides: SlidesConfig | None = None
    visits: VisitsConfig | None = None
    leakage: LeakageConfig = LeakageConfig()
    control: Literal["none", "permuted_labels"] = Field(
        "none", description="permuted_labels: outcomes are dealt out anew among the patients, a negative control whose C must be about .5"
    )

    @model_validator(mode="after")
    def _rising_horizons(self) -> "CohortConfig":
        days = self.horizon_days
        if days != sorted(set(days)) or days[0] <= 0:
            raise ValueError(f"horizon_days: expected rising numbers > 0, found {days}")
        return self

    @model_validator(mode="after")
    def _modalities_can_be_joined(self) -> "CohortConfig":
        if self.modalities and self.patient_id is None:
            raise ValueError(f"{', '.join(self.modalities)}: joined on the patient, so patient_id must be given")
        if self.visits and self.dates is None:
            raise ValueError("visits: only those before the index date may be used, so dates.index must be given")
        worlds = [name for name, source in self.sources.items() if source.kind == "part"]
        if worlds and self.source.kind != "simulated":
            raise ValueError(f"{', '.join(worlds)}: a part is of the simulated world, and source.kind is {self.source.kind}")
        return self

    @property
    def modalities(self) -> list[str]:
        """The modalities that this cohort has beside covariates, in the order of the ingest stage."""
        return [name for name in ("expression", "reports", "images", "slides", "visits") if getattr(self, name) is not None]

    @property
    def sources(self) -> dict[str, MainSource | AnySource]:
        """Every source, by the name that its raw copy has in results: patients, tables.NAME, reports, images.masks, visits.NAME, ..."""
        found = {"patients": self.source, **{f"tables.{name}": table.source for name, table in self.tables.items()}}
        found |= {name: getattr(self, name).source for name in self.modalities if name != "visits"}
        if self.images:
            found |= {"images.listing": self.images.listing, "images.masks": self.images.masks and self.images.masks.source}
        for name, table in self.visits.tables.items() if self.visits else ():
            found |= {f"visits.{name}": table.source, f"visits.{name}.lookup": table.lookup and table.lookup.source}
        found["split"] = self.split and self.split.source
        return {name: source for name, source in found.items() if source}
