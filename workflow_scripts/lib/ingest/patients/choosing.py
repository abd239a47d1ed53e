"""Which row stands for a patient who has several: the declared one, and nobody's by accident."""

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from workflow_scripts.lib.config.sources import Choice, PatientKey
from workflow_scripts.lib.ingest.raw.values import Fault, numbers

START_STOP = (("tstart", "tstop"), ("start", "stop"), ("starttime", "stoptime"), ("start", "end"), ("tstart", "tend"), ("entry", "exit"))


def patient_ids(text: pa.Array, key: PatientKey) -> pd.Series:
    """The id (n,) in each text, which is the first group of ``key.pattern``; None where it does not match or there is none."""
    ids = text.to_pandas().astype(object)
    if key.pattern != PatientKey.model_fields["pattern"].default:
        ids = ids.str.extract(key.pattern, expand=False)
    return ids.where(ids.notna() & (ids != ""), None)


def start_stop(names: list[str]) -> tuple[str, str] | None:
    """The two columns that make a table one of intervals, where it is one."""
    plain = {re.sub(r"[^a-z]", "", name.lower()): name for name in names}
    return next(((plain[start], plain[stop]) for start, stop in START_STOP if start in plain and stop in plain), None)


def choose_rows(ids: pd.Series, choice: Choice, used: Mapping[str, pa.Array], by: pa.Array | None) -> tuple[np.ndarray, list[Fault]]:
    """One row per patient: positions (m,) among the n rows in their order, and which of these m patients cannot be decided.

    ``ids`` (n,) None where unknown: such rows stay, each on its own. Of ``used`` columns (n,), all rows must agree where
    ``choice`` says so; else the first or the last in the order of ``by`` (n,), which no two may share.
    """
    several = (ids.notna() & ids.duplicated(keep=False)).to_numpy()
    rows = np.flatnonzero(several)
    codes = pd.factorize(ids.iloc[rows])[0]  # (rows,) 0.. per patient
    if choice.take == "agreeing":
        first, faults = _agreeing(codes, {name: text.take(rows) for name, text in used.items()})
    else:
        first, faults = _ordered(codes, by.take(rows), choice)
    positions = np.concatenate([np.flatnonzero(~several), rows[first]])
    order = np.argsort(positions, kind="stable")
    alone = np.zeros(len(positions) - len(first), dtype=bool)
    return positions[order], [Fault(fault.reason, np.concatenate([alone, fault.rows])[order]) for fault in faults]


def _agreeing(codes: np.ndarray, used: Mapping[str, pa.Array]) -> tuple[np.ndarray, list[Fault]]:
    """The first row of each patient, by code, and for each column the patients whose rows disagree in it."""
    first = np.unique(codes, return_index=True)[1]
    faults = []
    for name, text in used.items():
        values = pc.fill_null(pc.dictionary_encode(text).indices, -1).to_numpy(zero_copy_only=False)
        differs = np.bincount(codes, values != values[first][codes], len(first)) > 0
        faults.append(Fault(f"several rows: they disagree in '{name}'", differs))
    return first, faults


def _ordered(codes: np.ndarray, by: pa.Array, choice: Choice) -> tuple[np.ndarray, list[Fault]]:
    """The first or last row of each patient, by code, and the patients for whom it is not one row."""
    values, odd = numbers(by)
    missing = pc.is_null(by).to_numpy(zero_copy_only=False)
    rank = pd.Series(by.to_pandas() if odd.any() else values).rank(method="dense").fillna(0).to_numpy()
    rank = -rank if choice.take == "last" else rank
    order = np.lexsort([rank, codes])
    first = order[np.unique(codes[order], return_index=True)[1]]
    tied = np.bincount(codes, rank == rank[first][codes], len(first)) > 1
    faults = [
        Fault(f"several rows: no '{choice.by}' in one of them", np.bincount(codes, missing, len(first)) > 0),
        Fault(f"several rows: the {choice.take} '{choice.by}' is not that of one row", tied),
    ]
    return first, faults
