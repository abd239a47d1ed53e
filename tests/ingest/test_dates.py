"""Calendar dates: read strictly, and turned into days."""

import numpy as np
import pyarrow as pa
import pytest

from tests.ingest.worlds import mapping, table
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.patients.dates import moments_of
from workflow_scripts.lib.ingest.patients.mapping import map_patients


def moments(texts, form=None):
    found = moments_of(pa.array(texts, pa.string()), form)
    return [str(value) for value in found.values.astype("datetime64[s]")], found.odd.tolist(), set(found.zones)


@pytest.mark.parametrize(
    ("text", "value", "zone"),
    [
        ("2015-01-31", "2015-01-31T00:00:00", ""),
        ("2016-02-29T23:59", "2016-02-29T23:59:00", ""),
        ("2015-01-31 10:30:05.25", "2015-01-31T10:30:05", ""),
        ("2015-01-31T10:30:05Z", "2015-01-31T10:30:05", "Z"),
        ("2015-01-31T10:30:05+02:00", "2015-01-31T10:30:05", "+02:00"),
        ("1890-07-04", "1890-07-04T00:00:00", ""),
    ],
)
def test_iso_dates_stay_as_they_are_written(text, value, zone):
    assert moments([text]) == ([value], [False], {zone})


@pytest.mark.parametrize(
    "text", ["2015", "2015-01", "20150131", "2015-02-30", "31.01.2015", "2015-1-3", "01/02/2015", "soon", "2015-01-31T25:00"]
)
def test_what_is_no_iso_date(text):
    assert moments([text, None]) == (["NaT", "NaT"], [True, False], {""})


def test_a_format_of_ones_own():
    assert moments(["31.01.2015", "2015-01-31"], "%d.%m.%Y") == (["2015-01-31T00:00:00", "NaT"], [False, True], {""})
    assert moments(["31-01-2015"], "%d-%m-%Y") == (["2015-01-31T00:00:00"], [False], {""})
    assert moments(["31.01.2015 08:00 +0100"], "%d.%m.%Y %H:%M %z") == (["2015-01-31T08:00:00"], [False], {"+0100"})


DATED = {"time": None, "event": None}
DATES = {"index": {"column": "seen"}, "event": "died", "end": {"column": "last"}, "birth": "born"}
ROWS = {
    "seen": ["2020-01-01", "2020-01-01T12:00:00", "2020-02-28", "2019-12-31"],
    "died": ["2020-01-11", "", "2020-03-01", ""],
    "last": ["", "2020-01-02", "2020-02-29", "2020-12-31"],
    "born": ["1950-06-01", "", "1960-06-01", "1970-06-01"],
}


def dated(raw=None, **dates):
    changes = {**DATED, "dates": DATES | dates, "most_refused": 0.5}
    return map_patients({"patients": table(**ROWS if raw is None else ROWS | raw)}, mapping(**changes))


def reasons(**columns):
    return dated(columns).refusals.to_numpy().tolist()


def refused(raw=None, **dates):
    with pytest.raises(StageRefusal) as refusal:
        dated(raw, **dates)
    return str(refusal.value)


def test_days_by_hand():
    found = dated()
    assert found.rows["days"].tolist() == [10, 0.5, 2, 366]
    assert found.rows["event"].tolist() == [True, False, True, False]
    assert found.registry["end_date"].astype(str).tolist() == ["2020-01-11", "2020-01-02", "2020-03-01", "2020-12-31"]
    assert found.registry["event_date"].astype(str).tolist() == ["2020-01-11", "NaT", "2020-03-01", "NaT"]
    assert found.registry["birth_date"].isna().tolist() == [False, True, False, False]
    assert found.registry["index_date"].dt.hour.tolist() == [0, 12, 0, 0]


def test_an_event_after_the_day_that_closes_the_data_was_not_seen():
    found = dated(end={"date": "2020-02-29"})
    assert found.rows["days"].tolist() == [10, 58.5, 1, 60]
    assert found.rows["event"].tolist() == [True, False, False, False]


def test_one_index_date_for_all():
    assert dated(index={"date": "2019-12-31"}).rows["days"].tolist() == [11, 2, 61, 366]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"seen": ["2020-01-01", "2020-01-01", "2020-02-28", ""]}, "date 'seen': missing"),
        ({"died": ["2020-01-11", "", "2020-03-01", "never"]}, "date 'died': not a date in ISO 8601, such as 2015-01-31; set dates.format"),
        ({"last": ["", "2020-01-02", "", ""]}, "end of follow-up 'last': missing, and no event"),
        ({"last": ["", "2020-01-02", "", "2019-12-31"]}, "time from the index date to event or end: not > 0"),
        ({"born": ["", "", "", "2020-01-01"]}, "date 'born': born after the index date"),
    ],
)
def test_a_bad_date_refuses_its_patient(columns, reason):
    assert reasons(**columns) == [["9", reason]]


def test_a_bad_date_has_one_reason():
    columns = {"seen": ["2020-01-01", "2020-01-01", "2020-02-28", "2020-13-01"]}
    assert [reason for _, reason in reasons(**columns)] == ["date 'seen': not a date in ISO 8601, such as 2015-01-31; set dates.format"]


@pytest.mark.parametrize("other", ["2020-01-01T00:00:00+01:00", "2020-01-01T00:00:00"])
def test_mixed_time_zones_in_a_column_stop_the_cohort(other):
    message = refused({"seen": ["2020-01-01T00:00:00Z", other, "2020-02-28T00:00:00Z", "2020-01-01T00:00:00Z"]})
    assert "date 'seen': mixed time zones (2 kinds, with none counted as one)" in message


def test_mixed_time_zones_between_columns_stop_the_cohort():
    zoned = [f"{value[:10]}T00:00:00Z" for value in ROWS["seen"]]
    assert "dates ['born', 'died', 'last', 'seen']: mixed time zones between columns" in refused({"seen": zoned})


def test_one_time_zone_is_fine():
    zoned = {name: [f"{value[:10]}T06:00:00+02:00" if value else "" for value in values] for name, values in ROWS.items()}
    assert dated(zoned).rows["days"].tolist() == [10, 1, 2, 366]


def test_dates_beside_time_and_event_place_the_end():
    changes = {"dates": {"index": {"column": "seen"}}, "time": {"column": "days", "unit": "days"}}
    raw = table(seen=ROWS["seen"], days=["1", "2", "3", "4.25"])
    registry = map_patients({"patients": raw}, mapping(**changes)).registry
    expected = np.array(["2020-01-02", "2020-01-03T12:00", "2020-03-02", "2020-01-04T06:00"], dtype="datetime64[us]")
    assert registry["end_date"].to_numpy().tolist() == expected.tolist()
