"""Statements as covariates and in words."""

import numpy as np
import pandas as pd
import pytest

from workflow_scripts.lib.reports.findings import findings_of, frequent, say_reports, say_statement

ROWS = [
    ("p1", "margins", "all", "negative", "stated", True),
    ("p1", "margins", "ureteral", "positive", "stated", True),
    ("p1", "nodes", "regional", "0/4", "stated", True),
    ("p1", "nodes", "regional", "3/12", "stated", True),
    ("p2", "margins", "all", "positive", "uncertain", True),
    ("p2", "grade", "gleason", "3+4", "stated", True),
    ("p2", "stage", "T", "pT2a", "stated", True),
    ("p2", "size", "tumour", "34 mm", "stated", True),
    ("p3", "invasion", "lymphovascular", "present", "stated", False),
    ("p3", "stage", "T", "pT3", "stated", True),
    ("p3", "stage", "T", "pTX", "stated", True),
    ("p3", "stage", "group", "IIIA", "stated", True),
    ("p3", "nodes", "extranodal", "present", "stated", True),
]


def refined() -> pd.DataFrame:
    rows = pd.DataFrame(ROWS, columns=["patient_id", "field", "aspect", "value", "certainty", "supported"])
    return rows.assign(statement=rows.groupby("patient_id").cumcount())


def test_the_worst_counts_and_the_uncertain_and_unsupported_do_not():
    found = findings_of(refined(), ["p1", "p2", "p3"]).values
    assert found["report margins"].isna().tolist() == [False, True, True]
    assert found.loc["p1", "report margins"] == "positive"
    assert found["report stage T"].tolist()[1:] == [2, 3]
    assert found["report nodes regional"].tolist()[0] == 3.0
    assert found.loc["p3", "report nodes extranodal"] == "present"
    assert "report invasion lymphovascular" not in found


@pytest.mark.parametrize(
    ("field", "aspect", "value", "number"),
    [
        ("stage", "T", "pT2a", 2),
        ("stage", "T", "ypT0", 0),
        ("stage", "T", "pTis", 0),
        ("stage", "T", "pTa", 0),
        ("stage", "T", "pTX", np.nan),
        ("stage", "N", "N2b", 2),
        ("stage", "group", "IIIA", 3),
        ("stage", "group", "IV", 4),
        ("stage", "group", "0", 0),
        ("grade", "gleason", "3+4", 7),
        ("grade", "histologic", "high", 3),
        ("grade", "fuhrman", "4", 4),
        ("size", "tumour", "34.5 mm", 34.5),
        ("nodes", "regional", "some/?", 1),
        ("nodes", "regional", "?/9", np.nan),
    ],
)
def test_what_has_an_order_is_a_number(field, aspect, value, number):
    rows = pd.DataFrame(
        {"patient_id": ["p"], "statement": [0], "field": field, "aspect": aspect, "value": value, "certainty": "stated", "supported": True}
    )
    np.testing.assert_equal(findings_of(rows, ["p"]).values.iloc[0, 0], number)


def test_a_patient_without_a_report_has_nothing():
    found = findings_of(refined(), ["p2", "nobody"])
    assert found.values.loc["nobody"].isna().all()
    assert found.words.loc["p2", "report grade gleason"] == "Gleason 3+4"


def test_rare_findings_are_no_covariates():
    found = pd.DataFrame({"often": [1.0] * 2 + [np.nan] * 38, "rarely": [1.0] + [np.nan] * 39})
    assert frequent(found) == ["often"]


def test_words():
    assert say_statement("nodes", "regional", "3/12") == "nodes 3 of 12"
    assert say_statement("nodes", "regional", "3/?") == "nodes 3 involved"
    assert say_statement("margins", "ureteral", "positive") == "ureteral margin positive"
    assert say_statement("invasion", "perineural", "absent") == "perineural invasion absent"
    assert say_statement("grade", "fuhrman", "2") == "fuhrman grade 2"
    assert say_statement("other", "necrosis", "present") == "necrosis present"


def test_reports_in_words_are_what_is_supported_each_once_in_order():
    rows = pd.concat([refined(), refined().iloc[[0]]])
    said = say_reports(rows)
    assert said["p1"] == "margins negative; ureteral margin positive; nodes 0 of 4; nodes 3 of 12"
    assert said["p2"].startswith("possibly margins positive; Gleason 3+4; pT2a; tumour of 34 mm")
    assert said["p3"] == "pT3; pTX; IIIA; extranodal nodes present"
