"""Text, numbers, days and events: what is plainly one, and what is refused."""

import datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from workflow_scripts.lib.config.columns import EventColumn, TimeColumn
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.raw.values import as_text, days_of, events_of, formulas, numbers, shown


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


def test_days_where_the_source_counts_otherwise():
    found, _ = days_of(pa.array(["2"]), TimeColumn(column="t", unit="months", days_per_unit=30.0))
    assert found.tolist() == [60.0]


def seen_in(texts, **codes):
    """True where seen, the competing events, which are missing, and the sentence on unlisted codes."""
    events = events_of(pa.array(texts, pa.string()), EventColumn(column="e", **codes))
    return events.seen.tolist(), events.competing.tolist(), [fault.count for fault in events.faults], events.unlisted


@pytest.mark.parametrize("seen", [1, 1.0, "1", "1.0", True, "true"])
@pytest.mark.parametrize("column", [["1", "0"], ["1.0", "0.0"], [1, 0], [1.0, 0.0], [True, False], ["True", "FALSE"]])
def test_one_is_one_however_it_is_written(seen, column):
    texts = as_text("x", pa.chunked_array([column]), ()).to_pylist()
    assert seen_in(texts, seen=[seen], censored=[0]) == ([True, False], [None, None], [0], "")


def test_words_stand_for_themselves():
    event, _, missing, unlisted = seen_in(["dead", "alive", "Dead"], seen=["dead"], censored=["alive"])
    assert (event, missing) == ([True, False, False], [0])
    assert unlisted == "event 'e': a code listed neither as seen nor as censored ('Dead') in 1 of 3 rows; say what it means"


@pytest.mark.parametrize("code", ["2", "yes", "1.5", "-1", "nan", "01x"])
def test_no_unlisted_code_is_guessed(code):
    event, _, _, unlisted = seen_in(["1", code], seen=[1], censored=[0])
    assert event == [True, False]
    assert f"('{code}') in 1 of 2 rows" in unlisted


def test_a_missing_event_is_no_censoring():
    assert seen_in(["1", None, "0"], seen=[1], censored=[0]) == ([True, False, False], [None] * 3, [1], "")


def test_competing_events_censor_by_name():
    causes = {"1": "relapse", "2": "death", "3": "death"}
    found = seen_in(["1", "2.0", "0", "3", None], causes=causes, event_of_interest="death", censored=[0])
    assert found == ([False, True, False, True, False], ["relapse", None, None, None, None], [1], "")
    found = seen_in(["1", "2.0", "0", "3", None], causes=causes, event_of_interest="relapse", censored=[0])
    assert found == ([True, False, False, False, False], [None, "death", None, "death", None], [1], "")


@pytest.mark.parametrize(
    ("text", "formula"),
    [
        ("=1+1", True),
        ("@SUM(A1)", True),
        ("+cmd|' /C calc'!A0", True),
        ("-SUM(1)", True),
        ("-1", False),
        ("+", False),
        ("-ve", False),
        ("a=b", False),
    ],
)
def test_formulas(text, formula):
    assert formulas(pa.array([text, None])).tolist() == [formula, False]


def test_nul_characters_are_refused():
    with pytest.raises(StageRefusal, match="column 'x': NUL characters"):
        text_of(["a\0b"])


def test_only_few_and_short_codes_are_shown():
    assert shown(["b", "a"]) == "'a', 'b'"
    assert shown([str(code) for code in range(5)]) == "'0', '1', '2', '3', '4'"
    assert shown([str(code) for code in range(6)]) == "6 distinct"
    assert shown(["died at home, found by her son"]) == "1 distinct"
