"""How much the language model's hidden states know of the teacher's risk, in every fold."""

import pandas as pd

from workflow_scripts.lib.config.report import ReportConfig
from workflow_scripts.lib.contracts.base import read_table, write_table
from workflow_scripts.lib.contracts.evaluate import HIDDEN_STATE_PROBE
from workflow_scripts.lib.contracts.student import HIDDEN_STATES
from workflow_scripts.lib.contracts.teacher import TEACHER_CURVES
from workflow_scripts.lib.evaluate.probing import probe_rows, states_of_test
from workflow_scripts.lib.provenance.job import run_job
from workflow_scripts.lib.survival.seeds import derive_seed


def main(hidden_states, teacher_curves, hidden_state_probe, cfg: ReportConfig, folds, speaker, seed) -> str:
    """Write hidden_state_probe from the tables of each of ``folds``; the risk is that of the teacher output ``speaker``."""
    parts = []
    for fold, states, curves in zip(folds, hidden_states, teacher_curves, strict=True):
        found, risk = states_of_test(read_table(states, HIDDEN_STATES), read_table(curves, TEACHER_CURVES, {"output": speaker}))
        parts.append(probe_rows(found, risk, fold, cfg.neighbours, derive_seed(seed, "probe", fold)))
    rows = pd.concat(parts)
    write_table(rows, hidden_state_probe, HIDDEN_STATE_PROBE)
    means = rows.groupby(["metric", "weights"])["value"].mean()
    return "; ".join(f"{metric} {weights} {value:.2f}" for (metric, weights), value in means.items())


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
