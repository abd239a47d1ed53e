"""Draw predicted against observed risk at each horizon of the cohort."""

from workflow_scripts.lib.config.evaluate import EvaluateConfig
from workflow_scripts.lib.contracts.base import read_table
from workflow_scripts.lib.contracts.evaluate import LEADERBOARD
from workflow_scripts.lib.evaluate.figures.calibration import calibration_words, draw_calibration
from workflow_scripts.lib.evaluate.shown import read_shown
from workflow_scripts.lib.evaluate.style import save_svg
from workflow_scripts.lib.provenance.job import run_job


def main(patients, folds, time_grid, predictions, leaderboard, figure, cfg: EvaluateConfig, cohort, horizon_days, shown) -> str:
    """Write the figure; slope and ICI in it are those of the leaderboard."""
    everybody = read_shown(patients, folds, time_grid, predictions, shown)
    words = calibration_words(read_table(leaderboard, LEADERBOARD, {"cohort": cohort}), shown, horizon_days)
    save_svg(draw_calibration(everybody, horizon_days, cfg.calibration_bins, words), figure)
    return f"{len(shown)} families and teachers at {len(horizon_days)} horizons"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
