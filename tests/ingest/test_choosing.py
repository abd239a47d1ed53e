"""Which row stands for a patient who has several."""

import pandas as pd
import pyarrow as pa
import pytest

from workflow_scripts.lib.config.sources import Choice, PatientKey
from workflow_scripts.lib.ingest.patients.choosing import choose_rows, patient_ids, start_stop


def chosen(ids, choice, used=None, by=None):
    """The rows chosen, and by reason the patients (by their chosen row) that cannot be decided."""
    used = {name: pa.array(values) for name, values in (used or {}).items()}
    rows, faults = choose_rows(pd.Series(ids, dtype=object), Choice(**choice), used, None if by is None else pa.array(by, pa.string()))
    return rows.tolist(), {fault.reason: rows[fault.rows].tolist() for fault in faults if fault.count}


AGREEING = {"take": "agreeing"}


def test_rows_that_agree_are_one():
    assert chosen(["a", "b", "a", None, "b"], AGREEING, {"x": ["1", "2", "1", "9", "2"]}) == ([0, 1, 3], {})


def test_rows_that_disagree_are_named_by_column_and_patient():
    used = {"x": ["1", "2", "1", "2"], "y": ["5", "6", "7", None]}
    assert chosen(["a", "b", "a", "b"], AGREEING, used) == ([0, 1], {"several rows: they disagree in 'y'": [0, 1]})


def test_a_missing_value_agrees_with_a_missing_one_only():
    assert chosen(["a", "a", "b", "b"], AGREEING, {"x": [None, None, None, "1"]}) == ([0, 2], {"several rows: they disagree in 'x'": [2]})


@pytest.mark.parametrize(("take", "rows"), [("first", [1, 2]), ("last", [0, 2])])
def test_first_and_last_as_numbers(take, rows):
    assert chosen(["a", "a", "b", "a"], {"take": take, "by": "v"}, by=["10", "9", "1", "9.5"]) == (rows, {})


def test_first_as_text_where_not_all_are_numbers():
    assert chosen(["a", "a", "b", "b"], {"take": "first", "by": "v"}, by=["10", "9", "2020-02-01", "2020-01-01"]) == ([0, 3], {})


def test_no_row_is_chosen_where_two_are_first_or_one_has_no_order():
    rows, faults = chosen(["a", "a", "b", "b", "c"], {"take": "first", "by": "v"}, by=["1", "1", None, "2", None])
    assert len(rows) == 3
    assert faults == {
        "several rows: no 'v' in one of them": [rows[1]],
        "several rows: the first 'v' is not that of one row": [rows[0]],
    }


def test_a_patient_with_one_row_needs_no_order():
    assert chosen(["a", "b", "b"], {"take": "last", "by": "v"}, by=[None, "1", "2"]) == ([0, 2], {})


@pytest.mark.parametrize(
    ("pattern", "texts", "ids"),
    [
        ("^(.+)$", ["x1", None, ""], ["x1", None, None]),
        (r"^(TCGA-\w\w-\w{4})", ["TCGA-2F-A9KO-01Z", "TCGA-2F-A9KO", "other"], ["TCGA-2F-A9KO", "TCGA-2F-A9KO", None]),
        (r"(\d*)$", ["p", "p7", "p07"], [None, "7", "07"]),
        (r"(?<=id=)(\d+)", ["id=5", "5", "xid=6"], ["5", None, "6"]),
    ],
)
def test_ids_by_pattern(pattern, texts, ids):
    assert patient_ids(pa.array(texts, pa.string()), PatientKey(column="c", pattern=pattern)).tolist() == ids


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["id", "start", "stop", "event"], ("start", "stop")),
        (["id", "T_Start", "tstop"], ("T_Start", "tstop")),
        (["start", "x"], None),
        (["stop"], None),
        (["restart", "stop"], None),
    ],
)
def test_tables_of_intervals(names, found):
    assert start_stop(names) == found
