"""One line on a cohort, for its log: counts and column names, nothing of a patient."""

from collections.abc import Mapping, Sequence

import pyarrow as pa

from workflow_scripts.lib.config.cohort import PatientsConfig
from workflow_scripts.lib.ingest.patients.joining import listed
from workflow_scripts.lib.ingest.patients.mapping import Patients


def summary(tables: Mapping[str, pa.Table], cfg: PatientsConfig, patients: Patients, published: str | None = None) -> str:
    """What a reader of the log should know: counts, columns neither mapped nor ignored on purpose, and copied rows.

    Patients that equal another one in everything but their id may be one patient twice, whom folds would then put into
    training and into test.
    """
    rows, competing = patients.rows, int(patients.registry["competing_event"].notna().sum())
    unused = _unused(tables, cfg, published)
    copies = int(rows.drop(columns="patient_id").duplicated().sum())
    words = [f"{len(rows)} patients, {rows['event'].sum()} events, {patients.refusals['patient_id'].nunique()} refused"]
    words += [f"{competing} censored by another event"] if competing else []
    words += patients.notes
    words += [f"{len(unused)} columns not used: {listed(unused)}"] if unused else []
    words += [f"{copies} patients equal another one in all but their id: are they the same?"] if copies else []
    return "; ".join(words)


def _unused(tables: Mapping[str, pa.Table], cfg: PatientsConfig, published: str | None) -> Sequence[str]:
    keys = [joined.patient.column for joined in cfg.tables.values()]
    choices = [choice.by for choice in (cfg.several, *(joined.several for joined in cfg.tables.values())) if choice]
    known = {*cfg.roles, *cfg.covariates, *cfg.ignored, *cfg.identifiers.columns, *keys, *choices, published}
    return [name for name in dict.fromkeys(name for table in tables.values() for name in table.column_names) if name not in known]
