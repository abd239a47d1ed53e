"""Reports: whose each is, what is wrong with it, and one clean text per patient."""

import json

import pandas as pd
import pyarrow as pa
import pytest

from tests.registry import LEXICON, registry_of
from workflow_scripts.ingest import build_reports, fetch_source
from workflow_scripts.lib.config.base import parse
from workflow_scripts.lib.config.cohort import PatientsConfig
from workflow_scripts.lib.config.modalities.reports import ReportsConfig
from workflow_scripts.lib.config.sources import FetchConfig
from workflow_scripts.lib.contracts.base import read_table, write_table
from workflow_scripts.lib.contracts.ingest import REFUSALS
from workflow_scripts.lib.contracts.modalities import REPORTS
from workflow_scripts.lib.contracts.registry import REGISTRY
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.identifiers import load_lexicon
from workflow_scripts.lib.ingest.members import Members
from workflow_scripts.lib.ingest.texts.documents import clean
from workflow_scripts.lib.ingest.texts.reports import own_values

GOOD = "Invasive carcinoma, margins free, three nodes."
SECRET = "Zebedee"
PATIENTS = {
    "source": {"kind": "table", "path": "patients.csv"},
    "patient_id": "id",
    "time": {"column": "days", "unit": "days"},
    "event": {"column": "event", "seen": [1], "censored": [0]},
    "covariates": {"age": {"kind": "numeric", "label": "age"}},
}
TABLE = {"source": {"kind": "table", "path": "reports.csv"}, "patient": {"column": "id"}, "text": "report"}
FOLDER = {"source": {"kind": "folder", "path": "notes", "pattern": "*.txt"}, "patient": {"pattern": "^(p[0-9])"}}


def build(root, cfg, registry=None):
    """Fetch and build; what the script says, the reports, and reasons by patient."""
    (root / "out").mkdir(exist_ok=True)
    people = pd.DataFrame({"id": ["p1", "p2", "p3"], "days": 5, "event": 1, "age": 60, "surname": [SECRET, "Poe", "Loe"]})
    people.to_csv(root / "patients.csv", index=False)
    cfg = parse(ReportsConfig, cfg, "reports")
    fetched = root / "out" / "source"
    fetch_source.main(fetched, parse(FetchConfig, {"source": cfg.source.model_dump()}, "cfg"), raw=root / cfg.source.path)
    write_table(registry_of(["p1", "p2", "p3"]) if registry is None else registry, root / "registry.parquet", REGISTRY)
    parse(PatientsConfig, PATIENTS, "patients")
    out = [root / "out" / name for name in ("reports.parquet", "refusals.parquet")]
    said = build_reports.main(fetched, root / "registry.parquet", [root / "patients.csv"], LEXICON, *out, cfg, PATIENTS)
    refusals = read_table(out[1], REFUSALS)
    return said, read_table(out[0], REPORTS).set_index("patient_id"), dict(zip(refusals["patient_id"], refusals["reason"], strict=True))


def table(root, rows, name="reports.csv"):
    """Write a table of reports."""
    frame = pd.DataFrame(rows, columns=["id", "report", "kind"][: len(rows[0])])
    if name.endswith(".jsonl"):
        (root / name).write_text("".join(json.dumps(row) + "\n" for row in frame.to_dict("records")), encoding="utf-8")
    elif name.endswith(".parquet"):
        frame.to_parquet(root / name)
    else:
        frame.to_csv(root / name, index=False)


def files(root, texts):
    """Write a folder of text files."""
    (root / "notes").mkdir()
    for name, data in texts.items():
        (root / "notes" / name).write_bytes(data if isinstance(data, bytes) else data.encode())


@pytest.mark.parametrize("name", ["reports.csv", "reports.jsonl", "reports.parquet"])
def test_a_column_of_a_table(tmp_path, name):
    table(tmp_path, [("p1", GOOD), ("p2", f"  {GOOD}\r\nSecond line. \x07"), ("p9", GOOD)], name)
    said, reports, refusals = build(tmp_path, {**TABLE, "source": {"kind": "table", "path": name}})
    assert reports["text"].to_dict() == {"p1": GOOD, "p2": f"{GOOD}\nSecond line."}
    assert reports["words"].tolist() == [6, 8]
    assert refusals == {"p9": "not among the cohort's patients"}
    assert said == "2 patients have a report, 0 refused, 0 identifiers replaced; 1 ids are not the cohort's, 0 documents name nobody"


def test_a_folder_of_files_linked_by_name_and_never_by_text(tmp_path):
    files(tmp_path, {"p1_a.txt": f"p2 {GOOD}", "p3.txt": GOOD, "other.txt": f"p1 {GOOD}"})
    said, reports, refusals = build(tmp_path, FOLDER)
    assert list(reports.index) == ["p1", "p3"]
    assert not refusals
    assert "1 documents name nobody" in said


@pytest.mark.parametrize(("several", "expected"), [("join", f"{GOOD}\n\n{GOOD} More."), ("longest", f"{GOOD} More.")])
def test_several_reports_of_a_patient(tmp_path, several, expected):
    table(tmp_path, [("p1", GOOD), ("p1", f"{GOOD} More."), ("p2", GOOD)])
    _, reports, _ = build(tmp_path, {**TABLE, "several": several})
    assert reports.loc["p1", ["text", "documents"]].tolist() == [expected, 2]


def test_rows_to_keep(tmp_path):
    table(tmp_path, [("p1", GOOD, "pathology"), ("p2", GOOD, "letter")])
    assert list(build(tmp_path, {**TABLE, "keep": {"kind": ["pathology"]}})[1].index) == ["p1"]


def test_identifiers_of_the_patients_table_are_cut_out_of_the_patients_own_report(tmp_path):
    table(tmp_path, [("p1", f"{SECRET.upper()} (p1), as {SECRET} said, has carcinoma; Poe is the nurse."), ("p2", GOOD)])
    said, reports, _ = build(tmp_path, TABLE)
    assert reports.loc["p1", "text"] == "[ID] (p1), as [ID] said, has carcinoma; Poe is the nurse."  # two characters are no name
    assert reports.loc["p1", "replaced"] == 2
    assert SECRET not in said


def test_a_part_of_a_name_is_enough():
    people = pa.table({"id": ["p1", "p2"], "patient_name": [f"Ada B. {SECRET}", "Poe"], "street": ["1 Elm St", None]})
    members = Members(pd.Series({"p1": "P1", "p2": "P2"}))
    own = own_values({"patients": people}, parse(PatientsConfig, PATIENTS, "cfg"), members, ["P1"], load_lexicon(LEXICON))
    assert own == {"P1": {"p1", f"Ada B. {SECRET}", "Ada", SECRET, "1 Elm St"}}


def test_the_code_of_a_document_is_cut_out_of_it_however_misread(tmp_path):
    code = "4F76D253-8752-4787-831C-CEE72FF7EE54"
    files(tmp_path, {f"p1.{code}.txt": f"{GOOD} 4F76D2S3.87S2 -4787-831C-C@E72FX7EE54", "p2.txt": f"{GOOD} {code}"})
    _, reports, _ = build(tmp_path, FOLDER)
    assert reports["text"].to_dict() == {"p1": f"{GOOD} [ID]", "p2": f"{GOOD} [UUID]"}


def test_under_pseudonyms_no_source_id_is_told(tmp_path):
    table(tmp_path, [("p1", GOOD), ("p9", GOOD), ("p2", "short")])
    renamed = registry_of(["P1", "P2", "P3"], source_id=["p1", "p2", "p3"])
    _, reports, refusals = build(tmp_path, TABLE, renamed)
    assert list(reports.index) == ["P1"]
    assert refusals == {"row 2": "not among the cohort's patients", "P2": "the report is near-empty: fewer than 5 words"}


LEAVE_OUT = {  # the table's or the folder's documents, changes, why p2 is left out
    "near-empty": ({"p2.txt": "III"}, {}, "the report is near-empty: fewer than 5 words"),
    "empty": ({"p2.txt": ""}, {}, "the report is near-empty: fewer than 5 words"),
    "only blanks": ({"p2.txt": " \n\t "}, {}, "the report is near-empty: fewer than 5 words"),
    "of 5 MB": ({"p2.txt": "word " * 1_000_000}, {}, "the report is longer than 500000 characters"),
    "a little too long": ({"p2.txt": "word " * 100}, {"most_characters": 400}, "the report is longer than 400 characters"),
    "NUL bytes": ({"p2.txt": b"word\x00 word word word word"}, {}, "the report holds NUL characters: it is no text"),
    "another encoding": ({"p2.txt": "tumör word word word word".encode("cp1252")}, {}, "the report is not utf-8 text"),
    "an image": ({"p2.txt": b"\x89PNG\r\n\x1a\n\x00\x00"}, {}, "the report is not utf-8 text"),
    "two patients in a name": ({"p2_p3.txt": GOOD}, {"patient": {"pattern": "(p[0-9])"}}, "a report names two patients"),
    "several": ({"p2_a.txt": GOOD, "p2_b.txt": GOOD}, {}, "several reports, and reports.several does not say which stands for the patient"),
}


@pytest.mark.parametrize("situation", LEAVE_OUT)
def test_what_leaves_out_just_its_patient(tmp_path, situation):
    texts, changes, reason = LEAVE_OUT[situation]
    files(tmp_path, {"p1.txt": GOOD, **texts})
    _, reports, refusals = build(tmp_path, {**FOLDER, **changes})
    assert list(reports.index) == ["p1"]
    assert refusals["p2"] == reason


STOP = {
    "a column that is no text": ([("p1", [GOOD])], {"source": {"kind": "table", "path": "reports.parquet"}}, "'report' holds list<.*text"),
    "no such column": ([("p1", GOOD)], {"text": "notes"}, "no column 'notes'"),
    "nobody known": ([("x1", GOOD), ("x2", GOOD)], {}, "2 ids are not the cohort's"),
    "a pattern that fits nothing": ([("p1", GOOD)], {"patient": {"column": "id", "pattern": "^(TCGA)"}}, "1 documents name none"),
    "all near-empty": ([("p1", "x"), ("p2", "y")], {}, "near-empty: fewer than 5 words: 2 patients"),
    "a table without patient column": ([("p1", GOOD)], {"patient": {"pattern": "(p1)"}}, "give patient.column"),
}


@pytest.mark.parametrize("situation", STOP)
def test_what_stops_the_modality(tmp_path, situation):
    rows, changes, words = STOP[situation]
    table(tmp_path, rows, changes.get("source", {}).get("path", "reports.csv"))
    with pytest.raises(StageRefusal, match=words):
        build(tmp_path, {**TABLE, **changes})
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["source"]


def test_an_encoding_that_nobody_knows(tmp_path):
    files(tmp_path, {"p1.txt": GOOD})
    with pytest.raises(StageRefusal, match=r"reports\.encoding: 'utf-99' is no known encoding"):
        build(tmp_path, {**FOLDER, "encoding": "utf-99"})


def test_strict_stops_at_one_bad_report(tmp_path, monkeypatch):
    monkeypatch.setitem(PATIENTS, "strict", True)
    files(tmp_path, {"p1.txt": GOOD, "p2.txt": "short", "p9.txt": GOOD})
    with pytest.raises(StageRefusal, match="- the report is near-empty: fewer than 5 words: 1 patients"):
        build(tmp_path, FOLDER)


def test_a_good_report_beside_a_bad_one_is_enough(tmp_path):
    files(tmp_path, {"p1_a.txt": GOOD, "p1_b.txt": "short", "p2.txt": GOOD})
    _, reports, refusals = build(tmp_path, FOLDER)
    assert reports.loc["p1", ["text", "documents"]].tolist() == [GOOD, 1]
    assert not refusals


def test_cleaning_composes_letters_and_leaves_words():
    assert clean("tumo\u0308r\r\nG3\x0b \u200bpT2") == "tumör\nG3 pT2"
