"""The flow of patients: how many entered, were refused and why, have each modality, and have which role in the first fold."""

from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.lib.contracts.base import read_table
from workflow_scripts.lib.contracts.ingest import REFUSALS, Cohort
from workflow_scripts.lib.contracts.leakage import FLOW
from workflow_scripts.lib.contracts.splits import ROLES
from workflow_scripts.lib.leakage.evidence import Evidence

Row = tuple[str, str, str, int, int | None]
FIRST = "first fold"
STANDARDISED, RADIOMICS = "standardised images", "radiomics"  # stages of the flow of images


def flow_of(evidence: Evidence, refusals: str | Path, modality_refusals: dict[str, str | Path | None]) -> pd.DataFrame:
    """Rows of the flow contract; a patient refused for several reasons is counted once, under all of them together."""
    refused = reasons_of(read_table(refusals, REFUSALS))
    rows = [("source", "entered", "", len(evidence) + len(refused), None), *_refused("patients", refused)]
    rows.append(_kept("patients", evidence.outcome.event, np.ones(len(evidence), dtype=bool)))
    for name in evidence.modalities:
        found = modality_refusals.get(name)
        reasons = reasons_of(read_table(found, REFUSALS)) if found else pd.Series(dtype=object)
        rows += _modality(name, evidence.cohort, evidence.having(name), reasons)
    return _table([*rows, *_roles(evidence)])


def flow_of_images(
    cohort: Cohort, standardised: Collection[str], refused: pd.DataFrame, not_computed: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Rows of the flow contract on what became of the cohort's images: who has a standardised one, and who has its radiomics.

    ``refused`` and ``not_computed`` are refusals of the one and of the other, for which those of the first are refusals too; left out
    where radiomics were not asked for.
    """
    ids = cohort.rows.index
    there = ids.isin(standardised)
    rows = [*_modality(STANDARDISED, cohort, there, reasons_of(refused))]
    if not_computed is not None:
        lost = pd.concat([refused, not_computed])
        rows += _modality(RADIOMICS, cohort, there & ~ids.isin(not_computed["patient_id"]), reasons_of(lost))
    return _table(rows)


def _table(rows: list[Row]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=FLOW.schema().names).astype({"events": "Int64"})


def reasons_of(refusals: pd.DataFrame) -> pd.Series:
    """By patient, every reason."""
    return refusals.sort_values(["patient_id", "reason"]).groupby("patient_id")["reason"].agg("; ".join)


def _refused(stage: str, reasons: pd.Series) -> Iterator[Row]:
    for reason, patients in reasons.value_counts().sort_index().items():
        yield (stage, "refused", str(reason), int(patients), None)


def _kept(stage: str, event: np.ndarray, who: np.ndarray, state: str = "kept") -> Row:
    return (stage, state, "", int(who.sum()), int(event[who].sum()))


def _modality(name: str, cohort: Cohort, there: np.ndarray, reasons: pd.Series) -> Iterator[Row]:
    """A patient of whom one file was refused and another kept has the modality; refusals may be of rows that are no patient's."""
    ids, event = cohort.rows.index, cohort.outcome.event
    reasons = reasons[~reasons.index.isin(ids[there])]
    yield _kept(name, event, there)
    yield from _refused(name, reasons)
    absent = ~there & ~ids.isin(reasons.index)
    if absent.any():
        yield _kept(name, event, absent, "absent")


def _roles(evidence: Evidence) -> Iterator[Row]:
    first = evidence.roles[evidence.roles["fold"] == evidence.roles["fold"].min()]
    ids, event = evidence.cohort.rows.index, evidence.outcome.event
    for role in ROLES:
        yield _kept(role, event, ids.isin(first.loc[first["role"] == role, "patient_id"]))
    left_out = ~ids.isin(first["patient_id"])
    if left_out.any():
        yield _kept(FIRST, event, left_out, "absent")
