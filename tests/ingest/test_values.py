"""Text, numbers, days and events: what is plainly one, and what is refused."""

import datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from workflow_scripts.lib.config.cohort import EventColumn, TimeColumn
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.values import as_text, days_of, events_of, numbers, shown


def text_of(values, type_=None, missing=()):
    return as_text("x", pa.chunked_array([pa.array(values, type_)]), missing).to_pylist()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([" a ", "", "  ", None], ["a", None, None, None]),
        (["007", "1.0"], ["007", "1.0"]),
        ([1, None, -9], ["1", None, "-9"]),
        ([1.0, None, 12345678901.0], ["1", None, "12345678901"]),
        ([1.0, float("nan")], ["1", None]),
        ([0.1, 2.0], ["0.1", "2"]),
        ([float("inf"), 1.0], ["inf", "1"]),
        ([True, False, None], ["true", "false", None]),
        ([Decimal("1.50")], ["1.50"]),
        ([datetime.date(2020, 1, 2)], ["2020-01-02"]),
        ([None, None], [None, None]),
    ],
)
def test_text_of_each_type(values, expected):
    assert text_of(values) == expected


def test_text_of_categories_and_of_several_chunks():
    column = pa.chunked_array([pa.array(["a", "b "]).dictionary_encode(), pa.array(["b "]).dictionary_encode()])
    assert as_text("x", column, ()).to_pylist() == ["a", "b", "b"]


def test_declared_missing_texts_and_numbers_are_null():
    assert text_of(["NA", "na", " NA "], missing=["NA"]) == [None, "na", None]
    assert text_of([-9.0, 4.0], missing=["-9"]) == [None, "4"]


def test_a_list_is_no_value():
    with pytest.raises(StageRefusal, match=r"column 'x': found list<.*>, expected numbers or text; convert it"):
        text_of([[1, 2]])


@pytest.mark.parametrize("text", ["1", "+1", "-1.5", ".5", "1.", "1e5", "1E-2", "  7 "])
def test_plain_numbers(text):
    values, odd = numbers(as_text("x", pa.chunked_array([[text]]), ()))
    assert values.tolist() == [float(text)]
    assert odd.tolist() == [False]


@pytest.mark.parametrize("text", ["1,5", "1 000", "1_0", "0x10", "12 mm", "nan", "<5", "-", "e5", "1e", "true", "٣"])
def test_what_is_no_plain_number_is_no_guess(text):
    values, odd = numbers(pa.array([text, None]))
    assert np.isnan(values).all()
    assert odd.tolist() == [True, False]


@pytest.mark.parametrize(("text", "value"), [("inf", np.inf), ("-Infinity", -np.inf), ("INF", np.inf), ("1e999", np.inf)])
def test_infinite_numbers_are_numbers(text, value):
    values, odd = numbers(pa.array([text]))
    assert values.tolist() == [value]
    assert not odd.any()


@pytest.mark.parametrize(("unit", "days"), [("days", 2.0), ("weeks", 14.0), ("months", 60.875), ("years", 730.5)])
def test_days_per_unit(unit, days):
    found, faults = days_of(pa.array(["2"]), TimeColumn(column="t", unit=unit))
    assert found.tolist() == [days]
    assert not any(fault.count for fault in faults)


def test_each_bad_time_has_its_reason():
    _, faults = days_of(pa.array(["5", None, "soon", "inf", "0", "-1"]), TimeColumn(column="t", unit="days"))
    assert {fault.reason: np.flatnonzero(fault.rows).tolist() for fault in faults} == {
        "time 't': missing": [1],
        "time 't': not a number": [2],
        "time 't': infinite": [3],
        "time 't': not > 0": [4, 5],
    }


@pytest.mark.parametrize("seen", [1, 1.0, "1", "1.0", True, "true"])
@pytest.mark.parametrize("column", [["1", "0"], ["1.0", "0.0"], [1, 0], [1.0, 0.0], [True, False], ["True", "FALSE"]])
def test_one_is_one_however_it_is_written(seen, column):
    event, faults = events_of(as_text("x", pa.chunked_array([column]), ()), EventColumn(column="e", seen=[seen], censored=[0]))
    assert event.tolist() == [True, False]
    assert not any(fault.count for fault in faults)


def test_words_stand_for_themselves():
    event, faults = events_of(pa.array(["dead", "alive", "Dead"]), EventColumn(column="e", seen=["dead"], censored=["alive"]))
    assert event.tolist() == [True, False, False]
    assert [(fault.reason, fault.rows.tolist(), fault.codes) for fault in faults if fault.count] == [
        ("event 'e': a code listed neither as seen nor as censored", [False, False, True], "'Dead'")
    ]


@pytest.mark.parametrize("code", ["2", "yes", "1.5", "-1", "nan", "01x"])
def test_no_unlisted_code_is_guessed(code):
    event, faults = events_of(pa.array(["1", code]), EventColumn(column="e", seen=[1], censored=[0]))
    assert event.tolist() == [True, False]
    assert [fault.count for fault in faults] == [0, 1]


def test_a_missing_event_is_no_censoring():
    _, faults = events_of(pa.array(["1", None, "0"]), EventColumn(column="e", seen=[1], censored=[0]))
    assert [(fault.reason, fault.count) for fault in faults if fault.count] == [("event 'e': missing", 1)]


def test_only_few_and_short_codes_are_shown():
    assert shown(["b", "a"]) == "'a', 'b'"
    assert shown([str(code) for code in range(5)]) == "'0', '1', '2', '3', '4'"
    assert shown([str(code) for code in range(6)]) == "6 distinct"
    assert shown(["died at home, found by her son"]) == "1 distinct"
