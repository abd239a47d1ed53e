"""Draw how important each group of radiomic features is, in every fold and on average."""

import pandas as pd

from workflow_scripts.lib.contracts.base import read_table
from workflow_scripts.lib.contracts.explanations import EXPLANATION_SCORES, GROUP_IMPORTANCE
from workflow_scripts.lib.evaluate.figures.importance import draw_importance
from workflow_scripts.lib.evaluate.style import save_svg
from workflow_scripts.lib.provenance.job import run_job


def main(group_importance, explanation_scores, figure, folds) -> str:
    """Write the figure of one family, over ``folds``."""
    groups = pd.concat([read_table(path, GROUP_IMPORTANCE).assign(fold=fold) for fold, path in zip(folds, group_importance, strict=True)])
    save_svg(draw_importance(groups, read_table(explanation_scores, EXPLANATION_SCORES, {"metric": "share"})), figure)
    return f"{groups['group'].nunique()} groups, {len(folds)} folds"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
