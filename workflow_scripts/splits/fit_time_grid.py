"""Fit each fold's time grid on its training patients only."""

import pandas as pd

from workflow_scripts.lib.config.splits import SplitsConfig
from workflow_scripts.lib.contracts.base import read_table, write_table
from workflow_scripts.lib.contracts.ingest import read_cohort
from workflow_scripts.lib.contracts.splits import FOLDS, TIME_GRID
from workflow_scripts.lib.provenance.job import run_job
from workflow_scripts.lib.survival.grid import fit_grid


def main(patients: str, folds: str, time_grid: str, cfg: SplitsConfig) -> str:
    """Write ``time_grid``: the edges of every fold; test patients are never looked at."""
    cohort = read_cohort(patients)
    edges = {}
    for fold, roles in read_table(folds, FOLDS).groupby("fold"):
        training = cohort.take(roles.loc[roles["role"] != "test", "patient_id"])
        edges[fold] = fit_grid(training.outcome, cfg.intervals, cfg.last_edge_quantile).edges
    rows = pd.concat([pd.DataFrame({"fold": fold, "index": range(len(days)), "days": days}) for fold, days in edges.items()])
    write_table(rows, time_grid, TIME_GRID)
    counts = [len(days) - 1 for days in edges.values()]
    return f"{len(edges)} folds, {min(counts)} to {max(counts)} intervals each"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
