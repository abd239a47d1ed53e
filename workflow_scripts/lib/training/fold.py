"""Fitting a family on a fold of a cohort: files in, files out."""

import math
import shutil
from pathlib import Path
from typing import Any

from workflow_scripts.lib.contracts.base import write_table
from workflow_scripts.lib.contracts.student import HISTORY
from workflow_scripts.lib.contracts.tables import Paths
from workflow_scripts.lib.survival.seeds import derive_seed
from workflow_scripts.lib.training.bundle import save_bundle
from workflow_scripts.lib.training.fit import fit_family
from workflow_scripts.lib.training.inputs import family_at, read_fold


def fit_fold(
    patients: str,
    folds: str,
    time_grid: str,
    tables: dict[str, Paths],
    bundle: str,
    history: str,
    module: str,
    cfg: Any,
    fold: str,
    seed: int,
    resume: str,
    stop_at: float = math.inf,
    leads: bool = True,
) -> str:
    """Fit, and write the bundle and the history; ``resume`` is the folder beside them for the checkpoints of exactly this training.

    In a group of processes all of them fit, and the one that ``leads`` writes. Raises what ``Trainer`` does.
    """
    data, place = read_fold(patients, folds, time_grid, fold, tables), Path(history).parent
    checkpoint = place / resume / "checkpoint.safetensors"
    fitted, rows = fit_family(family_at(module), data, cfg, derive_seed(seed, fold), checkpoint, stop_at)
    if leads:
        save_bundle(bundle, fitted)
        write_table(rows, history, HISTORY)
        for done in place.glob("resume-*"):  # those of other settings too: nobody will ask for them again
            shutil.rmtree(done, ignore_errors=True)
    return f"fitted on {len(data.only('train', 'valid').roles)} patients, {rows['step'].max() if len(rows) else 0} steps"
