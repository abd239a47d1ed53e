"""Tables keep their promises: all violations at once, the same bytes, never half a file."""

import errno
import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workflow_scripts.lib.contracts import base
from workflow_scripts.lib.contracts.base import (
    FLAG,
    INTEGER,
    NUMBER,
    STRING,
    Contract,
    Field,
    read_arrow,
    read_table,
    write_pieces,
    write_table,
)
from workflow_scripts.lib.contracts.files import atomic_path
from workflow_scripts.lib.errors import ContractError

DOSES = Contract(
    "doses",
    (
        Field("patient_id", STRING, "the patient"),
        Field("visit", INTEGER, "number of the visit"),
        Field("dose", NUMBER, "what was given", "mg", nullable=True),
        Field("taken", FLAG, "whether it was taken"),
    ),
    key=("patient_id", "visit"),
    checks=(("visit > 0", lambda rows: rows["visit"] > 0),),
)

ROWS = pd.DataFrame({"patient_id": ["b", "a", "a"], "visit": [1, 2, 1], "dose": [1.5, np.nan, 3.0], "taken": [True, False, True]})

WRITE = """
import sys, pandas as pd
from tests.contracts.test_base import DOSES, ROWS, write_table
write_table(ROWS, sys.argv[1], DOSES)
"""


def test_round_trip_is_sorted_by_key_and_keeps_meanings_and_units(tmp_path):
    path = tmp_path / "doses.parquet"
    write_table(ROWS, path, DOSES)
    pd.testing.assert_frame_equal(read_table(path, DOSES), ROWS.iloc[[2, 1, 0]].reset_index(drop=True))
    schema = pq.read_schema(path)
    assert schema.metadata == {b"contract": b"doses"}
    assert schema.field("dose").metadata == {b"meaning": b"what was given", b"unit": b"mg"}
    assert [schema.field(name).nullable for name in schema.names] == [False, False, True, False]


def test_only_the_rows_asked_for(tmp_path):
    path = tmp_path / "doses.parquet"
    write_table(ROWS, path, DOSES)
    assert read_table(path, DOSES, only={"patient_id": "b"})["dose"].tolist() == [1.5]


def test_all_violations_at_once(tmp_path):
    rows = pd.DataFrame({"patient_id": ["a", "a", None], "visit": [0, 0, 1], "dose": [1.0, 2.0, 3.0], "taken": [True, None, True]})
    with pytest.raises(ContractError) as refusal:
        write_table(rows, tmp_path / "doses.parquet", DOSES)
    assert str(refusal.value) == (
        "doses (doses.parquet): patient_id: 1 null of 3 rows; taken: 1 null of 3 rows; "
        "key (patient_id, visit): 1 duplicated rows; visit > 0: not so in 2 of 3 rows"
    )
    assert not list(tmp_path.iterdir())


def test_all_strange_columns_at_once(tmp_path):
    rows = ROWS.rename(columns={"dose": "doze", "taken": "zz"})
    with pytest.raises(ContractError) as refusal:
        write_table(rows, tmp_path / "doses.parquet", DOSES)
    for part in (
        "missing column 'dose'; did you mean 'doze'?",
        "missing column 'taken'",
        "unexpected column 'doze'",
        "unexpected column 'zz'",
    ):
        assert part in str(refusal.value)


def test_types_are_checked_on_write_and_on_read(tmp_path):
    with pytest.raises(ContractError, match="dose: values of type object do not fit double; taken: values of type object do not fit bool"):
        write_table(ROWS.assign(dose="much", taken="yes"), tmp_path / "doses.parquet", DOSES)
    path = tmp_path / "other.parquet"
    ROWS.assign(visit=ROWS["visit"].astype(float), dose="1").to_parquet(path)
    with pytest.raises(
        ContractError, match=r"doses \(other.parquet\): visit: type double, expected int64; dose: type string, expected double"
    ):
        read_table(path, DOSES)


def test_values_are_checked_on_read_too(tmp_path):
    path = tmp_path / "other.parquet"
    ROWS.assign(visit=0).to_parquet(path)
    with pytest.raises(ContractError, match="visit > 0: not so in 3 of 3 rows"):
        read_table(path, DOSES)


def test_an_open_contract_allows_more_and_an_extended_one_expects_it(tmp_path):
    more = Contract("doses", DOSES.fields, DOSES.key, open=True)
    path = tmp_path / "doses.parquet"
    with pytest.raises(ContractError, match="unexpected column 'site'"):
        write_table(ROWS.assign(site="x"), path, DOSES)
    write_table(ROWS.assign(site="x"), path, more.extended([Field("site", STRING, "where")]))
    assert read_table(path, more)["site"].tolist() == ["x"] * 3
    with pytest.raises(ContractError, match="missing column 'site'"):
        write_table(ROWS, path, more.extended([Field("site", STRING, "where")]))


def test_the_same_rows_are_the_same_bytes_in_any_order_and_process(tmp_path):
    here, shuffled, elsewhere = (tmp_path / f"{name}.parquet" for name in ("here", "shuffled", "elsewhere"))
    write_table(ROWS, here, DOSES)
    write_table(ROWS.iloc[[1, 2, 0]][["taken", "dose", "visit", "patient_id"]], shuffled, DOSES)
    subprocess.run([sys.executable, "-c", WRITE, str(elsewhere)], check=True)
    assert here.read_bytes() == shuffled.read_bytes() == elsewhere.read_bytes()


def test_a_crash_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "doses.parquet"
    write_table(ROWS, path, DOSES)
    before = path.read_bytes()

    def crash(table, part, **settings):
        part.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(base.pq, "write_table", crash)
    with pytest.raises(KeyboardInterrupt):
        write_table(ROWS.iloc[:1], path, DOSES)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_says_what_to_do(tmp_path, monkeypatch, code):
    def full(table, part, **settings):
        part.write_bytes(b"half")
        raise OSError(code, "no space")

    monkeypatch.setattr(base.pq, "write_table", full)
    with pytest.raises(ContractError, match=r"doses\.parquet: no space left while writing; free some space and run again"):
        write_table(ROWS, tmp_path / "doses.parquet", DOSES)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("said", ["I/O error: No space left on device (os error 28)", "Disk quota exceeded (os error 122)"])
def test_a_full_disk_is_known_by_the_words_of_other_languages_too(tmp_path, said):
    with pytest.raises(ContractError, match="no space left while writing"), atomic_path(tmp_path / "weights.safetensors"):
        raise RuntimeError(said)


def test_other_failures_of_the_disk_are_not_called_full(tmp_path, monkeypatch):
    def broken(table, part, **settings):
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(base.pq, "write_table", broken)
    with pytest.raises(OSError, match="broken"):
        write_table(ROWS, tmp_path / "doses.parquet", DOSES)


@pytest.mark.parametrize("cut", [0, 10, -9])
def test_a_truncated_table_is_refused_by_name(tmp_path, cut):
    path = tmp_path / "doses.parquet"
    write_table(ROWS, path, DOSES)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(ContractError, match=r"doses.parquet: not a readable Parquet file .*; it may be truncated: restore or rebuild it"):
        read_table(path, DOSES)


def test_a_missing_table_is_refused_by_name(tmp_path):
    with pytest.raises(ContractError, match=r"none\.parquet: not a readable Parquet file"):
        read_arrow(tmp_path / "none.parquet")


LOG = Contract("log", (Field("n", INTEGER, "a number"), Field("x", NUMBER, "another", nullable=True)), key=())


def test_pieces_are_written_in_the_order_given(tmp_path):
    pieces = [pa.table({"x": [0.5, None], "n": [2, 1]}), pa.table({"x": pa.array([], pa.float64()), "n": pa.array([], pa.int64())})]
    assert write_pieces([*pieces, pa.table({"n": [0], "x": [1.5]})], tmp_path / "log.parquet", LOG) == 3
    rows = read_table(tmp_path / "log.parquet", LOG)
    assert rows["n"].tolist() == [2, 1, 0]
    assert rows["x"].fillna(9).tolist() == [0.5, 9, 1.5]
    assert pq.read_schema(tmp_path / "log.parquet").metadata == {b"contract": b"log"}


@pytest.mark.parametrize(
    ("piece", "message"),
    [
        ({"n": [1, None], "x": [0.5, 1.5]}, "n: 1 null of 2 rows"),
        ({"n": [1.5], "x": [0.5]}, "n: type double, expected int64"),
        ({"n": [1]}, "missing column 'x'"),
        ({"n": [1], "x": [0.5], "y": [1]}, "unexpected column 'y'"),
    ],
)
def test_a_piece_at_fault_leaves_nothing_behind(tmp_path, piece, message):
    with pytest.raises(ContractError, match=message):
        write_pieces([pa.table({"n": [1], "x": [0.5]}), pa.table(piece)], tmp_path / "log.parquet", LOG)
    assert not list(tmp_path.iterdir())


def test_pieces_of_a_table_with_a_key_are_in_its_order(tmp_path):
    contract = Contract("counts", LOG.fields, key=("n",))
    one, two = pa.table({"n": [1, 2], "x": [0.5, 0.5]}), pa.table({"n": [3], "x": [0.5]})
    assert write_pieces([one, two], tmp_path / "counts.parquet", contract) == 3
    assert read_table(tmp_path / "counts.parquet", contract)["n"].tolist() == [1, 2, 3]
    for pieces in ([two, one], [one, one[1:]], [one.take([1, 0])]):
        with pytest.raises(ContractError, match=r"key \(n\): rows are not in its order"):
            write_pieces(pieces, tmp_path / "other.parquet", contract)
    assert not (tmp_path / "other.parquet").exists()


def test_a_bit_that_flipped_is_found(tmp_path):
    """Numbers hardly compress: without a checksum one would be read as another."""
    path = tmp_path / "log.parquet"
    rows = pd.DataFrame({"n": range(1000), "x": np.random.default_rng(1).random(1000)})
    write_table(rows, path, LOG)
    whole = path.read_bytes()
    for place in range(100, 9000, 500):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(ContractError, match=r"log\.parquet: not a readable Parquet file"):
            read_table(path, LOG)
