"""Draw the Brier score over time, of every family and of Kaplan-Meier."""

from workflow_scripts.lib.evaluate.figures.brier import draw_brier
from workflow_scripts.lib.evaluate.shown import read_shown
from workflow_scripts.lib.evaluate.style import save_svg
from workflow_scripts.lib.provenance.job import run_job


def main(patients, folds, time_grid, predictions, figure, shown) -> str:
    """Write the figure of the [family, output] of ``shown``."""
    everybody = read_shown(patients, folds, time_grid, predictions, shown)
    save_svg(draw_brier(everybody), figure)
    return f"{len(shown)} families and teachers up to day {everybody.last_day:.0f}"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
