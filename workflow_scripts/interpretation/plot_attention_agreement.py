"""Draw how well the attention of each view agrees with the masks."""

from workflow_scripts.lib.contracts.base import read_table
from workflow_scripts.lib.contracts.explanations import EXPLANATION_SCORES
from workflow_scripts.lib.evaluate.figures.attention import draw_agreement_with_masks
from workflow_scripts.lib.evaluate.style import save_svg
from workflow_scripts.lib.provenance.job import run_job


def main(explanation_scores, figure) -> str:
    """Write the figure of one family."""
    scores = read_table(explanation_scores, EXPLANATION_SCORES)
    save_svg(draw_agreement_with_masks(scores[scores["metric"] != "share"]), figure)
    return f"{scores['view'].nunique()} views and branches"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
