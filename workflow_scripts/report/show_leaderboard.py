"""The leaderboard of all cohorts as a page to read."""

from workflow_scripts.lib.contracts.base import read_table
from workflow_scripts.lib.contracts.evaluate import COMPARISONS, LEADERBOARD
from workflow_scripts.lib.evaluate.figures.pages import leaderboard_page, write_page
from workflow_scripts.lib.provenance.job import run_job


def main(leaderboard, comparisons, page, outputs) -> str:
    """Write the page; ``outputs`` are the [family, output] to show, teachers last."""
    board = read_table(leaderboard, LEADERBOARD)
    write_page(page, leaderboard_page(board, read_table(comparisons, COMPARISONS), [tuple(pair) for pair in outputs]))
    return f"{board['cohort'].nunique()} cohorts, {len(outputs)} rows each"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
