"""What the audit looks at: a cohort with its registry, folds and modalities, all in the order of the cohort's patients."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.lib.contracts.base import read_table
from workflow_scripts.lib.contracts.ingest import Cohort, read_cohort
from workflow_scripts.lib.contracts.modalities import IMAGES, REPORTS, SLIDES, VISITS, Expression, read_expression
from workflow_scripts.lib.contracts.registry import read_registry
from workflow_scripts.lib.contracts.splits import PROPOSED_FOLDS
from workflow_scripts.lib.errors import ContractError
from workflow_scripts.lib.leakage.folds import Folds, folds_of
from workflow_scripts.lib.survival.outcome import Outcome

READERS = {
    "expression": read_expression,
    **{
        name: lambda path, contract=contract: read_table(path, contract)
        for name, contract in (("reports", REPORTS), ("images", IMAGES), ("slides", SLIDES), ("visits", VISITS))
    },
}


@dataclass(frozen=True)
class Evidence:
    """``registry`` is indexed as the cohort; ``modalities`` has those that the cohort has, by name; ``roles`` are the folds' own rows.

    ``pictures`` is the folder that the paths of the images table are in.
    """

    cohort: Cohort
    registry: pd.DataFrame
    roles: pd.DataFrame
    folds: Folds
    modalities: dict[str, pd.DataFrame | Expression]
    known_after: Sequence[str] = field(default=())
    grouped: bool = False
    endpoint: str = ""
    pictures: Path | None = None

    def __len__(self) -> int:
        return len(self.cohort)

    @property
    def outcome(self) -> Outcome:
        """Days and events of the patients."""
        return self.cohort.outcome

    def positions(self, modality: str) -> np.ndarray:
        """The position in the cohort of the patient of each row of a modality; raises ContractError for patients of no cohort."""
        rows = self.modalities[modality]
        ids = rows.patient_ids if isinstance(rows, Expression) else rows["patient_id"]
        found = self.cohort.rows.index.get_indexer(ids)
        if (found < 0).any():
            raise ContractError(
                f"{modality}: {(found < 0).sum()} of {len(found)} rows are of patients who are not in the cohort; build it again"
            )
        return found

    def having(self, modality: str) -> np.ndarray:
        """Which patients (n,) have something of a modality."""
        there = np.zeros(len(self), dtype=bool)
        there[self.positions(modality)] = True
        return there


def read_evidence(
    patients: str | Path,
    registry: str | Path,
    proposed_folds: str | Path,
    modalities: dict[str, str | Path | None],
    known_after: Sequence[str],
    grouped: bool,
    endpoint: str,
    pictures: str | Path | None = None,
) -> Evidence:
    """Read what is there, ``pictures`` being the manifest of the images; raises ContractError for a table that is not as promised."""
    cohort = read_cohort(patients)
    known = read_registry(registry).reset_index().set_index("patient_id").reindex(cohort.rows.index)
    roles = read_table(proposed_folds, PROPOSED_FOLDS)
    found = {name: READERS[name](path) for name, path in modalities.items() if path is not None}
    folder = Path(pictures).parent if pictures else None
    return Evidence(cohort, known, roles, folds_of(roles, cohort.rows.index), found, known_after, grouped, endpoint, folder)
