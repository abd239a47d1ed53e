"""Check what a family wrote of its test patients against what it read of them, and against the curves that it predicted."""

from workflow_scripts.lib.config.prose import ProseConfig
from workflow_scripts.lib.contracts.base import write_table
from workflow_scripts.lib.contracts.evaluate import PROSE_CHECKS, PROSE_SCORES
from workflow_scripts.lib.evaluate.faithfulness import FAULTLESS, check_rows, read_judged, score_rows
from workflow_scripts.lib.provenance.job import run_job
from workflow_scripts.lib.survival.seeds import derive_seed


def main(time_grid, cases, predictions, prose_checks, prose_scores, cfg: ProseConfig, bootstrap, covariates, folds, seed) -> str:
    """Write both tables, over all ``folds``; ``covariates`` says whether the family reads these."""
    judged = read_judged(time_grid, cases, predictions, folds, tolerance=cfg.tolerance, covariates=covariates)
    checks = check_rows(judged)
    scores = score_rows(checks, bootstrap, derive_seed(seed, "prose"))
    write_table(checks, prose_checks, PROSE_CHECKS)
    write_table(scores, prose_scores, PROSE_SCORES)
    whole = scores[scores["fold"] == "all"].set_index("check")["value"]
    return f"{len(judged)} texts, {sum(one.reading is None for one in judged)} not read; rate of faultless ones {whole[FAULTLESS]:.2f}"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
