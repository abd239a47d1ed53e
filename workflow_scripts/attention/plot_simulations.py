"""Draw the three simulations beside what was published."""

from workflow_scripts.lib.attention.figures import draw_dynamics, draw_pruning, draw_recovery
from workflow_scripts.lib.attention.summary import read_published
from workflow_scripts.lib.config.attention import AttentionConfig
from workflow_scripts.lib.contracts.attention import ATTENTION_MASS, PRUNING, RECOVERY, ROC
from workflow_scripts.lib.contracts.base import read_table
from workflow_scripts.lib.evaluate.style import save_svg
from workflow_scripts.lib.provenance.job import run_job


def main(
    attention_mass, recovery, roc, pruning, published, dynamics_figure, recovery_figure, pruning_figure, cfg: AttentionConfig, backgrounds
) -> str:
    """Write a figure of each simulation; ``pruning`` has a table for each of ``backgrounds``."""
    known = read_published(published)
    pruned = {name: read_table(path, PRUNING) for name, path in zip(backgrounds, pruning, strict=True)}
    save_svg(draw_dynamics(read_table(attention_mass, ATTENTION_MASS), cfg), dynamics_figure)
    save_svg(draw_recovery(read_table(recovery, RECOVERY), read_table(roc, ROC), known), recovery_figure)
    save_svg(draw_pruning(pruned, known, cfg), pruning_figure)
    return f"3 figures, {len(backgrounds)} backgrounds"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
