"""The comparisons of every cohort in one table."""

import pandas as pd

from workflow_scripts.lib.contracts.base import read_table, write_table
from workflow_scripts.lib.contracts.evaluate import COMPARISONS
from workflow_scripts.lib.provenance.job import run_job


def main(of_cohorts, comparisons) -> str:
    """Write comparisons from the tables ``of_cohorts``."""
    rows = pd.concat([read_table(path, COMPARISONS) for path in of_cohorts])
    write_table(rows, comparisons, COMPARISONS)
    return f"{len(rows)} comparisons from {len(of_cohorts)} cohorts"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
