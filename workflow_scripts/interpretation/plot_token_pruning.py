"""Score and draw what a family is worth that looks at few patches."""

from workflow_scripts.lib.config.evaluate import EvaluateConfig
from workflow_scripts.lib.contracts.base import read_table, write_table
from workflow_scripts.lib.contracts.explanations import PRUNED_RISKS, TOKEN_PRUNING
from workflow_scripts.lib.contracts.ingest import read_cohort
from workflow_scripts.lib.evaluate.figures.pruning import draw_pruning
from workflow_scripts.lib.evaluate.pruning import score_pruning
from workflow_scripts.lib.evaluate.style import save_svg
from workflow_scripts.lib.provenance.job import run_job
from workflow_scripts.lib.survival.seeds import derive_seed


def main(patients, pruned, token_pruning, figure, cfg: EvaluateConfig, folds, seed) -> str:
    """Write both, over all ``folds``."""
    rows = {fold: read_table(path, PRUNED_RISKS) for fold, path in zip(folds, pruned, strict=True)}
    scores = score_pruning(rows, read_cohort(patients), cfg.bootstrap, derive_seed(seed, "pruning"))
    write_table(scores, token_pruning, TOKEN_PRUNING)
    save_svg(draw_pruning(scores), figure)
    return "; ".join(f"C {row.c:.3f} from {row.kept} by {row.choice}" for row in scores.itertuples())


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
