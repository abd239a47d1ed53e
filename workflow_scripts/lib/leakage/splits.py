"""Leaks in who trains and who is tested, and in the order of patients."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from workflow_scripts.lib.leakage.evidence import Evidence
from workflow_scripts.lib.leakage.findings import Finding, counted
from workflow_scripts.lib.leakage.telling import certain_c, panel_of

HIGH = 0.9


def roles_overlap(evidence: Evidence) -> Iterator[Finding]:
    """Patients with more than one role in a fold, or in the table under two spellings of one id."""
    several = evidence.roles[evidence.roles.duplicated(["fold", "patient_id"], keep=False)]
    held = several.groupby(["fold", "patient_id"])["role"].agg(set).reset_index()
    tested = held.loc[held["role"].map({"train", "test"}.issubset).astype(bool), "patient_id"].nunique() + _twice_in_table(evidence)
    remedy = "Keep one row of each patient, and one role in each fold; correct the published split, or assign the folds again."
    if tested:
        said = f"{counted(tested)} train and are tested in the same fold, under one id or under ids that differ in case or blanks only."
        yield Finding("patient_in_train_and_test", "", "error", tested, said, remedy)
    valid = held.loc[held["role"].map({"valid"}.issubset).astype(bool), "patient_id"].nunique()
    if valid:
        said = f"{counted(valid)} validate, and also train or are tested, in the same fold."
        yield Finding("validation_overlaps", "", "error", valid, said, remedy)


def _twice_in_table(evidence: Evidence) -> int:
    plain = evidence.registry["source_id"].str.replace(r"\s+", "", regex=True).str.casefold()
    twice = plain.duplicated(keep=False).to_numpy()
    return evidence.folds.twins_apart(pd.factorize(plain[twice])[0], np.flatnonzero(twice))


def sites_straddle(evidence: Evidence) -> Iterator[Finding]:
    """Hospitals on both sides of a fold, where whole hospitals were asked for."""
    site = evidence.registry["site"]
    known = site.notna().to_numpy()
    apart = evidence.folds.twins_apart(pd.factorize(site[known])[0], np.flatnonzero(known)) if evidence.grouped else 0
    if apart:
        said = (
            f"{counted(apart)} of the test folds are of a hospital that also trains there, though folds of whole hospitals were asked for."
        )
        yield Finding("sites_straddle_folds", "", "error", apart, said, "Assign the folds again, or set splits.grouped_by_site to false.")


def order_tells(evidence: Evidence) -> Iterator[Finding]:
    """Ids, in the order of their letters or of their last number, that tell who had the event: the source was sorted by it."""
    panel, ids = panel_of(evidence.outcome), evidence.registry["source_id"].astype(str)
    if panel is None:
        return
    letters = ids.rank(method="dense").to_numpy()
    numbers = pd.to_numeric(ids.str.extract(r"(\d{1,15})\D*$")[0]).to_numpy(dtype=float)
    certain = max(certain_c(order[panel.rows], panel.status, HIGH) for order in (letters, numbers))
    if certain > HIGH:
        said = (
            f"The order of the patients' ids alone tells who had the event (C of at least {certain:.2f}): the source is sorted by outcome."
        )
        remedy = "Let no model see ids or row numbers, and never cut folds in the order of rows; folds drawn here are not."
        yield Finding("order_tells_event", "", "warning", len(evidence), said, remedy)
