"""C of a model that looks at fewer and fewer patches, on the same patients."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from workflow_scripts.lib.contracts.explanations import TOKEN_PRUNING
from workflow_scripts.lib.contracts.ingest import Cohort
from workflow_scripts.lib.survival.metrics.bootstrap import interval, multiplicities
from workflow_scripts.lib.survival.metrics.concordance import harrell_c
from workflow_scripts.lib.survival.outcome import Outcome


def score_pruning(folds: Mapping[str, pd.DataFrame], cohort: Cohort, resamples: int, seed: int) -> pd.DataFrame:
    """Rows of the token_pruning contract, from those of pruned_risks by fold; means over folds, resampled patients the same in all."""
    folds = {fold: rows for fold, rows in folds.items() if len(rows)}  # of a hospital without images nobody is asked
    patients = pd.Index(sorted({patient for rows in folds.values() for patient in rows["patient_id"]}))
    drawn = multiplicities(len(patients), resamples, seed)
    scored = [_by_choice(rows, cohort, patients, drawn) for rows in folds.values()]
    found = {key: np.mean([one[key] for one in scored], axis=0) for key in (scored[0] if scored else ())}
    means = pd.concat(folds.values()).groupby(["choice", "kept"])[["distinct", "multiply_adds"]].mean() if folds else None
    lines = []
    for (choice, kept), c in found.items():
        gain = c - found[choice, max(number for _, number in found)]
        distinct, cost = means.loc[(choice, kept)]
        lines.append((choice, kept, distinct, c[0], *interval(c[1:]), gain[0], *interval(gain[1:]), cost))
    return pd.DataFrame(lines, columns=TOKEN_PRUNING.schema().names)


def _by_choice(rows: pd.DataFrame, cohort: Cohort, patients: pd.Index, drawn: np.ndarray) -> dict[tuple[str, int], np.ndarray]:
    """By choice and number of patches, C of one fold under each resample (b,)."""
    found = {}
    for key, own in rows.groupby(["choice", "kept"]):
        known = cohort.rows.loc[own["patient_id"]]
        outcome = Outcome(known["days"].to_numpy(), known["event"].to_numpy())
        found[key] = harrell_c(own["log_risk"].to_numpy(), outcome, drawn[:, patients.get_indexer(own["patient_id"])])
    return found
