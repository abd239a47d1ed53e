"""Score where a family looks against the masks of its test patients, and how much of its risk is of which branch."""

import pandas as pd

from workflow_scripts.lib.config.evaluate import EvaluateConfig
from workflow_scripts.lib.contracts.base import read_table, write_table
from workflow_scripts.lib.contracts.explanations import ATTENTION, ATTENTION_AGREEMENT, BRANCH_RISKS, EXPLANATION_SCORES
from workflow_scripts.lib.contracts.files import check_bundle
from workflow_scripts.lib.contracts.radiomics import STANDARDISED
from workflow_scripts.lib.evaluate.interpreting import agreement_rows, mask_paths, score_all
from workflow_scripts.lib.provenance.job import run_job
from workflow_scripts.lib.survival.seeds import derive_seed


def main(standardised, pictures, attention, branch_risks, attention_agreement, explanation_scores, cfg: EvaluateConfig, folds, seed) -> str:
    """Write both tables, over all ``folds``."""
    images, folder = read_table(standardised, STANDARDISED), check_bundle(pictures)
    parts = []
    for fold, path in zip(folds, attention, strict=True):
        seen = read_table(path, ATTENTION)
        parts.append(agreement_rows(seen, mask_paths(images, folder, seen["patient_id"]), fold))
    agreement = pd.concat(parts)
    risks = {fold: read_table(path, BRANCH_RISKS) for fold, path in zip(folds, branch_risks, strict=True)}
    scores = score_all(agreement, risks, cfg.bootstrap, derive_seed(seed, "explanations"))
    write_table(agreement, attention_agreement, ATTENTION_AGREEMENT)
    write_table(scores, explanation_scores, EXPLANATION_SCORES)
    whole = scores[scores["fold"] == "all"]
    return "; ".join(f"{row.metric} of {row.view} {row.value:.2f}" for row in whole.itertuples() if row.metric != "gain")


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
