"""Draw how many patients came how far, and why others did not."""

from workflow_scripts.lib.contracts.base import read_table
from workflow_scripts.lib.contracts.leakage import FLOW
from workflow_scripts.lib.evaluate.figures.flow import draw_flow
from workflow_scripts.lib.evaluate.style import save_svg
from workflow_scripts.lib.provenance.job import run_job


def main(flow, figure, cohort) -> str:
    """Write the figure of one cohort."""
    rows = read_table(flow, FLOW)
    save_svg(draw_flow(rows), figure)
    return f"{cohort}: {rows['stage'].nunique()} stages"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
