"""Tables that jobs read by name, each by its own reader; a table may be of several files."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from workflow_scripts.lib.contracts.base import read_table
from workflow_scripts.lib.contracts.cases import CASES
from workflow_scripts.lib.contracts.files import check_bundle
from workflow_scripts.lib.contracts.modalities import REPORTS, read_expression
from workflow_scripts.lib.contracts.prompts import PROMPTS
from workflow_scripts.lib.contracts.radiomics import STANDARDISED, read_patch_features
from workflow_scripts.lib.contracts.reports import CLEANED_REPORTS, REFINED_REPORTS

Paths = str | Path | Sequence[str | Path]


def read_tables(tables: Mapping[str, Paths]) -> dict[str, pd.DataFrame]:
    """Further tables, by name, each by its own reader."""
    return {name: READERS[name](*listed(paths)) for name, paths in tables.items()}


def listed(paths: Paths) -> list[str | Path]:
    """The files of a table."""
    return [paths] if isinstance(paths, str | Path) else list(paths)


def _read_images(standardised: str | Path, manifest: str | Path) -> pd.DataFrame:
    """Standardised images: patient_id, path of the PNG, and side and patch in pixels."""
    folder, rows = check_bundle(manifest), read_table(standardised, STANDARDISED)
    return rows[["patient_id", "side", "patch"]].assign(path=[str(folder / path) for path in rows["path"]])


def _read_features(*shards: str | Path) -> pd.DataFrame:
    """Radiomic features of patches: patient_id, values (p, f) float32 and the features' names."""
    found = read_patch_features(shards)
    rows = pd.DataFrame({"patient_id": found.patient_ids, "values": found.values})
    return rows.assign(names=[found.names] * len(rows))


def _read_expression(path: str | Path) -> pd.DataFrame:
    """Gene expression: patient_id, values (g,) float32, NaN where not measured, and the genes' names."""
    found = read_expression(path)
    rows = pd.DataFrame({"patient_id": found.patient_ids, "values": list(found.values)})  # views: the matrix is there once
    return rows.assign(genes=[found.genes] * len(rows))


READERS: dict[str, Callable[..., pd.DataFrame]] = {
    "prompts": lambda path: read_table(path, PROMPTS),
    "images": _read_images,
    "patch_features": _read_features,
    "cases": lambda path: read_table(path, CASES),
    "refined_reports": lambda path: read_table(path, REFINED_REPORTS),
    "cleaned_reports": lambda path: read_table(path, CLEANED_REPORTS)[["patient_id", "text"]],
    "reports": lambda path: read_table(path, REPORTS)[["patient_id", "text"]],
    "expression": _read_expression,
}
