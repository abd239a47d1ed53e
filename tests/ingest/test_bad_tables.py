"""Malformed tables, each refused by name and in counts before anything is written, or leaving out just the patients it concerns."""

import gzip
import io
import zipfile

import pandas as pd
import pytest

from tests.registry import LEXICON
from workflow_scripts.ingest import build_cohort, fetch_source
from workflow_scripts.lib.config.base import parse
from workflow_scripts.lib.config.cohort import PatientsConfig
from workflow_scripts.lib.config.sources import FetchConfig
from workflow_scripts.lib.contracts.base import read_table
from workflow_scripts.lib.contracts.ingest import PATIENTS, REFUSALS
from workflow_scripts.lib.errors import StageRefusal

N = 40
CONFIG = {
    "patient_id": "id",
    "time": {"column": "days", "unit": "days"},
    "event": {"column": "status", "seen": [1], "censored": [0]},
    "covariates": {"age": {"kind": "numeric", "label": "age"}, "arm": {"kind": "categorical", "label": "arm"}},
}
SECRET = "Erika"  # in no message


def ward(**columns):
    """Forty patients, with the first values of some columns changed or whole columns added."""
    i = range(N)
    rows = {"id": [f"{SECRET}{k:02}" for k in i], "days": [k + 1 for k in i], "status": [k % 2 for k in i], "age": [40 + k for k in i]}
    table = pd.DataFrame({**rows, "arm": ["a", "b"] * (N // 2)}).astype(object)
    for name, values in columns.items():
        table[name] = [*values, *(list(table[name])[len(values) :] if name in table else [""] * (N - len(values)))]
    return table


def csv(table=None, **columns):
    return (ward(**columns) if table is None else table).to_csv(index=False).encode()


def parquet(table):
    buffer = io.BytesIO()
    table.astype(str).to_parquet(buffer)
    return buffer.getvalue()


def packed(*names, data=b"a\n"):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, data)
    return buffer.getvalue()


def build(folder, raw, name="ward.csv", **changes):
    """Both scripts in turn; the second one's line, patients and refusals."""
    (folder / name).write_bytes(raw)
    source = {"kind": "table", "path": name}
    cfg = parse(PatientsConfig, {"source": source, **CONFIG, **changes}, "cfg")
    fetch_source.main(source=folder / "out/source", cfg=parse(FetchConfig, {"source": source}, "cfg"), raw=folder / name)
    tables = {table: folder / f"out/{table}.parquet" for table in ("patients", "registry", "refusals")}
    said = build_cohort.main(source=folder / "out/source", **tables, cfg=cfg, lexicon=LEXICON, control="none", published=None, seed=1)
    return said, read_table(tables["patients"], PATIENTS), read_table(tables["refusals"], REFUSALS)


DATED = {"time": None, "event": None, "dates": {"index": {"column": "seen"}, "event": "died", "end": {"date": "2021-01-01"}}}
SEEN = {"seen": ["2020-01-01T00:00:00Z"] * N, "died": ["2020-06-01T00:00:00Z"] * (N // 2)}
STOP = {  # name: (the file's name, its bytes, changes to the config, words of the refusal)
    "no bytes": ("ward.csv", b"", {}, ["ward.csv: the table is empty: no header"]),
    "no rows": ("ward.csv", b"id,days,status,age,arm\n", {}, ["no rows below its header"]),
    "ragged": ("ward.csv", csv() + b"1,2,3\n", {}, ["1 rows (the first is row 42) have more or fewer values than the 5 columns"]),
    "open quotation": ("ward.csv", csv() + b'"1,2,3,4,5\n', {}, ["a quotation mark is opened and never closed"]),
    "repeated column": ("ward.csv", csv().replace(b"arm", b"age", 1), {}, ["column names occur more than once: ['age']"]),
    "wrong encoding": ("ward.csv", csv(arm=["ä"]).decode().encode("cp1252"), {}, ["is not utf-8; set source.encoding"]),
    "utf-16": ("ward.csv", csv().decode().encode("utf-16-le"), {}, ["NUL bytes: no text file"]),
    "NUL bytes": ("ward.csv", csv() + b"\0\0\0\0,1,1,1,1\n", {}, ["4 NUL bytes"]),
    "cut gz": ("ward.csv.gz", gzip.compress(csv(), mtime=0)[:-20], {}, ["cannot be unpacked or read (EOFError)"]),
    "gz in name only": ("ward.csv.gz", csv(), {}, ["BadGzipFile"]),
    "gz bomb": ("ward.csv.gz", gzip.compress(csv() + b"\n" * 30_000_000, mtime=0), {}, ["looks like a decompression bomb"]),
    "zip bomb": ("ward.csv.zip", packed("a.csv", data=csv() + b"\n" * 30_000_000), {}, ["looks like a decompression bomb"]),
    "two in a zip": ("ward.zip", packed("a.csv", "b.csv"), {}, ["2 files inside, expected exactly one"]),
    "cut parquet": ("ward.parquet", parquet(ward())[:-50], {}, ["not a readable Parquet file"]),
    "no parquet": ("ward.parquet", csv(), {}, ["not a readable Parquet file"]),
    "no hdf5": ("ward.h5", csv(), {}, ["not a readable HDF5 file"]),
    "spreadsheet": ("ward.xlsx", b"PK", {}, ["suffix '.xlsx' is unknown"]),
    "json array": ("ward.jsonl", b'[{"id": "1"}]\n', {}, ["line 1 is no JSON object"]),
    "nested json": ("ward.jsonl", b'{"id": "1", "days": {"value": 1}}\n', {}, ["line 1: ['days'] hold lists or objects"]),
    "absent column": ("ward.csv", csv(), {"site": "hospitl"}, ["no column 'hospitl'", "the columns of patients are: id, days"]),
    "event in three codes": ("ward.csv", csv(status=[2, 2]), {}, ["('2') in 2 of 40 rows", "give causes and event_of_interest"]),
    "event as text": ("ward.csv", csv(status=["gone"]), {}, ["('gone') in 1 of 40 rows"]),
    "no events": ("ward.csv", csv(status=[0] * N), {}, ["not one event among 40 patients"]),
    "patient twice": ("ward.csv", csv(id=[f"{SECRET}07"]), {}, ["not the only row with it in 2 of 40 rows", "say under several"]),
    "start-stop": (
        "ward.csv",
        csv(id=[f"{SECRET}07"], tstart=[0] * N, tstop=[1] * N),
        {"several": {"take": "agreeing"}},
        ["columns 'tstart' and 'tstop' with several rows per patient: a start-stop table", "one row at an index date"],
    ),
    "constant": ("ward.csv", csv(age=[60] * N), {}, ["covariate 'age': only one value among 40 patients"]),
    "all missing": ("ward.csv", csv(arm=[""] * N), {}, ["covariate 'arm': no value among 40 patients"]),
    "decimal commas": ("ward.csv", csv(age=["40,5"] * 3), {}, ["covariate 'age': 3 of 40 values are not numbers"]),
    "too many refused": ("ward.csv", csv(days=[0] * 9), {}, ["9 of 40 patients would be refused, expected at most 20%", "not > 0 in 9"]),
    "one refused, strictly": ("ward.csv", csv(days=[0]), {"strict": True}, ["time 'days': not > 0 in 1 of 40 rows", "set strict: false"]),
    "mixed time zones": (
        "ward.csv",
        csv(**SEEN | {"seen": ["2020-01-01T00:00:00+05:00", *SEEN["seen"][1:]]}),
        DATED,
        ["'seen': mixed time zones"],
    ),
    "American dates": (
        "ward.csv",
        csv(seen=["01/31/2020"] * N, died=["06/01/2020"] * 9),
        DATED,
        ["'seen': not a date in ISO 8601", "in 40 of 40"],
    ),
    "pattern that fits nobody": (
        "ward.csv",
        csv(),
        {"patient_id": {"column": "id", "pattern": r"^TCGA-(\d+)"}},
        ["does not match its pattern in 40"],
    ),
}


@pytest.mark.parametrize("situation", STOP)
def test_what_stops_the_cohort_with_nothing_written(tmp_path, situation):
    name, raw, changes, words = STOP[situation]
    with pytest.raises(StageRefusal) as refusal:
        build(tmp_path, raw, name, **changes)
    assert all(word in str(refusal.value) for word in words), refusal.value
    assert SECRET not in str(refusal.value)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["source"]


LEAVE_OUT = {  # name: (the file's bytes, changes to the config, how many are left out, why)
    "time zero or negative": (csv(days=[0, -1]), {}, 2, ["time 'days': not > 0"]),
    "time missing": (csv(days=[None]), {}, 1, ["time 'days': missing"]),
    "time as text": (csv(days=["a year"]), {}, 1, ["time 'days': not a number"]),
    "time infinite": (csv(days=["inf"]), {}, 1, ["time 'days': infinite"]),
    "event missing": (csv(status=[None]), {}, 1, ["event 'status': missing"]),
    "id missing": (csv(id=[None, " "]), {}, 2, ["patient id: missing"]),
    "id of another pattern": (
        csv(id=["7"]),
        {"patient_id": {"column": "id", "pattern": r"^\D+(\d+)$"}},
        1,
        ["patient id: does not match its pattern"],
    ),
    "formula in a number": (csv(age=["=40+1"]), {}, 1, ["covariate 'age': not a number"]),
    "infinite covariate": (csv(age=["1e999"]), {}, 1, ["covariate 'age': infinite"]),
    "formulas": (csv(arm=["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0"]), {}, 3, ["covariate 'arm': a spreadsheet formula"]),
    "rows that disagree": (
        csv(id=[f"{SECRET}07"]),
        {"several": {"take": "agreeing"}},
        1,
        [f"several rows: they disagree in '{c}'" for c in ("age", "arm", "days", "status")],
    ),
    "event before the index date": (
        csv(**SEEN | {"died": ["2019-06-01T00:00:00Z", *SEEN["died"][1:]]}),
        DATED,
        1,
        ["time from the index date to event or end: not > 0"],
    ),
    "no such day": (
        csv(**SEEN | {"seen": ["2020-02-30T00:00:00Z", *SEEN["seen"][1:]]}),
        DATED,
        1,
        ["date 'seen': not a date in ISO 8601, such as 2015-01-31; set dates.format"],
    ),
}


@pytest.mark.parametrize("situation", LEAVE_OUT)
def test_what_leaves_out_just_the_patients_it_concerns(tmp_path, situation):
    raw, changes, count, reasons = LEAVE_OUT[situation]
    said, patients, refusals = build(tmp_path, raw, **changes)
    assert f"; {count} refused" in f"; {said.split(', ')[2]}"
    assert sorted(set(refusals["reason"])) == sorted(reasons)
    assert refusals["patient_id"].nunique() == count
    duplicates = 1 if situation == "rows that disagree" else 0
    assert len(patients) == N - count - duplicates
    assert SECRET not in said
