"""Sources that can be read exactly, and those that are refused by name."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.ingest.worlds import COLUMNS, table, write
from workflow_scripts.lib.config.cohort import TableSource
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.reading import read_source


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
        (b'id,age\n1,"2\n3,4\n', "a quotation mark is opened and never closed"),
        (b"id,age,id\n1,2,3\n", r"column names occur more than once: \['id'\]"),
        (b"id,ort\n1,K\xf6ln\n", "byte 10 is not utf-8; set source.encoding"),
    ],
)
def test_unreadable_text_is_refused(tmp_path, raw, message):
    with pytest.raises(StageRefusal, match=f"raw/cohort.csv: {message}") as refusal:
        read_bytes(tmp_path, raw)
    assert "K" not in str(refusal.value)  # of Köln: no value is quoted


def test_unknown_encoding(tmp_path):
    with pytest.raises(StageRefusal, match="'utf8000' is no known encoding"):
        read_bytes(tmp_path, b"a\n1\n", encoding="utf8000")


@pytest.mark.parametrize(("name", "suffix"), [("cohort.xlsx", ".xlsx"), ("cohort", "")])
def test_unknown_suffix(tmp_path, name, suffix):
    with pytest.raises(StageRefusal, match=rf"raw/{name}: suffix '{suffix}' is unknown; expected \.csv, \.tsv or \.parquet"):
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
