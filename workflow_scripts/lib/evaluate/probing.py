"""What hidden states know of the teacher's risk, on a fold's test patients."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from workflow_scripts.lib.survival.metrics.agreement import spearman
from workflow_scripts.lib.survival.metrics.probe import neighbour_risk, probe_r2


def states_of_test(hidden_states: pd.DataFrame, teacher: pd.DataFrame) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """By weights, the states (n, d) of the test patients, and the teacher's log-risk (n,) of the same patients."""
    risk = teacher[teacher["role"] == "test"].set_index("patient_id")["log_risk"]
    by_weights = hidden_states.groupby("weights")
    return {
        str(weights): np.array([*rows.set_index("patient_id").loc[risk.index, "state"]]) for weights, rows in by_weights
    }, risk.to_numpy()


def probe_rows(states: Mapping[str, np.ndarray], risk: np.ndarray, fold: str, neighbours: int, seed: int) -> pd.DataFrame:
    """Rows of the hidden_state_probe contract for one fold."""
    alike = np.ones((1, len(risk)))
    rows = []
    for weights, found in states.items():
        near = spearman(neighbour_risk(found, risk, neighbours), risk, alike)[0]
        rows += [
            (fold, weights, "probe_r2", probe_r2(found, risk, seed), len(risk)),
            (fold, weights, "neighbour_spearman", near, len(risk)),
        ]
    return pd.DataFrame(rows, columns=["fold", "weights", "metric", "value", "n_patients"])
