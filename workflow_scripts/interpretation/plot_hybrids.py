"""Draw all hybrids of a config beside each other: what they score, how much of the risk is radiomics, and which groups count."""

from itertools import product

import pandas as pd

from workflow_scripts.lib.contracts.base import read_table
from workflow_scripts.lib.contracts.evaluate import LEADERBOARD
from workflow_scripts.lib.contracts.explanations import EXPLANATION_SCORES, GROUP_IMPORTANCE
from workflow_scripts.lib.evaluate.figures.hybrids import draw_hybrids
from workflow_scripts.lib.evaluate.style import save_svg
from workflow_scripts.lib.provenance.job import run_job


def main(leaderboard, group_importance, explanation_scores, figure, cohort, mixtures, folds) -> str:
    """Write the figure of one cohort; ``mixtures`` are the settings that differ, by family, whose tables come in the same order."""
    board = read_table(leaderboard, LEADERBOARD, {"cohort": cohort})
    groups = pd.concat(
        read_table(path, GROUP_IMPORTANCE).assign(family=family, fold=fold)
        for (family, fold), path in zip(product(mixtures, folds), group_importance, strict=True)
    )
    shares = pd.concat(
        read_table(path, EXPLANATION_SCORES, {"metric": "share", "view": "radiomics", "fold": "all"}).assign(family=family)
        for family, path in zip(mixtures, explanation_scores, strict=True)
    )
    save_svg(draw_hybrids(mixtures, board[board["metric"] == "harrell_c"], shares, groups), figure)
    return f"{len(mixtures)} hybrids"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
