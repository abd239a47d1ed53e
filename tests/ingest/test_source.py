"""Fetching: the same bytes, or a refusal by name."""

import hashlib

import numpy as np
import pyarrow.parquet as pq
import pytest
import sksurv.datasets

from workflow_scripts.lib.config.cohort import BuiltinSource, TableSource
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.source import fetch_builtin, fetch_table

RAW = b"id,age\r\n007,\xff\r\n"


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "raw.csv"
    path.write_bytes(RAW)
    return path


def source(**settings):
    return TableSource(kind="table", path="raw.csv", **settings)


def test_bytes_are_unaltered(tmp_path, table):
    digest = hashlib.sha256(RAW).hexdigest()
    assert digest in fetch_table(table, source(sha256=digest), tmp_path / "source")
    assert (tmp_path / "source").read_bytes() == RAW


def test_another_digest_is_refused_with_both(tmp_path, table):
    digest = hashlib.sha256(RAW).hexdigest()
    with pytest.raises(StageRefusal, match=f"raw.csv: found sha256 {digest}, expected {'0' * 64}"):
        fetch_table(table, source(sha256="0" * 64), tmp_path / "source")
    assert [path.name for path in tmp_path.iterdir()] == ["raw.csv"]


@pytest.mark.parametrize(("name", "error"), [("none.csv", "FileNotFoundError"), ("", "IsADirectoryError")])
def test_what_cannot_be_read_is_refused_by_name(tmp_path, name, error):
    path = tmp_path / name
    with pytest.raises(StageRefusal, match=rf"source.path: {path} cannot be read \({error}\)"):
        fetch_table(path, source(), tmp_path / "source")


@pytest.mark.parametrize(
    ("name", "loader", "n"), [("gbsg2", "load_gbsg2", 686), ("actg320", "load_aids", 1151), ("whas500", "load_whas500", 500)]
)
def test_builtin_values_are_untouched(tmp_path, name, loader, n):
    fetch_builtin(BuiltinSource(kind="builtin", name=name), tmp_path / "source")
    found = pq.read_table(tmp_path / "source").to_pandas()
    values, outcome = getattr(sksurv.datasets, loader)()
    assert list(found) == [*values, *outcome.dtype.names]
    assert len(found) == n
    assert all(np.array_equal(found[column].to_numpy(), values[column].to_numpy()) for column in values)
    assert all(np.array_equal(found[column].to_numpy(), outcome[column]) for column in outcome.dtype.names)


def test_builtin_is_byte_deterministic(tmp_path):
    for name in ("one", "two"):
        fetch_builtin(BuiltinSource(kind="builtin", name="whas500"), tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_the_composite_endpoint_of_actg320(tmp_path):
    fetch_builtin(BuiltinSource(kind="builtin", name="actg320"), tmp_path / "source")
    assert pq.read_table(tmp_path / "source")["censor"].to_pandas().sum() == 96
