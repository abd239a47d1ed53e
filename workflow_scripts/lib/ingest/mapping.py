"""From a raw table to one row per patient, with a reason for each patient left out."""

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


def unused_columns(table: pa.Table, cfg: MappingConfig) -> list[str]:
    """Columns of the source that are neither mapped nor ignored on purpose."""
    return [name for name in table.column_names if name not in {*cfg.roles, *cfg.covariates, *cfg.ignored}]


def map_patients(table: pa.Table, cfg: MappingConfig) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of the patients table and of the refusals table.

    Raises StageRefusal, naming all faults at once in counts and column names, when the cohort cannot be used;
    with ``strict``, one bad patient is such a fault.
    """
    _refuse(_absent_columns(table, cfg))
    text = {name: as_text(name, table[name], cfg.missing) for name in (*cfg.roles, *cfg.covariates)}
    ids, faults = _ids(text, table.num_rows, cfg)
    days, wrong_days = days_of(text[cfg.time.column], cfg.time)
    event, wrong_events = events_of(text[cfg.event.column], cfg.event)
    rows = pd.DataFrame({"patient_id": ids, "days": days, "event": event})
    faults += wrong_days + wrong_events
    sentences = []
    for name, column in cfg.covariates.items():
        rows[name], infinite, wrong = _covariate(name, text[name], column)
        faults += infinite
        sentences += wrong
    return _separated(rows, [fault for fault in faults if fault.count], sentences, cfg)


def _separated(rows: pd.DataFrame, faults: list[Fault], sentences: list[str], cfg: MappingConfig) -> tuple[pd.DataFrame, pd.DataFrame]:
    bad = np.any([fault.rows for fault in faults], axis=0) if faults else np.zeros(len(rows), dtype=bool)
    good = rows[~bad]
    if cfg.strict and faults:
        sentences = [*(_sentence(fault, len(rows)) for fault in faults), LENIENT, *sentences]
    _refuse(sentences + _cohort_faults(good, cfg, bool(sentences)))
    refusals = [pd.DataFrame({"patient_id": _names(rows)[fault.rows], "reason": fault.reason}) for fault in faults]
    empty = pd.DataFrame({"patient_id": [], "reason": []}, dtype=object)
    return good, pd.concat([empty, *refusals]).drop_duplicates()


def _sentence(fault: Fault, n: int) -> str:
    codes = f" ({fault.codes})" if fault.codes else ""
    return f"{fault.reason}{codes} in {fault.count} of {n} rows"
