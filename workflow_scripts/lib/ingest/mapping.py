"""From a raw table to one row per patient, with a reason for each patient left out."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from workflow_scripts.lib.config.cohort import CovariateColumn, MappingConfig
from workflow_scripts.lib.contracts.ingest import Covariate
from workflow_scripts.lib.errors import StageRefusal, did_you_mean
from workflow_scripts.lib.ingest.values import Fault, as_text, days_of, events_of, numbers, shown

LENIENT = "correct the source or its mapping, or set strict: false to leave these patients out, each recorded in refusals"


def covariates_of(cfg: MappingConfig) -> list[Covariate]:
    """What the cohort's file says of each covariate."""
    return [Covariate(name, **column.model_dump()) for name, column in cfg.covariates.items()]


def summary(table: pa.Table, cfg: MappingConfig, rows: pd.DataFrame, refusals: pd.DataFrame) -> str:
    """What a reader of the log should know: counts, columns neither mapped nor ignored on purpose, and copied rows.

    Patients that equal another one in everything but their id may be one patient twice, whom folds would then put into
    training and into test.
    """
    unused = [name for name in table.column_names if name not in {*cfg.roles, *cfg.covariates, *cfg.ignored}]
    copies = int(rows.drop(columns="patient_id").duplicated().sum())
    words = [f"{len(rows)} patients, {rows['event'].sum()} events, {refusals['patient_id'].nunique()} refused"]
    words += [f"{len(unused)} columns not used: {', '.join(unused)}"] if unused else []
    words += [f"{copies} patients equal another one in all but their id: are they the same?"] if copies else []
    return "; ".join(words)


def map_patients(table: pa.Table, cfg: MappingConfig) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of the patients table and of the refusals table.

    Raises StageRefusal, naming all faults at once in counts and column names, when the cohort cannot be used;
    with ``strict``, one bad patient is such a fault.
    """
    _refuse(_absent_columns(table, cfg))
    text = {name: as_text(name, table[name], cfg.missing) for name in (*cfg.roles, *cfg.covariates)}
    ids, faults = _ids(text.get(cfg.patient_id), table.num_rows)
    days, wrong_days = days_of(text[cfg.time.column], cfg.time)
    event, wrong_events = events_of(text[cfg.event.column], cfg.event)
    covariates = {name: _covariate(name, text[name], column) for name, column in cfg.covariates.items()}
    rows = pd.DataFrame({"patient_id": ids, "days": days, "event": event} | {name: read.values for name, read in covariates.items()})
    faults += [*wrong_days, *wrong_events, *(fault for read in covariates.values() for fault in read.faults)]
    unreadable = {name: read.unreadable for name, read in covariates.items() if read.unreadable}
    return _separated(rows, [fault for fault in faults if fault.count], unreadable, cfg)


def _absent_columns(table: pa.Table, cfg: MappingConfig) -> list[str]:
    there = table.column_names
    absent = [f"there is no column '{name}'; {did_you_mean(name, there)}" for name in (*cfg.roles, *cfg.covariates) if name not in there]
    return [*absent, f"the columns are: {', '.join(there)}; correct the cohort's file"] if absent else []


def _ids(text: pa.Array | None, n: int) -> tuple[pd.Series, list[Fault]]:
    """Patient ids as text, or row numbers from 0001; where the id is missing, the row is named instead."""
    numbered = pd.Series(np.arange(1, n + 1)).astype(str)
    if text is None:
        return numbered.str.zfill(max(4, len(str(n)))), []
    ids = text.to_pandas()
    twice = ids.notna() & ids.duplicated(keep=False)
    faults = [Fault("patient id: missing", ids.isna().to_numpy()), Fault("patient id: not the only row with it", twice.to_numpy())]
    return ids.where(ids.notna(), "row " + numbered), faults


@dataclass(frozen=True)
class _Read:
    """One covariate: ``values`` (n,), rows at fault, and a sentence on what makes the whole column unreadable, or none."""

    values: np.ndarray
    faults: list[Fault]
    unreadable: str


def _covariate(name: str, text: pa.Array, column: CovariateColumn) -> _Read:
    if column.kind == "categorical":
        codes = [code for code in pc.unique(text).to_pylist() if code is not None and column.levels]
        unlisted = [code for code in codes if code not in column.levels]
        remedy = "give each code its words under levels, or list it under missing"
        return _Read(text.to_pandas().to_numpy(), [], f"covariate '{name}': no words for {shown(unlisted)}; {remedy}" if unlisted else "")
    values, odd = numbers(text)
    remedy = "list texts that mean missing under missing, or declare it categorical"
    sentence = f"covariate '{name}': {odd.sum()} of {len(odd)} values are not numbers; {remedy}" if odd.any() else ""
    return _Read(values, [Fault(f"covariate '{name}': infinite", np.isinf(values))], sentence)


def _separated(
    rows: pd.DataFrame, faults: list[Fault], unreadable: dict[str, str], cfg: MappingConfig
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows without fault, and the patient and reason of every fault."""
    bad = np.any([fault.rows for fault in faults], axis=0) if faults else np.zeros(len(rows), dtype=bool)
    row_faults = [*map(str, faults), LENIENT] if faults and (cfg.strict or bad.all()) else []
    readable = [name for name in cfg.covariates if name not in unreadable]
    _refuse([*row_faults, *unreadable.values(), *_cohort_faults(rows[~bad], readable, cfg)])
    refusals = [pd.DataFrame({"patient_id": rows["patient_id"][fault.rows], "reason": fault.reason}) for fault in faults]
    nobody = pd.DataFrame({"patient_id": [], "reason": []}, dtype=object)
    return rows[~bad], pd.concat([nobody, *refusals]).drop_duplicates()


def _cohort_faults(rows: pd.DataFrame, readable: list[str], cfg: MappingConfig) -> list[str]:
    """What no single patient is to blame for, among the patients without fault."""
    if rows.empty:
        return []
    faults = []
    if not rows["event"].any():
        faults.append(f"event '{cfg.event.column}': not one event among {len(rows)} patients; check event.seen and event.censored")
    for name in readable:
        distinct = rows[name].nunique()
        if distinct < 2:
            found = "only one value" if distinct else "no value"
            faults.append(f"covariate '{name}': {found} among {len(rows)} patients, expected at least two; move it to ignored")
    return faults


def _refuse(faults: list[str]) -> None:
    if faults:
        raise StageRefusal("the cohort cannot be used:\n" + "\n".join(f"- {fault}" for fault in faults))
