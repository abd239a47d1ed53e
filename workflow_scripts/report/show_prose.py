"""Show how faithful the texts of a family are, and a few of them beside what it read of the patient."""

from workflow_scripts.lib.config.report import ReportConfig
from workflow_scripts.lib.contracts.base import read_table
from workflow_scripts.lib.contracts.evaluate import PROSE_SCORES
from workflow_scripts.lib.contracts.ingest import read_cohort
from workflow_scripts.lib.evaluate.faithfulness import read_judged
from workflow_scripts.lib.evaluate.figures.pages import write_page
from workflow_scripts.lib.evaluate.figures.prose import choose, prose_page
from workflow_scripts.lib.evaluate.style import name_of
from workflow_scripts.lib.provenance.job import run_job
from workflow_scripts.lib.survival.seeds import derive_seed


def main(
    patients, time_grid, cases, predictions, prose_scores, page, cfg: ReportConfig, tolerance, covariates, cohort, family, folds, seed
) -> str:
    """Write the page: rates over all folds, examples from ``folds``; no patient is shown where ``cfg.examples`` is 0."""
    judged = read_judged(time_grid, cases, predictions, folds, tolerance=tolerance, covariates=covariates) if cfg.examples else []
    examples = choose(judged, read_cohort(patients), cfg.examples, derive_seed(seed, "prose examples"))
    scores = read_table(prose_scores, PROSE_SCORES, {"fold": "all"})
    write_page(page, prose_page(cohort, name_of(family), scores, examples, tolerance))
    return f"{len(examples)} patients shown in full"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
