"""Fit one family on one training fold."""

import math

from workflow_scripts.lib.config.base import parse
from workflow_scripts.lib.contracts.tables import listed
from workflow_scripts.lib.provenance.job import fingerprint, run_job
from workflow_scripts.lib.training.fold import fit_fold
from workflow_scripts.lib.training.inputs import family_at
from workflow_scripts.lib.training.launch import in_processes


def main(patients, folds, time_grid, bundle, history, cfg, fold, seed, module, code, base=None, stop_at=math.inf, **tables) -> str:
    """Write the bundle and the history; a killed job goes on from the checkpoint of exactly the same code, settings and inputs."""
    settings = parse(family_at(module).Config, cfg, "cfg")
    read = [path for paths in (patients, folds, time_grid, base or [], *tables.values()) for path in listed(paths)]
    return in_processes(
        getattr(settings, "processes", 1),
        getattr(settings, "device", "cpu"),
        fit_fold,
        nodes=getattr(settings, "nodes", 1),
        patients=patients,
        folds=folds,
        time_grid=time_grid,
        tables=tables,
        bundle=bundle,
        history=history,
        module=module,
        cfg=settings,
        fold=fold,
        seed=seed,
        resume=f"resume-{fingerprint(settings.model_dump(), seed, code, files=read)}",
        stop_at=stop_at,
    )


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
