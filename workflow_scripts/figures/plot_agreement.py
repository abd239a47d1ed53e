"""Draw a student's risks against those of its teacher, on held-out patients."""

from workflow_scripts.lib.contracts.base import read_table
from workflow_scripts.lib.contracts.evaluate import LEADERBOARD
from workflow_scripts.lib.evaluate.figures.agreement import agreement_words, draw_agreement
from workflow_scripts.lib.evaluate.shown import read_shown
from workflow_scripts.lib.evaluate.style import looks, name_of, save_svg
from workflow_scripts.lib.provenance.job import run_job


def main(patients, folds, time_grid, predictions, leaderboard, figure, cohort, horizon_days, shown, families) -> str:
    """Write the figure; ``shown`` are the student's and the teacher's [family, output], ``families`` all that have a colour."""
    everybody = read_shown(patients, folds, time_grid, predictions, shown)
    student, teacher = everybody.answers.values()
    day = max([day for day in horizon_days if day <= everybody.last_day], default=int(everybody.last_day))
    look = looks([name_of(family) for family in families])[name_of(shown[0][0])]
    words = agreement_words(read_table(leaderboard, LEADERBOARD, {"cohort": cohort}), *shown[0])
    save_svg(draw_agreement(student, teacher, day, look, words), figure)
    return f"{sum(len(one.outcome) for one in student)} held-out patients"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
