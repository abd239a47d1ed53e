"""Sources that can be read exactly, and those that are refused by name."""

import gzip
import io
import re
import zipfile

import h5py
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.ingest.worlds import COLUMNS, table, write
from workflow_scripts.lib.config.simulation import SimulatedSource
from workflow_scripts.lib.config.sources import BuiltinSource, PartSource, TableSource
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.raw.reading import iterate_batches, read_source


def read(path, **settings):
    return read_source(path, TableSource(kind="table", path=f"raw/{path.name}", **settings))


def read_bytes(folder, raw, name="cohort.csv", **settings):
    path = folder / name
    path.write_bytes(raw)
    return read(path, **settings)


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet", ".CSV"])
def test_every_format_gives_the_same_text(tmp_path, suffix):
    assert read(write(tmp_path, suffix, table())).to_pydict() == COLUMNS


def test_quotes_newlines_byte_order_marks_and_blank_lines(tmp_path):
    raw = '\ufeffid,"a, b"\r\n1,"x,\ny"\r\n\r\n2,"say ""no"""\r\n'.encode()
    assert read_bytes(tmp_path, raw).to_pydict() == {"id": ["1", "2"], "a, b": ["x,\ny", 'say "no"']}


def test_a_file_without_last_newline(tmp_path):
    assert read_bytes(tmp_path, b"a,b\n1,2").to_pydict() == {"a": ["1"], "b": ["2"]}


def test_values_on_several_lines_far_into_a_large_file(tmp_path):
    raw = b"id,note\n" + b'7,"a\n\n\n\n\n\n\nb"\n' * 100_000
    assert read_bytes(tmp_path, raw)["note"].unique().to_pylist() == ["a\n\n\n\n\n\n\nb"]


def test_blank_lines_before_the_header_and_columns_named_by_numbers(tmp_path):
    assert read_bytes(tmp_path, b"\n\nid,2020\n1,007\n").to_pydict() == {"id": ["1"], "2020": ["007"]}


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
def test_other_encodings(tmp_path, encoding):
    assert read_bytes(tmp_path, "id,ort\n1,Köln\n".encode(encoding), encoding=encoding).to_pydict() == {"id": ["1"], "ort": ["Köln"]}


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "the table is empty: no header"),
        (b"\n\n", "the table is empty: no header"),
        (b"id,age\n", "the table is empty: no rows below its header"),
        (b"id,age", "the table is empty: no rows below its header"),
        (b"id,age\n1,2\n1,2,3\n4\n5,6\n", r"2 rows \(the first is row 3\) have more or fewer values than the 2 columns"),
        (b'"id,age\n' + b"1,2\n" * 100_000, "a quotation mark is opened and never closed"),
        (b'id,age\n1,"2\n3,4\n', "a quotation mark is opened and never closed"),
        (b"id,age,id\n1,2,3\n", r"column names occur more than once: \['id'\]"),
        (b"id,ort\n1,K\xf6ln\n", "byte 10 is not utf-8; set source.encoding"),
        (b"id,ort\n1,K\xc3", "byte 10 is not utf-8; set source.encoding"),
        (b"id,ort\n1,K\0\0\n", "2 NUL bytes: no text file"),
        (b"id,ort\n1," + b"K" * 20_000_000 + b"\n", "a row is longer than 8000000 bytes, or a quotation mark is opened"),
        (b'id,ort\n1,"K\n' + b"2,3\n" * 3_000_000, "a quotation mark is opened and never closed"),
    ],
)
def test_unreadable_text_is_refused(tmp_path, raw, message):
    with pytest.raises(StageRefusal, match=f"raw/cohort.csv: {message}") as refusal:
        read_bytes(tmp_path, raw)
    assert "K" not in str(refusal.value)  # of Köln: no value is quoted


@pytest.mark.parametrize("encoding", ["utf8000", "hex"])
def test_unknown_encoding(tmp_path, encoding):
    with pytest.raises(StageRefusal, match=f"'{encoding}' is no known encoding"):
        read_bytes(tmp_path, b"a\n1\n", encoding=encoding)


def test_a_character_may_lie_across_two_blocks(tmp_path):
    text = "id,ort\n" + "1,Köln\n" * 1_200_000  # more than a block of 8 MB, in rows of 8 bytes, two of them ö
    for shift in ("", "x"):
        assert read_bytes(tmp_path, (shift + text).encode())["ort"].unique().to_pylist() == ["Köln"]


def zipped(**members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "."), data)
    return buffer.getvalue()


TEXT = b"id,age\n007,1.0\n"


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("a.csv.gz", gzip.compress(TEXT, mtime=0)),
        ("a.tsv.gz", gzip.compress(TEXT.replace(b",", b"\t"), mtime=0)),
        ("a.csv.zip", zipped(a__csv=TEXT)),
        ("a.csv.zip", zipped(a__csv__zip=TEXT)),
        ("A.ZIP", zipped(A__CSV=TEXT)),
        ("a.jsonl", b'{"id": "007", "age": 1.0}\n'),
        ("a.ndjson", b'\n{"age": 1.0, "id": "007"}'),
        ("a.jsonl.gz", gzip.compress(b'{"id": "007", "age": 1.0}\n', mtime=0)),
    ],
)
def test_packed_and_json_lines(tmp_path, name, raw):
    assert read_bytes(tmp_path, raw, name=name).select(["id", "age"]).to_pydict() == {"id": ["007"], "age": ["1.0"]}


@pytest.mark.parametrize(
    ("name", "raw", "message"),
    [
        ("a.csv.gz", gzip.compress(TEXT, mtime=0)[:-6], "cannot be unpacked or read (EOFError); it may be truncated"),
        ("a.csv.gz", TEXT, "cannot be unpacked or read (BadGzipFile)"),
        ("a.csv.zip", zipped(a__csv=TEXT)[:-10], "not a readable .zip (BadZipFile)"),
        ("a.csv.zip", b"no zip", "not a readable .zip"),
        ("a.zip", zipped(a__csv=TEXT, b__csv=TEXT), "2 files inside, expected exactly one"),
        ("a.zip", zipped(), "0 files inside, expected exactly one"),
        ("a.csv.gz", gzip.compress(b"id,age\n" + b"1,2\n" * 5_000_000, mtime=0), "it looks like a decompression bomb"),
        ("a.csv.zip", zipped(a__csv=b"id,age\n" + b"1,2\n" * 5_000_000), "it looks like a decompression bomb"),
    ],
)
def test_packed_files_that_are_refused(tmp_path, name, raw, message):
    with pytest.raises(StageRefusal, match=re.escape(f"raw/{name}: ") + ".*" + re.escape(message)):
        read_bytes(tmp_path, raw, name=name)


def test_json_values_are_text_as_they_are_written(tmp_path):
    raw = b'{"a": 1.50, "b": true, "c": null}\n\n{"b": "x", "d": 12345678901234567890, "a": false}\n{"a": NaN, "d": "\\u00e4"}\n'
    assert read_bytes(tmp_path, raw, name="a.jsonl").to_pydict() == {
        "a": ["1.50", "false", "NaN"],
        "b": ["true", "x", None],
        "c": [None, None, None],
        "d": [None, "12345678901234567890", "ä"],
    }


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b'{"a": 1}\n{"a": 2\n', "line 2 is no JSON object with distinct keys"),
        (b'[{"a": 1}]\n', "line 1 is no JSON object"),
        (b'{"a": 1, "a": 2}\n', "line 1 is no JSON object with distinct keys"),
        (b'{"a": 1}\n{"a": [1], "b": {}}\n', r"line 2: \['a', 'b'\] hold lists or objects"),
        (b"[" * 100_000 + b"\n", "line 1 is no JSON object"),
        (b'{"a": "' + b"x" * 9_000_000 + b'"}\n', "line 1 is longer than 8000000 characters"),
        (b"\n", "the table is empty"),
        (b'{"a": "\xff"}\n', "byte 7 is not utf-8"),
        (b'{"a": "\\ud800"}\n', "half a character"),
    ],
)
def test_json_lines_that_are_refused(tmp_path, raw, message):
    with pytest.raises(StageRefusal, match=f"raw/a.jsonl: {message}"):
        read_bytes(tmp_path, raw, name="a.jsonl")


def batches(path, columns=None):
    return iterate_batches(path, TableSource(kind="table", path=path.name), columns)


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl", ".h5"])
def test_only_the_columns_asked_for_in_the_order_asked_for(tmp_path, suffix):
    path = tmp_path / f"cohort{suffix}"
    rows = table().to_pandas()
    if suffix == ".h5":
        with h5py.File(path, "w") as file:
            file.update({name: rows[name].astype(str).to_numpy(dtype=object) for name in rows})
    elif suffix == ".jsonl":
        rows.to_json(path, orient="records", lines=True)
    else:
        write(tmp_path, suffix, table())
    found = pa.Table.from_batches(batches(path, ["stage", "id"]))
    assert found.to_pydict() == {name: COLUMNS[name] for name in ("stage", "id")}
    with pytest.raises(StageRefusal, match=r"no column 'satge'; did you mean 'stage'\?"):
        list(batches(path, ["satge"]))


def test_a_large_table_comes_in_several_batches(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"id,note\n" + b"12345678,abcdefghijklmnop\n" * 800_000)
    sizes = [batch.num_rows for batch in batches(path)]
    assert sum(sizes) == 800_000
    assert len(sizes) > 2


def test_the_other_kinds_of_sources(tmp_path):
    path = tmp_path / "source"
    path.write_bytes(TEXT)
    for source in (PartSource(kind="part", path="visits/codes.csv"), SimulatedSource(kind="simulated")):
        assert read_source(path, source).to_pydict() == {"id": ["007"], "age": ["1.0"]}
    pq.write_table(table(), path)
    assert read_source(path, BuiltinSource(kind="builtin", name="gbsg2")).to_pydict() == COLUMNS


@pytest.mark.parametrize(
    ("name", "suffix"),
    [("cohort.xlsx", ".xlsx"), ("cohort", ""), ("cohort.xlsx.gz", ".xlsx"), ("cohort.parquet.gz", ".parquet"), ("a.gz", "")],
)
def test_unknown_suffix(tmp_path, name, suffix):
    with pytest.raises(
        StageRefusal, match=rf"raw/{name}: suffix '{suffix}' is unknown; expected \.csv, \.tsv or \.jsonl, each also as \.gz"
    ):
        read_bytes(tmp_path, b"a\n1\n", name=name)


@pytest.mark.parametrize("cut", [0, 3, 100, -20])
def test_truncated_parquet(tmp_path, cut):
    whole = write(tmp_path, ".parquet", table()).read_bytes()
    with pytest.raises(
        StageRefusal, match=r"raw/cut\.parquet: not a readable Parquet file \(ArrowInvalid, \d+ bytes\); it may be truncated"
    ):
        read_bytes(tmp_path, whole[:cut], name="cut.parquet")


def test_parquet_without_rows_and_with_repeated_names(tmp_path):
    path = tmp_path / "cohort.parquet"
    pq.write_table(table().slice(0, 0), path)
    with pytest.raises(StageRefusal, match="the table is empty"):
        read(path)
    pq.write_table(pa.table([[1], [2]], names=["a", "a"]), path)
    with pytest.raises(StageRefusal, match=r"column names occur more than once: \['a'\]"):
        read(path)
