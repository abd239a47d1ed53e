"""Draw how many patients came how far, and why others did not."""

import pandas as pd

from workflow_scripts.lib.contracts.base import read_table
from workflow_scripts.lib.contracts.ingest import REFUSALS, read_cohort
from workflow_scripts.lib.contracts.leakage import FLOW
from workflow_scripts.lib.contracts.radiomics import STANDARDISED
from workflow_scripts.lib.evaluate.figures.flow import draw_flow
from workflow_scripts.lib.evaluate.style import save_svg
from workflow_scripts.lib.leakage.flow import flow_of_images
from workflow_scripts.lib.provenance.job import run_job


def main(flow, figure, cohort, patients=None, standardised=None, refusals=None, not_computed=()) -> str:
    """Write the figure of one cohort; the others are there where its images are used, ``not_computed`` are refusals of radiomics."""
    rows = read_table(flow, FLOW)
    if standardised:
        shown = read_table(standardised, STANDARDISED)["patient_id"]
        of_shards = pd.concat(read_table(path, REFUSALS) for path in not_computed) if not_computed else None
        rows = pd.concat([rows, flow_of_images(read_cohort(patients), set(shown), read_table(refusals, REFUSALS), of_shards)])
    save_svg(draw_flow(rows), figure)
    return f"{cohort}: {rows['stage'].nunique()} stages"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
