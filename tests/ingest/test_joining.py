"""Several tables of the same patients as one."""

import pyarrow as pa
import pytest

from tests.ingest.worlds import MAPPING, mapping, table
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.patients.mapping import map_patients
from workflow_scripts.lib.ingest.patients.summary import summary

LAB = {"source": {"kind": "table", "path": "lab.csv"}, "patient": {"column": "pid", "pattern": r"^P(\w+)$"}}
SODIUM = {"sodium": {"kind": "numeric", "label": "sodium"}}
COVARIATES = MAPPING["covariates"] | SODIUM
LAB_ROWS = {"pid": ["P9", "P003", "P12", "P55", "x"], "sodium": ["140", "NA", "138", "150", "1"], "lot": ["1", "2", "3", "4", "5"]}


def joined(lab=None, raw=None, **changes):
    tables = {"patients": table() if raw is None else raw, "lab": pa.table(LAB_ROWS if lab is None else lab)}
    cfg = mapping(**{"tables": {"lab": LAB}, "covariates": COVARIATES, "most_refused": 0.5} | changes)
    found = map_patients(tables, cfg)
    return found, summary(tables, cfg, found)


def refused(*arguments, **changes):
    with pytest.raises(StageRefusal) as refusal:
        joined(*arguments, **changes)
    return str(refusal.value)


def test_values_go_to_their_patients_and_are_missing_for_the_others():
    found, said = joined()
    assert found.rows["patient_id"].tolist() == ["007", "12", "003", "9"]
    assert found.rows["sodium"].fillna(-1).tolist() == [-1, 138, -1, 140]
    assert said == "4 patients, 2 events, 0 refused; lab: 3 patients and 2 rows of others; 1 columns not used: lot"


def test_outcome_and_site_may_be_in_another_table():
    raw = table().drop_columns(["months", "status"])
    lab = LAB_ROWS | {
        "pid": ["P9", "P003", "P12", "P007", "x"],
        "months": ["6", "24", "0.5", "12", "1"],
        "status": ["0", "1", "0", "1", "1"],
    }
    found, _ = joined(lab, raw, site="lot")
    assert found.rows["days"].tolist() == [365.25, 15.21875, 730.5, 182.625]
    assert found.registry["site"].tolist() == ["4", "3", "2", "1"]


def test_a_patient_without_outcome_in_the_other_table_is_refused():
    raw = table(age=["61", "5", "6", "7"], stage=["1", "1", "2", "2"]).drop_columns(["status"])
    found, _ = joined(LAB_ROWS | {"status": ["0", "1", "1", "1", "1"]}, raw)
    assert found.refusals.to_numpy().tolist() == [["007", "event 'status': missing"]]


def test_a_column_in_two_tables_is_refused():
    assert "column 'age' is in several tables: patients, lab; rename it in one of them" in refused(LAB_ROWS | {"age": ["1"] * 5})


def test_but_not_one_that_nobody_uses_nor_the_id():
    lab = {"note": LAB_ROWS["lot"], "id": LAB_ROWS["pid"], "sodium": LAB_ROWS["sodium"]}
    key = {"lab": LAB | {"patient": {"column": "id", "pattern": r"^P(\w+)$"}}}
    found, _ = joined(lab, table(note=["a"] * 4), tables=key)
    assert found.rows["sodium"].count() == 2


def test_absent_columns_are_named_with_their_table():
    message = refused({"sodium": ["1"], "patient": ["P9"]})
    assert "lab: there is no column 'pid'; known names: patient, sodium" in message
    assert "the columns of lab are: sodium, patient" in message


def test_several_rows_need_a_rule():
    lab = LAB_ROWS | {"pid": ["P9", "P9", "P12", "P55", "x"]}
    assert "lab: patient id: not the only row with it in 2 of 5 rows; say under several" in refused(lab)


@pytest.mark.parametrize(("take", "sodium"), [("first", 140), ("last", 150)])
def test_and_follow_it(take, sodium):
    lab = LAB_ROWS | {"pid": ["P9", "P003", "P12", "P9", "x"]}
    found, _ = joined(lab, tables={"lab": LAB | {"several": {"take": take, "by": "lot"}}})
    assert found.rows["sodium"].fillna(-1).tolist() == [-1, 138, -1, sodium]


def test_who_has_rows_that_disagree_is_refused_by_table_and_column():
    lab = LAB_ROWS | {"pid": ["P9", "P003", "P12", "P9", "P12"], "sodium": ["140", "141", "138", "150", "138"]}
    found, _ = joined(lab, tables={"lab": LAB | {"several": {"take": "agreeing"}}})
    assert found.refusals.to_numpy().tolist() == [["9", "lab: several rows: they disagree in 'sodium'"]]


def test_a_table_of_other_patients_is_refused():
    assert "lab: holds not one patient of the main table; compare the ids" in refused(LAB_ROWS | {"pid": ["P1", "P2", "P3", "P4", "x"]})
    assert "lab: holds not one patient of the main table" in refused(LAB_ROWS | {"pid": ["1", "2", "3", "4", "x"]})


def test_the_main_table_may_have_several_rows_too():
    raw = table(id=["007", "12", "007", "9"], months=["12", "0.5", "12", "6"], age=["61", "5", "61", "6"], stage=["1", "2", "1", "2"])
    found, _ = joined(raw=raw, several={"take": "agreeing"})
    assert found.rows["patient_id"].tolist() == ["007", "12", "9"]
    assert found.rows["sodium"].fillna(-1).tolist() == [-1, 138, 140]
