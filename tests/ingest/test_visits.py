"""Codes before the index date, and nothing else: what is kept, what is left out, and what is refused."""

import re

import meds
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.ingest.visits_world import CODES, DIABETES, GOOD, MI, codes, one, refusals, run, visits
from workflow_scripts.lib.config.base import parse
from workflow_scripts.lib.config.modalities.visits import CodeTable
from workflow_scripts.lib.errors import ConfigError, StageRefusal
from workflow_scripts.lib.ingest.visits import events as visits_module
from workflow_scripts.lib.ingest.visits.sorting import Buckets


def test_codes_are_dated_from_the_index_date(tmp_path):
    assert one(tmp_path, codes()) == "3 codes of 3 patients before their index date; 0 patients refused"
    assert visits(tmp_path) == GOOD
    assert refusals(tmp_path) == {}


def test_what_is_written_is_meds(tmp_path):
    one(tmp_path, codes())
    table = pq.read_table(tmp_path / "visits.parquet")
    meds.DataSchema.validate(table)
    assert table["subject_id"].to_pylist() == [1, 2, 3]
    assert table.schema.field("numeric_value").type == pa.float32()


@pytest.mark.parametrize(
    ("when", "kept"), [("2010-01-09", True), ("2010-01-09T23:59:59", True), ("2010-01-10", False), ("2015-05-05", False)]
)
def test_only_days_before_the_index_date(tmp_path, when, kept):
    log = one(tmp_path, codes(f"ann,{when},{DIABETES}"))
    assert (len(visits(tmp_path)) == 4) == kept
    assert ("1 codes on or after it left out" in log) != kept
    assert refusals(tmp_path) == {}, "a code of the index day or of the day of death is no fault of the patient's"


def test_an_index_date_with_a_time_of_day_is_a_day(tmp_path):
    one(tmp_path, codes(f"ann,2010-01-10T08:00,{DIABETES}"), dates={"index_date": ["2010-01-10T12:00", "2011-03-01", "2012-07-01"]})
    assert visits(tmp_path) == GOOD


def test_order_of_rows_and_exact_repeats_change_nothing(tmp_path):
    later = [f"ann,2009-06-01T10:30,{MI}", f"ann,2009-06-01T10:30,{DIABETES}", f"ann,2009-06-01T09:00,{MI}"]
    one(tmp_path, codes(*later))
    expected, first = (tmp_path / "visits.parquet").read_bytes(), visits(tmp_path)
    assert [row[1:] for row in first[1:4]] == [
        ("1999-05-23 09:00", f"SNOMED//{MI}"),
        ("1999-05-23 10:30", f"SNOMED//{MI}"),
        ("1999-05-23 10:30", f"SNOMED//{DIABETES}"),
    ]
    header, *rows = codes(*later, *later[:2]).splitlines()
    assert "2 exact repeats" in one(tmp_path, "\n".join([header, *rows[::-1], ""]))
    assert (tmp_path / "visits.parquet").read_bytes() == expected


def test_many_buckets_are_the_same_rows(tmp_path, monkeypatch):
    one(tmp_path, codes())
    monkeypatch.setattr(visits_module, "BYTES_PER_BUCKET", 20)
    expected = visits(tmp_path)
    one(tmp_path, codes())
    assert visits(tmp_path) == expected == GOOD
    assert pq.ParquetFile(tmp_path / "visits.parquet").num_row_groups == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["codes", "refusals.parquet", "registry.parquet", "visits.parquet"]


def test_buckets_sort_by_subject_time_code_and_value(tmp_path):
    rng = np.random.default_rng(0)
    n = 500
    subject, time = rng.integers(0, 7, n), rng.integers(-3, 3, n).astype("datetime64[us]")
    code, value = rng.choice(["b", "a", "ä"], n), rng.choice(np.array([1, -1, np.nan], dtype=np.float32), n)
    buckets = Buckets(tmp_path, 7, 3)
    for part in np.array_split(np.arange(n), 4):
        buckets.add(subject[part], time[part], pa.array(code[part]), value[part])
    found = pa.concat_tables(buckets.sorted()).to_pandas().fillna({"value": 9})
    rows = zip(subject, time.astype(int), code, np.where(np.isnan(value), 9, value), strict=True)
    expected = sorted(set(rows))
    assert list(zip(found["subject"], found["time"].astype("int64"), found["code"], found["value"], strict=True)) == expected
    assert buckets.repeats == n - len(expected) > 0


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (f"ann,1950-05-31,{MI}", "a code is dated before birth"),
        (f"ann,2015-05-06,{MI}", "a code is dated after death"),
        ("ann,2015-05-06,", "a code is dated after death"),
        (f"ann,2009-03-01T10:00Z,{MI}\nann,2009-03-01T11:00,{MI}", "times with and times without a time zone"),
        (f"ann,2009-03-01T10:00+01:00,{MI}\nann,2009-07-01T11:00+0300,{MI}", "times in zones more than an hour apart"),
        (f"ann,2009-03-01T10:00+00:30,{MI}\nann,2009-07-01T11:00-00:45,{MI}", "times in zones more than an hour apart"),
    ],
)
def test_a_record_that_cannot_be_right_is_refused_as_a_whole(tmp_path, row, reason):
    assert "2 codes of 2 patients before their index date; 1 patients refused" in one(tmp_path, codes(*row.split("\n")))
    assert visits(tmp_path) == GOOD[1:]
    assert refusals(tmp_path) == {"ann": reason}


@pytest.mark.parametrize(
    "row",
    [
        f"ann,1950-06-01,{MI}",  # the day of birth
        f"ann,2015-05-05T23:00,{MI}",  # the day of death
        f"bob,2016-01-02,{MI}",  # after a censoring
        f"cy,1900-01-01,{MI}",  # of unknown birth
        f"ann,2009-03-01T10:00+01:00,{MI}\nann,2009-07-01T11:00+02:00,{MI}",  # summer
        f"ann,2009-03-01T10:00Z,{MI}\nann,2009-03-01,{MI}",  # a day has no zone
    ],
)
def test_a_record_that_can_be_right_is_kept(tmp_path, row):
    one(tmp_path, codes(*row.split("\n")))
    assert refusals(tmp_path) == {}


def test_where_the_event_is_not_death_life_goes_on(tmp_path):
    one(tmp_path, codes(f"ann,2015-05-06,{MI}"), event_is_death=False)
    assert refusals(tmp_path) == {}


def test_the_clock_on_the_wall_decides_the_day(tmp_path):
    one(tmp_path, codes(f"bob,2011-02-28T23:30-08:00,{MI}"))  # in Greenwich it is the index day
    assert ("bob", "1999-12-31 23:30", f"SNOMED//{MI}") in visits(tmp_path)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (f"ann,,{MI}", "1 no time"),
        (f"ann,soon,{MI}", "1 a time that cannot be read"),
        (f"ann,2009-02-30,{MI}", "1 a time that cannot be read"),
        (f"ann,2009,{MI}", "1 a time that cannot be read"),
        (f"ann,9999-12-31,{MI}", "1 a time that cannot be read"),
        ("ann,2009-02-03,", "1 no code"),
        ("ann,2009-02-03,=cmd()", "1 a code that is none of its vocabulary"),
        ("ann,2009-02-03,the patient", "1 a code that is none of its vocabulary"),
        (f",2009-02-03,{MI}", "1 rows without a patient of the cohort"),
    ],
)
def test_a_row_that_cannot_be_used_costs_the_row(tmp_path, row, said):
    assert one(tmp_path, codes(row)) == f"3 codes of 3 patients before their index date; 0 patients refused; {said}"
    assert visits(tmp_path) == GOOD
    assert refusals(tmp_path) == {}


def test_a_patient_without_any_usable_row_is_refused(tmp_path):
    text = codes().replace("cy,2009-01-01", "cy,")
    assert "2 patients before their index date; 1 patients refused; 1 no time" in one(tmp_path, text)
    assert refusals(tmp_path) == {"cy": "no row of the patient could be used"}


def test_strangers_are_listed_once(tmp_path):
    log = one(tmp_path, codes(f"dora,2009-01-01,{MI}", f"dora,2009-01-02,{MI}"))
    assert "2 rows without a patient of the cohort" in log
    assert "dora" not in log
    assert refusals(tmp_path) == {"dora": "not among the cohort's patients"}


def test_under_pseudonyms_no_id_of_the_source_is_told(tmp_path):
    text = codes(f"dora,2009-01-01,{MI}").replace("ann,", "a1,").replace("bob,", "b1,").replace("cy,", "c1,")
    one(tmp_path, text, dates={"source_ids": ("b1", "a1", "c1")})  # a1 is bob
    assert [row[0] for row in visits(tmp_path)] == ["ann", "bob", "cy"]
    assert visits(tmp_path)[1][2] == f"SNOMED//{MI}"
    assert refusals(tmp_path) == {"codes, row 4": "not among the cohort's patients"}


def test_rows_are_numbered_through_all_blocks_of_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr("workflow_scripts.lib.ingest.raw.delimited.BLOCK", 60)
    one(tmp_path, codes(f"dora,2009-01-01,{MI}"), dates={"source_ids": ("bob", "ann", "cy")})
    assert refusals(tmp_path) == {"codes, row 4": "not among the cohort's patients"}


def test_ids_are_read_by_pattern(tmp_path):
    text = codes("someone,2009-01-01,1").replace("ann,", "x-ann-7,").replace("bob,", "x-bob-7,").replace("cy,", "x-cy-8,")
    assert "1 rows without a patient" in one(tmp_path, text, patient={"column": "who", "pattern": "-([a-z]+)-"})
    assert visits(tmp_path) == GOOD


def test_a_repeat_with_another_value_is_no_repeat(tmp_path):
    text = codes(f"ann,2009-01-10,{MI}", f"ann,2009-01-10,{MI}", value=["1", "", "", "2", "1"])
    assert "1 exact repeats" in one(tmp_path, text, value="value")
    assert [row[3:] for row in visits(tmp_path)] == [(1.0,), (2.0,), (), ()]


def test_minus_zero_is_zero(tmp_path):
    one(tmp_path, codes(value=["-0.0", "0", ""]), value="value")
    assert [str(value) for *_, value in visits(tmp_path)[:2]] == ["0.0", "0.0"]


def test_several_tables_are_one(tmp_path):
    tables = {"a": codes(), "b": codes(f"bob,2009-01-02,{MI}"), "a_b": f"who,when,code\nann,2009-01-10,{MI}\n"}
    log = run(tmp_path, tables, {"b": CODES, "a": CODES, "a_b": CODES})
    assert "4 exact repeats" in log
    assert visits(tmp_path) == [*GOOD[:2], ("bob", "1997-11-04", f"SNOMED//{MI}"), GOOD[2]]


@pytest.mark.parametrize(
    ("text", "settings", "message"),
    [
        (codes(), {"code": "kode"}, "codes: codes.csv: no column 'kode'; did you mean 'code'"),
        (codes().replace("2009-01", "1/2009"), {}, "a time that cannot be read in 3 of 3 rows; expected ISO 8601"),
        (codes("ann,2009-02-01,x", "bob,2009-02-01,x"), {"vocabulary": "LOINC"}, "a code that is none of its vocabulary in 5 of 5 rows"),
        (
            codes(kind=["s", "x", "y"]),
            {"vocabulary": None, "vocabulary_column": "kind", "vocabularies": {"s": "SNOMED"}},
            "2 of 3 rows; list",
        ),
        (codes(value=["low", "high", "1"]), {"value": "value"}, "no number .* in 2 of 3 rows; correct value"),
        (codes().replace("2009-01-01", "").replace("2009-01-10", ""), {}, "no time in 3 of 3 rows; correct time"),
        (codes(), {"patient": {"column": "code"}}, "codes: no row names a patient of the cohort; correct patient.column"),
        (codes().replace("2009", "2014"), {}, "not one of 3 codes lies before its patient's index date"),
        (
            codes().replace("2009", "1909").replace("cy,1909-01-01", "cy,"),
            {},
            "dated before birth: 2 patients; no row .* could be used: 1 patients",
        ),
        ("who,when,code\n", {}, "codes: codes.csv: the table is empty"),
    ],
)
def test_what_is_wrong_with_the_mapping_is_refused(tmp_path, text, settings, message):
    with pytest.raises(StageRefusal, match=message) as refusal:
        one(tmp_path, text, **settings)
    assert not re.search(r"\b(ann|bob|cy)\b", str(refusal.value))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["codes", "registry.parquet"]


def test_all_tables_at_fault_are_named_at_once(tmp_path):
    tables = {"a": codes(), "b": codes().replace("2009-01-01", "").replace("2009-01-10", "")}
    with pytest.raises(StageRefusal, match=r"(?s)- a: codes.csv: no column 'x'.*- b: no time in 3 of 3 rows"):
        run(tmp_path, tables, {"a": {**CODES, "code": "x"}, "b": CODES})


@pytest.mark.parametrize(("late", "died", "most"), [(4, 9, False), (5, 9, True), (4, 5, False)])
def test_an_event_that_most_outlive_is_no_death(tmp_path, late, died, most):
    who = [f"p{number}" for number in range(died)]
    rows = [f"{name},2009-01-01,{MI}\n{name},{2012 + (place < late)}-05-05,{MI}" for place, name in enumerate(who)]
    days = {"birth_date": "1950-01-01", "index_date": "2010-01-01", "end_date": "2012-05-05", "event_date": "2012-05-05"}
    dates = {"patient_ids": who} | {name: [day] * died for name, day in days.items()}
    if most:
        with pytest.raises(StageRefusal, match=r"5 of 9 patients with event have codes after it; .* set visits.event_is_death: false"):
            one(tmp_path, "\n".join(["who,when,code", *rows, ""]), dates=dates)
    else:
        one(tmp_path, "\n".join(["who,when,code", *rows, ""]), dates=dates)
        assert refusals(tmp_path) == dict.fromkeys(who[:late], "a code is dated after death")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"patient": {"pattern": "^(.+)$"}}, "expected patient.column: a table of codes names the patient in each row"),
        ({"time": None}, "expected either time or lookup"),
        ({"vocabulary": "SNOWMED"}, "no vocabulary 'SNOWMED'; did you mean 'SNOMED'"),
    ],
)
def test_settings_that_cannot_be_meant(changes, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        parse(CodeTable, {**CODES, **changes}, "table")
