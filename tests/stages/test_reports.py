"""The scripts of the reports stage: who has a report has it cleaned, who has nothing left is refused by name."""

import pandas as pd
import pytest

from workflow_scripts.lib.contracts.base import read_table, write_table
from workflow_scripts.lib.contracts.ingest import REFUSALS
from workflow_scripts.lib.contracts.modalities import REPORTS
from workflow_scripts.lib.contracts.reports import CLEANED_REPORTS
from workflow_scripts.lib.errors import ContractError, StageRefusal
from workflow_scripts.lib.reports.cleaning import NOTHING
from workflow_scripts.reports import clean_reports

TEXTS = {"p1": "TCGA-DK-0001-01A-PR Redacted\nAll margins are free.", "p2": "Page 1 of 1\nIIIIIIIIIII", "p3": "Stage III"}


@pytest.fixture
def reports(tmp_path):
    rows = pd.DataFrame({"patient_id": list(TEXTS), "text": list(TEXTS.values())})
    rows = rows.assign(words=rows["text"].str.split().str.len(), documents=1, replaced=0)
    write_table(rows, tmp_path / "reports.parquet", REPORTS)
    return tmp_path / "reports.parquet"


def run(reports, strict=False):
    cleaned, refusals = reports.parent / "cleaned.parquet", reports.parent / "refusals.parquet"
    said = clean_reports.main(reports, cleaned, refusals, strict)
    return said, read_table(cleaned, CLEANED_REPORTS), read_table(refusals, REFUSALS)


def test_reports_are_cleaned_and_who_has_nothing_left_is_refused(reports):
    said, cleaned, refused = run(reports)
    assert cleaned.set_index("patient_id").to_dict("index") == {
        "p1": {"text": "All margins are free.", "words": 4, "removed": len(TEXTS["p1"]) - 21},
        "p3": {"text": "Stage III", "words": 2, "removed": 0},
    }
    assert refused.to_dict("records") == [{"patient_id": "p2", "reason": NOTHING}]
    assert said == f"2 reports cleaned of {len(TEXTS['p1']) - 21} characters; 1 refused"


def test_nobody_vanishes_and_the_same_bytes_come_again(reports):
    _, cleaned, refused = run(reports)
    assert sorted([*cleaned["patient_id"], *refused["patient_id"]]) == sorted(TEXTS)
    before = (reports.parent / "cleaned.parquet").read_bytes()
    run(reports)
    assert (reports.parent / "cleaned.parquet").read_bytes() == before


def test_strict_stops_for_one(reports):
    with pytest.raises(StageRefusal, match="1 "):
        run(reports, strict=True)


def test_another_table_is_refused(reports):
    write_table(pd.DataFrame({"patient_id": ["p1"], "reason": ["x"]}), reports, REFUSALS)
    with pytest.raises(ContractError, match="reports"):
        run(reports)


def test_no_reports_are_no_fault(reports):
    write_table(read_table(reports, REPORTS).head(0), reports, REPORTS)
    assert run(reports)[0] == "0 reports cleaned of 0 characters; 0 refused"
