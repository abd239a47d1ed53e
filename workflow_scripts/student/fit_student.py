"""Fit one family on one training fold."""

import math
import shutil
from pathlib import Path

from workflow_scripts.lib.config.base import parse
from workflow_scripts.lib.contracts.base import write_table
from workflow_scripts.lib.contracts.student import HISTORY
from workflow_scripts.lib.provenance.job import fingerprint, run_job
from workflow_scripts.lib.survival.seeds import derive_seed
from workflow_scripts.lib.training.bundle import save_bundle
from workflow_scripts.lib.training.fit import fit_family
from workflow_scripts.lib.training.inputs import family_at, read_fold


def main(patients, folds, time_grid, bundle, history, cfg, fold, seed, module, code, base=None, stop_at=math.inf, **tables) -> str:
    """Write the bundle and the history; a killed job goes on from the checkpoint of exactly the same code, settings and inputs."""
    family = family_at(module)
    cfg = parse(family.Config, cfg, "cfg")
    read = [path for path in (patients, folds, time_grid, base, *tables.values()) if path]
    resume = Path(history).parent / f"resume-{fingerprint(cfg.model_dump(), seed, code, files=read)}"
    data = read_fold(patients, folds, time_grid, fold, tables)
    fitted, rows = fit_family(family, data, cfg, derive_seed(seed, fold), resume / "checkpoint.safetensors", stop_at)
    save_bundle(bundle, fitted)
    write_table(rows, history, HISTORY)
    for done in resume.parent.glob("resume-*"):  # those of other settings too: nobody will ask for them again
        shutil.rmtree(done, ignore_errors=True)
    return f"fitted on {len(data.only('train', 'valid').roles)} patients, {rows['step'].max() if len(rows) else 0} steps"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
