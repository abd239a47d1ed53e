"""The flow of patients: how many entered, were refused and why, have each modality, and have which role in the first fold."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.lib.contracts.base import read_table
from workflow_scripts.lib.contracts.ingest import REFUSALS
from workflow_scripts.lib.contracts.leakage import FLOW
from workflow_scripts.lib.contracts.splits import ROLES
from workflow_scripts.lib.leakage.evidence import Evidence

Row = tuple[str, str, str, int, int | None]
FIRST = "first fold"


def flow_of(evidence: Evidence, refusals: str | Path, modality_refusals: dict[str, str | Path | None]) -> pd.DataFrame:
    """Rows of the flow contract; a patient refused for several reasons is counted once, under all of them together."""
    refused = reasons_of(read_table(refusals, REFUSALS))
    rows = [("source", "entered", "", len(evidence) + len(refused), None), *_refused("patients", refused)]
    rows.append(_kept("patients", evidence.outcome.event, np.ones(len(evidence), dtype=bool)))
    for name in evidence.modalities:
        found = modality_refusals.get(name)
        rows += _modality(evidence, name, reasons_of(read_table(found, REFUSALS)) if found else pd.Series(dtype=object))
    return pd.DataFrame([*rows, *_roles(evidence)], columns=FLOW.schema().names).astype({"events": "Int64"})


def reasons_of(refusals: pd.DataFrame) -> pd.Series:
    """By patient, every reason."""
    return refusals.sort_values(["patient_id", "reason"]).groupby("patient_id")["reason"].agg("; ".join)


def _refused(stage: str, reasons: pd.Series) -> Iterator[Row]:
    for reason, patients in reasons.value_counts().sort_index().items():
        yield (stage, "refused", str(reason), int(patients), None)


def _kept(stage: str, event: np.ndarray, who: np.ndarray, state: str = "kept") -> Row:
    return (stage, state, "", int(who.sum()), int(event[who].sum()))


def _modality(evidence: Evidence, name: str, reasons: pd.Series) -> Iterator[Row]:
    """A patient of whom one file was refused and another kept has the modality; refusals may be of rows that are no patient's."""
    ids, event, there = evidence.cohort.rows.index, evidence.outcome.event, evidence.having(name)
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
