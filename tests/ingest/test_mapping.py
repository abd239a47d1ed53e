"""From a raw table to patients and refusals: mapped by hand, and every refusal by name."""

import numpy as np
import pandas as pd
import pytest

from tests.ingest.worlds import COLUMNS, MAPPING, mapping, table
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.mapping import covariates_of, map_patients, summary

SECRET = "Mrs Example of 12 High Street"


def refused(raw, **changes):
    """The message of the refusal."""
    with pytest.raises(StageRefusal) as refusal:
        map_patients(raw, mapping(**changes))
    return str(refusal.value)


def left_out(raw, **changes):
    """By patient, the reasons of the refusals; and the ids of the patients that stay."""
    rows, refusals = map_patients(raw, mapping(strict=False, **changes))
    return refusals.groupby("patient_id")["reason"].apply(list).to_dict(), list(rows["patient_id"])


def test_patients_by_hand():
    rows, refusals = map_patients(table(), mapping())
    expected = pd.DataFrame(
        {
            "patient_id": ["007", "12", "003", "9"],
            "days": [365.25, 15.21875, 730.5, 182.625],
            "event": [True, False, True, False],
            "age": [61, np.nan, 70.5, np.nan],
            "stage": ["1", "2", None, "2"],
        }
    )
    pd.testing.assert_frame_equal(rows, expected)
    assert refusals.empty


def test_covariates_keep_their_words():
    age, stage = covariates_of(mapping())
    assert (age.name, age.kind, age.label, age.unit) == ("age", "numeric", "age", "years")
    assert stage.levels == {"1": "early", "2": "late"}


def test_row_numbers_where_there_is_no_id():
    rows, _ = map_patients(table(), mapping(patient_id=None))
    assert list(rows["patient_id"]) == ["0001", "0002", "0003", "0004"]


def test_numbers_serve_as_well_as_text():
    numbers = {"id": [7, 12, 3, 9], "months": [12, 0.5, 24, 6], "status": [1.0, 0.0, 1.0, 0.0]}
    rows, _ = map_patients(table(**numbers, age=[61, None, 70.5, np.nan], stage=[1, 2, None, 2]), mapping())
    by_text, _ = map_patients(table(), mapping())
    pd.testing.assert_frame_equal(rows.drop(columns="patient_id"), by_text.drop(columns="patient_id"))
    assert list(rows["patient_id"]) == ["7", "12", "3", "9"]


def test_levels_are_kept_as_they_are_where_none_are_listed():
    free = {**MAPPING["covariates"], "stage": {"kind": "categorical", "label": "stage"}}
    rows, _ = map_patients(table(stage=["01", "x y", "NA", "01"]), mapping(covariates=free))
    assert rows["stage"].tolist() == ["01", "x y", None, "01"]


def test_a_cohort_without_censoring_is_fine():
    rows, _ = map_patients(table(status=["1"] * 4), mapping())
    assert rows["event"].all()


def test_summary_names_unused_columns_and_counts_copies():
    cfg = mapping(ignored={"note": "free text"})
    raw = table(note=["a"] * 4, zip=["1"] * 4, months=["12", "6", "24", "6"], age=["61", "5", "70", "5"])
    assert summary(raw, cfg, *map_patients(raw, cfg)) == (
        "4 patients, 2 events, 0 refused; 1 columns not used: zip; 1 patients equal another one in all but their id: are they the same?"
    )
    assert summary(table(), mapping(), *map_patients(table(), mapping())) == "4 patients, 2 events, 0 refused"


ROW_FAULTS = {
    "unlisted code": ({"status": ["1", "0", "1", "2"]}, "event 'status': a code listed neither as seen nor as censored", " ('2')"),
    "event as text": ({"status": ["1", "0", "1", "no"]}, "event 'status': a code listed neither as seen nor as censored", " ('no')"),
    "event missing": ({"status": ["1", "0", "1", ""]}, "event 'status': missing", ""),
    "event NaN": ({"status": [1.0, 0.0, 1.0, float("nan")]}, "event 'status': missing", ""),
    "time zero": ({"months": ["12", "0.5", "24", "0"]}, "time 'months': not > 0", ""),
    "time negative": ({"months": [12, 0.5, 24, -3]}, "time 'months': not > 0", ""),
    "time NaN": ({"months": [12, 0.5, 24, float("nan")]}, "time 'months': missing", ""),
    "time as text": ({"months": ["12", "0.5", "24", SECRET]}, "time 'months': not a number", ""),
    "time infinite": ({"months": ["12", "0.5", "24", "inf"]}, "time 'months': infinite", ""),
    "covariate infinite": ({"age": ["61", "5", "70.5", "-inf"]}, "covariate 'age': infinite", ""),
}


@pytest.mark.parametrize(("columns", "reason", "codes"), ROW_FAULTS.values(), ids=ROW_FAULTS)
def test_one_bad_patient_stops_a_strict_cohort(columns, reason, codes):
    message = refused(table(**columns))
    assert f"- {reason}{codes} in 1 of 4 rows\n" in message
    assert "set strict: false to leave these patients out" in message
    assert SECRET not in message


@pytest.mark.parametrize(("columns", "reason", "_"), ROW_FAULTS.values(), ids=ROW_FAULTS)
def test_or_is_left_out_by_reason(columns, reason, _):
    assert left_out(table(**columns)) == ({"9": [reason]}, ["007", "12", "003"])


def test_blank_and_repeated_ids():
    columns = {**COLUMNS, "id": ["7", " ", "7 ", None]}
    message = refused(table(**columns))
    assert "- patient id: missing in 2 of 4 rows\n" in message
    assert "- patient id: not the only row with it in 2 of 4 rows\n" in message
    two_more = {"id": ["8", "9"], "months": ["1", "2"], "status": ["1", "0"], "age": ["50", "51"], "stage": ["1", "2"]}
    missing, repeated = ["patient id: missing"], ["patient id: not the only row with it"]
    expected = {"7": repeated, "row 2": missing, "row 4": missing}
    assert left_out(table(**{name: [*columns[name], *two_more[name]] for name in columns})) == (expected, ["8", "9"])


def test_each_reason_of_a_patient_is_recorded_and_nobody_vanishes():
    raw = table(months=["12", "0.5", "24", "0"], status=["1", "0", "1", "7"], age=["61", "5", "70.5", "inf"])
    reasons, kept = left_out(raw)
    assert len(reasons["9"]) == 3
    assert {*reasons, *kept} == set(COLUMNS["id"])


def test_all_faults_are_reported_at_once():
    raw = table(months=["0", "0.5", "24", "x"], status=["1", "0", "1", "2"], age=["61", "old", "70", "71"], stage=["1", "3", "1", "2"])
    message = refused(raw)
    for part in (
        "time 'months': not a number",
        "time 'months': not > 0",
        "('2')",
        "'age': 1 of 4 values are not numbers",
        "no words for '3'",
    ):
        assert part in message


COHORT_FAULTS = {
    "no event": ({"status": ["0"] * 4}, "event 'status': not one event among 4 patients; check event.seen and event.censored"),
    "constant number": ({"age": ["5", "5", "NA", "5.0"]}, "covariate 'age': only one value among 4 patients, expected at least two"),
    "constant category": ({"stage": ["2"] * 4}, "covariate 'stage': only one value among 4 patients, expected at least two"),
    "all missing": ({"age": ["NA", "", None, " "]}, "covariate 'age': no value among 4 patients, expected at least two"),
    "text in numbers": ({"age": ["61", SECRET, "5", "<5"]}, "covariate 'age': 2 of 4 values are not numbers; list texts that mean missing"),
    "only text": ({"age": ["old", "young", "NA", "old"]}, "covariate 'age': 3 of 4 values are not numbers; list texts that mean missing"),
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


def test_nobody_left():
    assert "time 'months': not > 0 in 4 of 4 rows" in refused(table(months=["0"] * 4), strict=False)


def test_what_the_refused_leave_behind_is_checked():
    raw = table(status=["1", "0", "0", "0"], months=["0", "0.5", "24", "6"])
    assert "not one event among 3 patients" in refused(raw, strict=False)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"time": {"column": "month", "unit": "months"}}, "no column 'month'; did you mean 'months'?"),
        ({"event": {"column": "dead", "seen": [1], "censored": [0]}}, "no column 'dead'; known names: age, id, months, stage, status"),
        ({"patient_id": "pid"}, "no column 'pid'; did you mean 'id'?"),
        ({"covariates": {"agee": {"kind": "numeric", "label": "age"}}}, "no column 'agee'; did you mean 'age'?"),
    ],
)
def test_absent_columns(changes, message):
    found = refused(table(), **changes)
    assert message in found
    assert "the columns are: id, months, status, age, stage" in found
