"""What ingest scripts are given beside raw data: a registry in which nothing is known but what a test says, and the lexicon that ships."""

from pathlib import Path
from typing import Any

import pandas as pd

from workflow_scripts.lib.contracts.base import MOMENT
from workflow_scripts.lib.contracts.registry import REGISTRY

LEXICON = Path(__file__).parents[1] / "resources" / "identifiers.yaml"


def registry_of(patient_ids: Any, **columns: Any) -> pd.DataFrame:
    """Rows of the registry contract; sources call the patients by the same ids unless ``columns`` say otherwise."""
    rows = pd.DataFrame({"patient_id": list(patient_ids)})
    for field in REGISTRY.fields[1:]:
        empty = pd.Series(pd.NaT if field.type == MOMENT else None, rows.index, dtype="datetime64[us]" if field.type == MOMENT else object)
        rows[field.name] = rows["patient_id"] if field.name == "source_id" else empty
    return rows.assign(**columns)
