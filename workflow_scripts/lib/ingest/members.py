"""Whose a row or a file is: ids in a modality's source, found in the registry, and those that are nobody's; and what ``strict`` asks."""

import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd

from workflow_scripts.lib.config.sources import PatientKey
from workflow_scripts.lib.contracts.registry import read_registry
from workflow_scripts.lib.errors import StageRefusal

STRANGER = "not among the cohort's patients"


def ids_in(text: str, key: PatientKey) -> tuple[str, ...]:
    """Every id that ``key`` finds in a file's name or a cell, each once."""
    return tuple(dict.fromkeys(match[1] for match in re.finditer(key.pattern, text) if match[1]))


@dataclass
class Members:
    """The cohort's patients by their ids in the sources; ``strangers`` are ids that are nobody's, each with what may be told of it."""

    patients: pd.Series
    strangers: dict[str, str] = field(default_factory=dict)

    @cached_property
    def renamed(self) -> bool:
        """True under pseudonyms: no id of the sources may then be told."""
        return bool((self.patients.index != self.patients.to_numpy()).any())

    def find(self, source_id: str, place: str) -> str | None:
        """The patient of ``source_id``, or None; a stranger is remembered, under ``place`` where ids may not be told."""
        found = self.patients.get(source_id)
        if found is None:
            self.strangers[source_id] = place if self.renamed else source_id
        return found

    def owners(self, text: str, key: PatientKey, place: str) -> list[str]:
        """The patients whose ids ``key`` finds in a file's name or a cell; one of them, where nothing is wrong."""
        return [patient for one in ids_in(text, key) if (patient := self.find(one, place)) is not None]

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
