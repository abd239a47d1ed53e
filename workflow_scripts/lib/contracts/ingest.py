"""Tables of the ingest stage: patients with their covariates, and refusals."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pandas as pd

from workflow_scripts.lib.contracts.base import FLAG, NUMBER, STRING, Contract, Field, read_arrow, read_table
from workflow_scripts.lib.survival.outcome import Outcome


@dataclass(frozen=True)
class Covariate:
    """What is known of a covariate: how it is measured and how a clinician would say it."""

    name: str
    kind: str  # numeric or categorical
    label: str
    unit: str = ""
    decimals: int = 0
    levels: dict[str, str] = field(default_factory=dict)

    def as_field(self) -> Field:
        """The Parquet column of this covariate; everything above travels in its metadata."""
        kind = NUMBER if self.kind == "numeric" else STRING
        return Field(self.name, kind, self.label, self.unit, True, (("covariate", json.dumps(asdict(self), sort_keys=True)),))


PATIENTS = Contract(
    "patients",
    (
        Field("patient_id", STRING, "one patient, one row"),
        Field("days", NUMBER, "time from the index date to the event or to censoring", "days"),
        Field("event", FLAG, "True where the event was seen"),
    ),
    key=("patient_id",),
    checks=(("days > 0", lambda rows: rows["days"] > 0),),
    open=True,
)

REFUSALS = Contract(
    "refusals",
    (
        Field("patient_id", STRING, "the patient left out, or the row number where no id could be read"),
        Field("reason", STRING, "why, in words that quote no value of the patient's"),
    ),
    key=("patient_id", "reason"),
)


@dataclass(frozen=True)
class Cohort:
    """A cohort in memory: ``rows`` indexed by patient_id, and what is known of each covariate."""

    rows: pd.DataFrame
    covariates: tuple[Covariate, ...]

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, patient_ids: pd.Series) -> "Cohort":
        """The patients named, in the order named."""
        return Cohort(self.rows.loc[list(patient_ids)], self.covariates)

    @property
    def outcome(self) -> Outcome:
        """Days and events, in row order."""
        return Outcome(self.rows["days"].to_numpy(), self.rows["event"].to_numpy(dtype=bool))

    @property
    def values(self) -> pd.DataFrame:
        """The covariates alone (n, number of covariates)."""
        return self.rows[[covariate.name for covariate in self.covariates]]


def read_cohort(path: str | Path) -> Cohort:
    """The patients table as a Cohort; covariates are described by the file's own metadata."""
    rows = read_table(path, PATIENTS).set_index("patient_id")
    notes = [column.metadata or {} for column in read_arrow(path).schema]
    covariates = tuple(Covariate(**json.loads(note[b"covariate"])) for note in notes if b"covariate" in note)
    return Cohort(rows, covariates)
