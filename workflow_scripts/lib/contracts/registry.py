"""What joins, splits and audits need to know of a patient, and no model may see: the registry."""

from pathlib import Path

import pandas as pd

from workflow_scripts.lib.contracts.base import MOMENT, STRING, Contract, Field, read_table

REGISTRY = Contract(
    "registry",
    (
        Field("patient_id", STRING, "the patient, as in every other table"),
        Field("source_id", STRING, "the patient's id in the sources; the same, unless the cohort asks for pseudonyms"),
        Field("site", STRING, "the hospital", nullable=True),
        Field("birth_date", MOMENT, "date of birth", nullable=True),
        Field("index_date", MOMENT, "what is known before it may be used", nullable=True),
        Field("end_date", MOMENT, "day of the event or of censoring", nullable=True),
        Field("event_date", MOMENT, "day of the event, where it was seen; never permuted", nullable=True),
        Field("competing_event", STRING, "the other event that censored the patient, where events exclude one another", nullable=True),
        Field("published_role", STRING, "value of the column that holds a published split", nullable=True),
    ),
    key=("patient_id",),
)


def read_registry(path: str | Path) -> pd.DataFrame:
    """The registry, indexed by ``source_id``, as sources name their patients."""
    return read_table(path, REGISTRY).set_index("source_id", verify_integrity=True)
