"""New names that say nothing, and outcomes that are not theirs."""

import numpy as np
import pandas as pd
import pytest

from workflow_scripts.lib.ingest.patients.dealing import permuted_labels, pseudonymous
from workflow_scripts.lib.ingest.patients.mapping import Patients

N = 200


def patients(order=None):
    """Patient i has i days, an event where i is even, else a competing one, and the age i."""
    i = np.arange(N) if order is None else order
    ids = [f"h{number:03}" for number in i]
    rows = pd.DataFrame({"patient_id": ids, "days": i + 1.0, "event": i % 2 == 0, "age": i})
    other = np.where(i % 2 == 0, None, "other")
    registry = pd.DataFrame({"patient_id": ids, "source_id": ids, "competing_event": other})
    return Patients(rows, registry, pd.DataFrame(), ())


def test_pseudonyms_are_one_to_one_and_say_nothing_of_the_order():
    found = pseudonymous(patients(), seed=1)
    names = found.rows["patient_id"]
    assert sorted(names) == [f"P{i:04}" for i in range(1, N + 1)]
    assert names.tolist() == found.registry["patient_id"].tolist()
    assert found.registry["source_id"].tolist() == patients().registry["source_id"].tolist()
    assert abs(np.corrcoef(names.str[1:].astype(int), found.rows["age"])[0, 1]) < 0.2


@pytest.mark.parametrize("deal", [pseudonymous, permuted_labels])
def test_the_order_of_the_source_decides_nothing_and_the_seed_all(deal):
    def dealt(order, seed):
        found = deal(patients(order), seed)
        return found.rows.assign(source=found.registry["source_id"]).sort_values("age", ignore_index=True)

    backwards = np.arange(N)[::-1]
    pd.testing.assert_frame_equal(dealt(None, 1), dealt(backwards, 1))
    assert not dealt(None, 1).equals(dealt(None, 2))


def test_names_grow_with_the_cohort():
    rows = pd.DataFrame({"patient_id": np.arange(10_000).astype(str)})
    found = pseudonymous(Patients(rows, rows.assign(source_id=rows["patient_id"]), pd.DataFrame(), ()), seed=1)
    assert set(found.rows["patient_id"].str.len()) == {6}


def test_labels_are_dealt_out_as_wholes_to_others():
    rows = permuted_labels(patients(), seed=1)
    found = rows.rows
    assert sorted(found["days"]) == sorted(patients().rows["days"])
    assert (found["event"] == (found["days"] % 2 == 1)).all(), "days and event of one patient stay together"
    assert (rows.registry["competing_event"].isna() == found["event"]).all()
    assert found["age"].tolist() == list(range(N))
    assert (found["days"] != found["age"] + 1).mean() > 0.95
    assert abs(np.corrcoef(found["days"], found["age"])[0, 1]) < 0.2
