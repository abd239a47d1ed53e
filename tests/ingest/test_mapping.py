"""From raw tables to patients, registry and refusals: mapped by hand, and every refusal by name."""

import numpy as np
import pandas as pd
import pytest

from tests.ingest.worlds import COLUMNS, MAPPING, mapping, table
from workflow_scripts.lib.contracts.registry import REGISTRY
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.patients.mapping import covariates_of, map_patients
from workflow_scripts.lib.ingest.patients.summary import summary

SECRET = "Mrs Example of 12 High Street"
HALF = {"most_refused": 0.5}  # of four patients, one or two may be refused


def mapped(raw=None, published=None, **changes):
    return map_patients({"patients": table() if raw is None else raw}, mapping(**HALF | changes), published)


def refused(raw=None, **changes):
    """The message of the refusal."""
    with pytest.raises(StageRefusal) as refusal:
        mapped(raw, **changes)
    return str(refusal.value)


def left_out(raw, **changes):
    """By patient, the reasons of the refusals; and the ids of the patients that stay."""
    found = mapped(raw, **changes)
    return found.refusals.groupby("patient_id")["reason"].apply(list).to_dict(), list(found.rows["patient_id"])


def test_patients_by_hand():
    found = mapped()
    expected = pd.DataFrame(
        {
            "patient_id": ["007", "12", "003", "9"],
            "days": [365.25, 15.21875, 730.5, 182.625],
            "event": [True, False, True, False],
            "age": [61, np.nan, 70.5, np.nan],
            "stage": ["1", "2", None, "2"],
        }
    )
    pd.testing.assert_frame_equal(found.rows, expected)
    assert found.refusals.empty


def test_the_registry_without_site_and_dates_says_only_who():
    registry = mapped().registry
    assert set(registry) == {field.name for field in REGISTRY.fields}
    assert registry["patient_id"].tolist() == registry["source_id"].tolist() == ["007", "12", "003", "9"]
    assert registry.drop(columns=["patient_id", "source_id"]).isna().all(axis=None)


def test_the_registry_has_site_published_role_and_the_end_of_follow_up():
    raw = table(hospital=["A", " ", "B", "A"], split=["train", "test", "NA", "train"], seen=["2020-01-01"] * 4)
    time = {"column": "days", "unit": "days"}
    raw = raw.append_column("days", [["1", "2.5", "31", "366"]])
    registry = mapped(raw, "split", site="hospital", time=time, dates={"index": {"column": "seen"}}).registry
    assert registry["site"].tolist() == ["A", None, "B", "A"]
    assert registry["published_role"].tolist() == ["train", "test", None, "train"]
    assert registry["end_date"].astype(str).tolist() == [
        "2020-01-02 00:00:00",
        "2020-01-03 12:00:00",
        "2020-02-01 00:00:00",
        "2021-01-01 00:00:00",
    ]


def test_covariates_keep_their_words():
    age, stage = covariates_of(mapping())
    assert (age.name, age.kind, age.label, age.unit) == ("age", "numeric", "age", "years")
    assert stage.levels == {"1": "early", "2": "late"}


def test_row_numbers_where_there_is_no_id():
    assert list(mapped(patient_id=None).rows["patient_id"]) == ["0001", "0002", "0003", "0004"]


def test_numbers_serve_as_well_as_text():
    numbers = {"id": [7, 12, 3, 9], "months": [12, 0.5, 24, 6], "status": [1.0, 0.0, 1.0, 0.0]}
    rows = mapped(table(**numbers, age=[61, None, 70.5, np.nan], stage=[1, 2, None, 2])).rows
    pd.testing.assert_frame_equal(rows.drop(columns="patient_id"), mapped().rows.drop(columns="patient_id"))
    assert list(rows["patient_id"]) == ["7", "12", "3", "9"]


def test_levels_are_kept_as_they_are_where_none_are_listed():
    free = {**MAPPING["covariates"], "stage": {"kind": "categorical", "label": "stage"}}
    assert mapped(table(stage=["01", "x y", "NA", "01"]), covariates=free).rows["stage"].tolist() == ["01", "x y", None, "01"]


def test_a_cohort_without_censoring_is_fine():
    assert mapped(table(status=["1"] * 4)).rows["event"].all()


def test_competing_events_censor_and_are_named_in_the_registry():
    event = {"column": "status", "censored": [0], "causes": {"1": "relapse", "2": "death"}, "event_of_interest": "relapse"}
    raw = table(status=["1", "0", "2", "1.0"])
    found = mapped(raw, event=event)
    assert found.rows["event"].tolist() == [True, False, False, True]
    assert found.registry["competing_event"].tolist() == [None, None, "death", None]
    assert "; 1 censored by another event" in summary({"patients": raw}, mapping(event=event), found)


def test_summary_names_unused_columns_and_counts_copies():
    cfg = mapping(ignored={"note": "free text"})
    raw = {"patients": table(note=["a"] * 4, zip=["1"] * 4, months=["12", "6", "24", "6"], age=["61", "5", "70", "5"])}
    assert summary(raw, cfg, map_patients(raw, cfg)) == (
        "4 patients, 2 events, 0 refused; 1 columns not used: zip; 1 patients equal another one in all but their id: are they the same?"
    )
    assert summary({"patients": table()}, mapping(), mapped()) == "4 patients, 2 events, 0 refused"


def test_summary_does_not_list_thousands_of_columns():
    raw = {"patients": table(**{f"gene{i}": ["1"] * 4 for i in range(40)})}
    said = summary(raw, mapping(), mapped())
    assert "40 columns not used: gene0, gene1, " in said
    assert said.endswith("gene29 and 10 more")


ROW_FAULTS = {
    "event missing": ({"status": ["1", "0", "1", ""]}, "event 'status': missing"),
    "event NaN": ({"status": [1.0, 0.0, 1.0, float("nan")]}, "event 'status': missing"),
    "time zero": ({"months": ["12", "0.5", "24", "0"]}, "time 'months': not > 0"),
    "time negative": ({"months": [12, 0.5, 24, -3]}, "time 'months': not > 0"),
    "time NaN": ({"months": [12, 0.5, 24, float("nan")]}, "time 'months': missing"),
    "time as text": ({"months": ["12", "0.5", "24", SECRET]}, "time 'months': not a number"),
    "time infinite": ({"months": ["12", "0.5", "24", "inf"]}, "time 'months': infinite"),
    "covariate no number": ({"age": ["61", "5", "70.5", SECRET]}, "covariate 'age': not a number"),
    "covariate infinite": ({"age": ["61", "5", "70.5", "-inf"]}, "covariate 'age': infinite"),
    "formula": ({"stage": ["1", "2", "NA", "=HYPERLINK()"]}, "covariate 'stage': a spreadsheet formula"),
}


@pytest.mark.parametrize(("columns", "reason"), ROW_FAULTS.values(), ids=ROW_FAULTS)
def test_one_bad_patient_stops_a_strict_cohort(columns, reason):
    message = refused(table(**columns), strict=True)
    assert f"- {reason} in 1 of 4 rows\n" in message
    assert "set strict: false to leave these patients out" in message
    assert SECRET not in message


@pytest.mark.parametrize(("columns", "reason"), ROW_FAULTS.values(), ids=ROW_FAULTS)
def test_or_is_left_out_by_reason(columns, reason):
    assert left_out(table(**columns)) == ({"9": [reason]}, ["007", "12", "003"])


def test_under_pseudonyms_refusals_name_rows():
    raw = table(months=["12", "0.5", "24", "0"])
    assert left_out(raw, identifiers={"pseudonyms": True})[0] == {"row 4": ["time 'months': not > 0"]}


def test_blank_ids_are_named_by_row():
    columns = {name: [*values, *values] for name, values in COLUMNS.items()} | {"id": ["7", " ", "8", None, "1", "2", "3", "4"]}
    expected = {"row 2": ["patient id: missing"], "row 4": ["patient id: missing"]}
    assert left_out(table(**columns)) == (expected, ["7", "8", "1", "2", "3", "4"])


def test_ids_that_do_not_match_their_pattern_are_refused():
    key = {"column": "id", "pattern": r"^H-(\d+)"}
    raw = table(id=["H-007-x", "H-12", "12", "H-9"], age=["61", "5", "6", "7"])
    assert left_out(raw, patient_id=key) == ({"row 3": ["patient id: does not match its pattern"]}, ["007", "12", "9"])


def test_several_rows_without_a_rule_stop_the_cohort():
    message = refused(table(id=["7", "8", "7 ", "9"]))
    assert "- patients: patient id: not the only row with it in 2 of 4 rows; say under several which row stands for a patient" in message


def test_each_reason_of_a_patient_is_recorded_and_nobody_vanishes():
    raw = table(months=["12", "0.5", "24", "0"], status=["1", "0", "1", ""], age=["61", "5", "70.5", "inf"])
    reasons, kept = left_out(raw)
    assert len(reasons["9"]) == 3
    assert {*reasons, *kept} == set(COLUMNS["id"])


def test_all_faults_are_reported_at_once():
    raw = table(months=["0", "0.5", "24", "x"], status=["1", "0", "1", "2"], age=["61", "old", "70", "71"], stage=["1", "3", "1", "2"])
    message = refused(raw, strict=True)
    for part in (
        "time 'months': not a number",
        "time 'months': not > 0",
        "('2')",
        "'age': not a number in 1 of 4 rows",
        "no words for '3'",
    ):
        assert part in message


COHORT_FAULTS = {
    "no event": ({"status": ["0"] * 4}, "event: not one event among 4 patients; check which codes or dates mean that it was seen"),
    "unlisted code": (
        {"status": ["1", "0", "1", "2"]},
        "event 'status': a code listed neither as seen nor as censored ('2') in 1 of 4 rows; say what it means; if 0, 1, 2 are different "
        "events, give causes and event_of_interest",
    ),
    "event as text": ({"status": ["1", "0", "1", "no"]}, "event 'status': a code listed neither as seen nor as censored ('no') in 1 of 4"),
    "constant number": ({"age": ["5", "5", "NA", "5.0"]}, "covariate 'age': only one value among 4 patients, expected at least two"),
    "constant category": ({"stage": ["2"] * 4}, "covariate 'stage': only one value among 4 patients, expected at least two"),
    "all missing": ({"age": ["NA", "", None, " "]}, "covariate 'age': no value among 4 patients, expected at least two"),
    "a code in numbers": ({"age": ["61", "?", "5", "?"]}, "covariate 'age': 2 of 4 values are not numbers ('?'); list texts that mean"),
    "only text": ({"age": ["old", "young", "NA", "old"]}, "covariate 'age': 3 of 4 values are not numbers ('old'); list texts that mean"),
    "prose in numbers": ({"age": [SECRET, SECRET, "5", "6"]}, "covariate 'age': 2 of 4 values are not numbers (1 distinct); list texts"),
    "unlisted level": ({"stage": ["1", "2", "III", "1"]}, "covariate 'stage': no words for 'III'; give each code its words under levels"),
    "level as prose": ({"stage": ["1", "2", SECRET, "1"]}, "covariate 'stage': no words for 1 distinct; give each code its words"),
}


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize(("columns", "message"), COHORT_FAULTS.values(), ids=COHORT_FAULTS)
def test_what_no_single_patient_is_to_blame_for(columns, message, strict):
    found = refused(table(**columns), strict=strict)
    assert f"- {message}" in found
    assert found.count("\n") == 1
    assert SECRET not in found


def test_a_code_without_a_cause_is_not_told_to_give_causes():
    event = {"column": "status", "censored": [0], "causes": {"1": "relapse"}, "event_of_interest": "relapse"}
    message = refused(table(status=["1", "0", "2", "1"]), event=event)
    assert "a code listed neither among causes nor as censored ('2') in 1 of 4 rows; say what it means" in message
    assert "event_of_interest" not in message


def test_too_many_refused():
    raw = table(months=["0", "1", "2", "3"], status=["1"] * 4, age=["61", "5", "6", "7"], stage=["1", "1", "2", "2"])
    message = refused(raw, most_refused=0.2)
    assert "1 of 4 patients would be refused, expected at most 20%" in message
    assert "time 'months': not > 0 in 1 of 4 rows" in message
    assert len(mapped(raw, most_refused=0.25).rows) == 3


def test_nobody_left():
    assert "time 'months': not > 0 in 4 of 4 rows" in refused(table(months=["0"] * 4), most_refused=1.0)


def test_what_the_refused_leave_behind_is_checked():
    raw = table(status=["1", "0", "0", "0"], months=["0", "0.5", "24", "6"])
    assert "not one event among 3 patients" in refused(raw)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"time": {"column": "month", "unit": "months"}}, "no column 'month'; did you mean 'months'?"),
        ({"event": {"column": "dead", "seen": [1], "censored": [0]}}, "no column 'dead'; known names: age, id, months, stage, status"),
        ({"patient_id": "pid"}, "no column 'pid'; did you mean 'id'?"),
        ({"several": {"take": "first", "by": "visit"}}, "no column 'visit'"),
        ({"site": "hospital"}, "no column 'hospital'"),
        ({"dates": {"index": {"column": "seen"}}}, "no column 'seen'"),
        ({"covariates": {"agee": {"kind": "numeric", "label": "age"}}}, "no column 'agee'; did you mean 'age'?"),
    ],
)
def test_absent_columns(changes, message):
    found = refused(table(), **changes)
    assert message in found
    assert "the columns of patients are: id, months, status, age, stage" in found


def test_the_column_of_a_published_split_may_be_absent_too():
    with pytest.raises(StageRefusal, match="no column 'fold'"):
        mapped(published="fold")


def test_a_fixed_time_is_everybodys():
    cfg = mapping(time={"fixed_days": 28})
    assert map_patients({"patients": table()}, cfg).rows["days"].tolist() == [28] * 4
