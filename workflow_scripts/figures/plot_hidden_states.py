"""Draw where the language model puts the test patients of one fold, trained beside untrained."""

from workflow_scripts.lib.config.report import ReportConfig
from workflow_scripts.lib.contracts.base import read_table
from workflow_scripts.lib.contracts.evaluate import HIDDEN_STATE_PROBE
from workflow_scripts.lib.contracts.student import HIDDEN_STATES
from workflow_scripts.lib.contracts.teacher import TEACHER_CURVES
from workflow_scripts.lib.evaluate.figures.hidden import draw_hidden_states
from workflow_scripts.lib.evaluate.probing import states_of_test
from workflow_scripts.lib.evaluate.style import save_svg
from workflow_scripts.lib.provenance.job import run_job


def main(hidden_states, teacher_curves, hidden_state_probe, figure, cfg: ReportConfig, fold, speaker) -> str:
    """Write the figure of ``fold``; the numbers in it are those of hidden_state_probe."""
    found, risk = states_of_test(read_table(hidden_states, HIDDEN_STATES), read_table(teacher_curves, TEACHER_CURVES, {"output": speaker}))
    probe = read_table(hidden_state_probe, HIDDEN_STATE_PROBE)
    save_svg(draw_hidden_states(found, risk, probe, fold, cfg.tsne_perplexity), figure)
    return f"{len(risk)} test patients of {fold}"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
