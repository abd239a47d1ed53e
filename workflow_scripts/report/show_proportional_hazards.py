"""The proportional-hazards check of the Cox teacher, over all folds, as a page to read."""

import pandas as pd

from workflow_scripts.lib.contracts.base import read_table
from workflow_scripts.lib.contracts.ingest import read_cohort
from workflow_scripts.lib.contracts.teacher import PROPORTIONAL_HAZARDS
from workflow_scripts.lib.evaluate.figures.pages import hazards_page, words_of, write_page
from workflow_scripts.lib.provenance.job import run_job


def main(patients, proportional_hazards, page, cohort) -> str:
    """Write the page of one cohort from the checks of every fold."""
    checks = pd.concat([read_table(path, PROPORTIONAL_HAZARDS) for path in proportional_hazards])
    words = words_of(checks["column"].unique(), read_cohort(patients).covariates)
    write_page(page, hazards_page(checks, cohort, words))
    return f"{checks['column'].nunique()} columns in {checks['fold'].nunique()} folds"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
