"""Score a family's answers on held-out patients, with the same bootstrap resamples for every family of the cohort."""

import numpy as np

from workflow_scripts.lib.config.evaluate import EvaluateConfig
from workflow_scripts.lib.contracts.base import write_table
from workflow_scripts.lib.contracts.evaluate import FOLD_METRICS, REPLICATES
from workflow_scripts.lib.contracts.ingest import read_cohort
from workflow_scripts.lib.evaluate.answers import read_answers, read_folds
from workflow_scripts.lib.evaluate.scoring import fold_rows, replicate_rows, score_answers
from workflow_scripts.lib.provenance.job import run_job
from workflow_scripts.lib.survival.metrics.bootstrap import multiplicities
from workflow_scripts.lib.survival.seeds import derive_seed


def main(
    patients, folds, time_grid, predictions, teacher_curves, fold_metrics, replicates, cfg: EvaluateConfig, horizon_days, seed, speaker
) -> str:
    """Write fold_metrics and replicates of one family; ``speaker`` names the teacher output that it follows, or is None."""
    cohort = read_cohort(patients)
    splits = read_folds(folds, time_grid, cohort)
    answers = list(read_answers(predictions, splits, cohort))
    spoken = read_answers(teacher_curves, splits, cohort, output=speaker) if speaker else ()
    weights = multiplicities(len(cohort), cfg.bootstrap, derive_seed(seed, "bootstrap"))
    scores = list(score_answers(answers, {one.fold.name: one for one in spoken}, horizon_days, cfg.calibration_bins, weights))
    write_table(fold_rows(scores), fold_metrics, FOLD_METRICS)
    rows = replicate_rows(scores)
    write_table(rows, replicates, REPLICATES)
    unread = sum(int((~one.parsed).sum()) for one in answers)
    undefined = int(np.isnan(rows["value"]).sum())
    return f"{len(answers)} folds and outputs, {unread} answers not parsed, {undefined} of {len(rows)} replicates undefined"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
