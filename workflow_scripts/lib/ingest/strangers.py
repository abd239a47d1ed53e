"""Whose a row or a file is: ids in a modality's source, found in the registry, and those that are nobody's."""

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from workflow_scripts.lib.contracts.registry import read_registry

STRANGER = "not among the cohort's patients"


@dataclass
class Members:
    """The cohort's patients by their ids in the sources; ``strangers`` are ids that are nobody's, each with what may be told of it."""

    patients: pd.Series
    strangers: dict[str, str] = field(default_factory=dict)

    @property
    def renamed(self) -> bool:
        """True under pseudonyms: no id of the sources may then be told."""
        return bool((self.patients.index != self.patients.to_numpy()).any())

    def find(self, source_id: str, place: str) -> str | None:
        """The patient of ``source_id``, or None; a stranger is remembered, under ``place`` where ids may not be told."""
        found = self.patients.get(source_id)
        if found is None:
            self.strangers[source_id] = place if self.renamed else source_id
        return found

    def refusals(self) -> pd.DataFrame:
        """One row of the refusals contract per stranger."""
        return pd.DataFrame({"patient_id": sorted(set(self.strangers.values())), "reason": STRANGER}, dtype=object)


def read_members(registry: str | Path) -> Members:
    """The cohort's patients."""
    return Members(read_registry(registry)["patient_id"])
