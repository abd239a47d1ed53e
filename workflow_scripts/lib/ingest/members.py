"""Whose a row or a file is: ids in a modality's source, found in the registry, and those that are nobody's; and what ``strict`` asks."""

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from workflow_scripts.lib.contracts.registry import read_registry
from workflow_scripts.lib.errors import StageRefusal

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


def refuse_if_strict(refused: pd.DataFrame, strict: bool) -> None:
    """Raise StageRefusal, by reason and in counts, where ``strict`` says that one patient ``refused`` for a fault stops the cohort.

    Ids that are not the cohort's are no fault: a hospital's folder holds other patients too.
    """
    faults = refused[refused["reason"] != STRANGER]
    if strict and len(faults):
        reasons = "\n".join(f"- {reason}: {count} patients" for reason, count in faults.groupby("reason")["patient_id"].nunique().items())
        raise StageRefusal(
            f"strict: not one patient may be refused:\n{reasons}\ncorrect the source, or set strict: false to leave them out"
        )
