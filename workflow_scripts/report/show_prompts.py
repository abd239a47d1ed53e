"""Show what the student read and wrote of a few test patients, beside what its teacher says."""

from workflow_scripts.lib.config.report import ReportConfig
from workflow_scripts.lib.contracts.base import read_table
from workflow_scripts.lib.contracts.predictions import PREDICTIONS
from workflow_scripts.lib.contracts.prompts import PROMPTS
from workflow_scripts.lib.contracts.splits import read_grid
from workflow_scripts.lib.contracts.teacher import TEACHER_CURVES
from workflow_scripts.lib.evaluate.figures.examples import examples_of
from workflow_scripts.lib.evaluate.figures.pages import prompts_page, write_page
from workflow_scripts.lib.evaluate.style import name_of
from workflow_scripts.lib.provenance.job import run_job


def main(time_grid, prompts, predictions, teacher_curves, page, cfg: ReportConfig, cohort, family, fold, speaker, horizon_days) -> str:
    """Write the page of ``cfg.examples`` test patients of one fold."""
    answers, spoken = read_table(predictions, PREDICTIONS), read_table(teacher_curves, TEACHER_CURVES, {"output": speaker})
    grid = read_grid(time_grid, fold)
    examples = examples_of(read_table(prompts, PROMPTS), answers, spoken, grid, horizon_days, cfg.examples)
    write_page(page, prompts_page(cohort, name_of(family), examples))
    return f"{len(examples)} patients shown in full"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
