"""What a fold's job reads for a family."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType

from workflow_scripts.lib.contracts.ingest import read_cohort
from workflow_scripts.lib.contracts.splits import read_grid, read_roles
from workflow_scripts.lib.contracts.tables import Paths, read_tables
from workflow_scripts.lib.provenance.garbage import not_collecting
from workflow_scripts.lib.training.data import FoldData


def family_at(module: str) -> ModuleType:
    """The family in the file ``module``, a path relative to the project's root."""
    with not_collecting():
        return import_module(module.removesuffix(".py").removesuffix("/__init__").replace("/", "."))


def read_fold(patients: str | Path, folds: str | Path, time_grid: str | Path, fold: str, tables: Mapping[str, Paths]) -> FoldData:
    """Everybody in ``fold``, with the further ``tables`` that the family asked for; a table may be of several files."""
    roles = read_roles(folds, fold)
    return FoldData(fold, read_cohort(patients).take(roles["patient_id"]), roles, read_grid(time_grid, fold), read_tables(tables))
