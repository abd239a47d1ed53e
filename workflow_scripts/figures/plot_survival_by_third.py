"""Draw what happened to each third of predicted risk, beside what was predicted."""

from workflow_scripts.lib.evaluate.figures.survival import draw_families, draw_student
from workflow_scripts.lib.evaluate.shown import read_shown, shown_name
from workflow_scripts.lib.evaluate.style import save_svg
from workflow_scripts.lib.provenance.job import run_job


def main(patients, folds, time_grid, predictions, figure, families, shown) -> str:
    """Write ``figure`` of the first [family, output] of ``shown``, and ``families`` of all of them."""
    everybody = read_shown(patients, folds, time_grid, predictions, shown)
    save_svg(draw_student(everybody, shown_name(*shown[0])), figure)
    save_svg(draw_families(everybody), families)
    return f"{len(shown)} families and teachers over {len(everybody.folds)} folds"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
