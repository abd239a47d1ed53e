"""A small cohort file and its table, with one thing changed at a time."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from workflow_scripts.lib.config.base import parse
from workflow_scripts.lib.config.cohort import PatientsConfig

MAPPING: dict[str, Any] = {
    "source": {"kind": "table", "path": "cohort.csv"},
    "patient_id": "id",
    "time": {"column": "months", "unit": "months"},
    "event": {"column": "status", "seen": [1], "censored": [0]},
    "covariates": {
        "age": {"kind": "numeric", "label": "age", "unit": "years"},
        "stage": {"kind": "categorical", "label": "stage", "levels": {"1": "early", "2": "late"}},
    },
    "missing": ["NA"],
}

COLUMNS: dict[str, list[Any]] = {
    "id": ["007", "12", "003", "9"],
    "months": ["12", "0.5", "24", "6"],
    "status": ["1", "0", "1", "0"],
    "age": ["61", "NA", "70.5", ""],
    "stage": ["1", "2", "NA", "2"],
}


def mapping(**changes: Any) -> PatientsConfig:
    """The mapping with some settings replaced."""
    return parse(PatientsConfig, {**MAPPING, **changes}, "cohort")


def table(**changes: list[Any]) -> pa.Table:
    """The raw table with some columns replaced or added."""
    return pa.table({**COLUMNS, **changes})


def write(folder: Path, suffix: str, raw: pa.Table) -> Path:
    """The table in a file of this suffix."""
    path = folder / f"cohort{suffix}"
    if suffix == ".parquet":
        pq.write_table(raw, path)
    else:
        raw.to_pandas().to_csv(path, index=False, sep="\t" if suffix == ".tsv" else ",")
    return path
