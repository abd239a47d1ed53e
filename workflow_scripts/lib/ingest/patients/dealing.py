"""Patients dealt out anew: new names, so that no table behind the registry tells who they are; or outcomes that are not theirs."""

from dataclasses import replace

import numpy as np

from workflow_scripts.lib.ingest.patients.mapping import Patients
from workflow_scripts.lib.survival.seeds import derive_seed


def pseudonymous(patients: Patients, seed: int) -> Patients:
    """The patients as P0001, P0002, ... in an order that is drawn; only the registry's ``source_id`` keeps who they are."""
    n = len(patients.rows)
    drawn = np.empty(n, dtype=int)
    drawn[_by_id(patients)] = np.random.default_rng(derive_seed(seed, "pseudonyms")).permutation(n) + 1
    width = max(4, len(str(n)))
    names = [f"P{number:0{width}}" for number in drawn]
    return replace(patients, rows=patients.rows.assign(patient_id=names), registry=patients.registry.assign(patient_id=names))


def permuted_labels(patients: Patients, seed: int) -> Patients:
    """The patients with each other's days, event and competing event: a negative control, from which nothing can be learnt.

    Dates stay, for they are of visits and not of the outcome that models see.
    """
    order = _by_id(patients)
    source = np.empty_like(order)
    source[order] = order[np.random.default_rng(derive_seed(seed, "permuted_labels")).permutation(len(order))]
    outcome = {name: patients.rows[name].to_numpy()[source] for name in ("days", "event")}
    competing = patients.registry["competing_event"].to_numpy()[source]
    return replace(patients, rows=patients.rows.assign(**outcome), registry=patients.registry.assign(competing_event=competing))


def _by_id(patients: Patients) -> np.ndarray:
    """Positions in the order of source ids, so that the order of the source's rows decides nothing."""
    return np.argsort(patients.registry["source_id"].to_numpy(dtype=object), kind="stable")
