"""Draw every metric of every family with its interval, and the paired differences."""

from workflow_scripts.lib.contracts.base import read_table
from workflow_scripts.lib.contracts.evaluate import COMPARISONS, LEADERBOARD
from workflow_scripts.lib.evaluate.figures.leaderboard import draw_differences, draw_leaderboard
from workflow_scripts.lib.evaluate.style import save_svg
from workflow_scripts.lib.provenance.job import run_job


def main(leaderboard, comparisons, figure, differences, cohort, outputs) -> str:
    """Write both figures of one cohort; ``outputs`` are the [family, output] to show, teachers last."""
    board, pairs = read_table(leaderboard, LEADERBOARD, {"cohort": cohort}), read_table(comparisons, COMPARISONS)
    save_svg(draw_leaderboard(board, [tuple(pair) for pair in outputs]), figure)
    save_svg(draw_differences(pairs, list(dict.fromkeys(family for family, _ in outputs))), differences)
    return f"{len(outputs)} rows, {len(pairs)} differences"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
