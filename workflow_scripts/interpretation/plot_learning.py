"""Draw how fast families learn beside each other, and write down when each has most of its peak."""

from itertools import product

from workflow_scripts.lib.contracts.base import read_table, write_table
from workflow_scripts.lib.contracts.splits import FOLDS
from workflow_scripts.lib.contracts.student import HISTORY, LEARNING_SPEED
from workflow_scripts.lib.evaluate.figures.learning import draw_learning
from workflow_scripts.lib.evaluate.learning import learning_curve, speed_rows
from workflow_scripts.lib.evaluate.style import save_svg
from workflow_scripts.lib.provenance.job import run_job


def main(folds, history, learning_speed, figure, batch_sizes, names) -> str:
    """Write both; ``batch_sizes`` are those of the families by name, ``names`` those of the folds, for each of which comes a history."""
    trained = read_table(folds, FOLDS, {"role": "train"})["fold"].value_counts()
    curves = {family: {} for family in batch_sizes}
    for (family, fold), path in zip(product(batch_sizes, names), history, strict=True):
        curves[family][fold] = learning_curve(read_table(path, HISTORY), int(trained[fold]), batch_sizes[family])
    speeds = speed_rows(curves)
    write_table(speeds, learning_speed, LEARNING_SPEED)
    save_svg(draw_learning(curves, speeds), figure)
    medians = speeds.groupby("family", sort=False)["gained"].median()
    return "; ".join(f"{family} has 95 % of its gain after {epochs:.1f} epochs" for family, epochs in medians.items())


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
