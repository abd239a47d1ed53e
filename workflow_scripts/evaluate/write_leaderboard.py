"""Every metric of every family in every cohort, with its interval, in one table."""

import pandas as pd

from workflow_scripts.lib.contracts.base import read_table, write_table
from workflow_scripts.lib.contracts.evaluate import FOLD_METRICS, LEADERBOARD, REPLICATES
from workflow_scripts.lib.evaluate.comparing import leaderboard as rows_of
from workflow_scripts.lib.provenance.job import run_job


def main(fold_metrics, replicates, leaderboard, scored) -> str:
    """Write the leaderboard; ``scored`` are the [cohort, family] of each of ``fold_metrics`` and ``replicates``."""
    parts = [
        rows_of(cohort, family, read_table(folds, FOLD_METRICS), read_table(resamples, REPLICATES))
        for (cohort, family), folds, resamples in zip(scored, fold_metrics, replicates, strict=True)
    ]
    rows = pd.concat(parts)
    write_table(rows, leaderboard, LEADERBOARD)
    return f"{len(rows)} rows from {len(parts)} families and cohorts"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
