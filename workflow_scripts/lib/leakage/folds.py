"""Who trains and who is tested in each fold, as the audit reads it: patients may stand in several roles, which is what it looks for."""

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Folds:
    """``training`` (n, folds): who trains or validates; ``test`` (n, folds): who is tested; patients in the order of the cohort."""

    training: np.ndarray
    test: np.ndarray

    def twins_apart(self, group: np.ndarray, patient: np.ndarray) -> int:
        """How many patients are tested in some fold while another of their group trains in it.

        ``group`` (m,) and ``patient`` (m,), a position in the cohort, are the members of all groups.
        """
        n = len(self.test)
        _, group = np.unique(group, return_inverse=True)
        group, patient = np.divmod(np.unique(group * n + patient), n)  # a patient is once in a group
        several = np.bincount(group)[group] > 1 if len(group) else np.zeros(0, dtype=bool)
        group, patient = group[several], patient[several]
        apart = np.zeros(n, dtype=bool)
        for training, test in zip(self.training.T, self.test.T, strict=True):
            trains = np.bincount(group, weights=training[patient]) > 0
            apart[patient[trains[group] & test[patient]]] = True
        return int(apart.sum())


def folds_of(rows: pd.DataFrame, patient_ids: pd.Index) -> Folds:
    """The folds of ``rows`` (fold, patient_id, role) over the patients of a cohort, whose ids are in ``patient_ids`` (n,)."""
    fold, names = pd.factorize(rows["fold"])
    patient, role = patient_ids.get_indexer(rows["patient_id"]), rows["role"].to_numpy()
    known, tested = patient >= 0, role == "test"
    found = {}
    for name, which in (("training", known & ~tested), ("test", known & tested)):
        found[name] = np.zeros((len(patient_ids), len(names)), dtype=bool)
        found[name][patient[which], fold[which]] = True
    return Folds(**found)
