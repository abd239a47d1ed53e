"""Fetching: the same bytes, or a refusal by name."""

import hashlib

import numpy as np
import pyarrow.parquet as pq
import pytest
import sksurv.datasets

from workflow_scripts.lib.config.sources import BuiltinSource
from workflow_scripts.lib.contracts.files import bundle_folder
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.raw.folder import read_inventory
from workflow_scripts.lib.ingest.raw.source import fetch_builtin, fetch_file, fetch_part

RAW = b"id,age\r\n007,\xff\r\n"
DIGEST = hashlib.sha256(RAW).hexdigest()


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "raw.csv"
    path.write_bytes(RAW)
    return path


@pytest.mark.parametrize("sha256", [DIGEST, None])
def test_bytes_are_unaltered(tmp_path, table, sha256):
    assert fetch_file(table, "raw.csv", sha256, tmp_path / "source") == f"raw.csv copied, sha256 {DIGEST}"
    assert (tmp_path / "source").read_bytes() == RAW
    table.write_bytes(b"other")  # the copy is no link to what may change
    assert (tmp_path / "source").read_bytes() == RAW


def test_another_digest_is_refused_with_both(tmp_path, table):
    with pytest.raises(StageRefusal, match=f"raw.csv: found sha256 {DIGEST}, expected {'0' * 64}"):
        fetch_file(table, "raw.csv", "0" * 64, tmp_path / "source")
    assert [path.name for path in tmp_path.iterdir()] == ["raw.csv"]


@pytest.mark.parametrize(("name", "error"), [("none.csv", "FileNotFoundError"), ("", "IsADirectoryError")])
def test_what_cannot_be_read_is_refused_by_name(tmp_path, name, error):
    with pytest.raises(StageRefusal, match=rf"source.path: raw.csv cannot be read \({error}\)"):
        fetch_file(tmp_path / name, "raw.csv", None, tmp_path / "out" / "source")


@pytest.fixture
def world(tmp_path):
    manifest = tmp_path / "world" / "MANIFEST.json"
    with bundle_folder(manifest) as folder:
        (folder / "reports").mkdir()
        (folder / "patients.csv").write_bytes(RAW)
        (folder / "reports" / "1.txt").write_bytes(b"one")
        (folder / "reports" / "2.txt").write_bytes(b"two")
    return manifest


def test_a_file_of_the_world_is_copied(tmp_path, world):
    fetch_part(world, "patients.csv", tmp_path / "source")
    assert (tmp_path / "source").read_bytes() == RAW


def test_a_folder_of_the_world_is_written_down(tmp_path, world):
    fetch_part(world, "reports", tmp_path / "source")
    found = read_inventory(tmp_path / "source")
    assert found.folder == world.parent / "reports"
    assert [found.read(path) for path in found.files["path"]] == [b"one", b"two"]


def test_a_file_of_the_world_that_was_altered_is_refused(tmp_path, world):
    (world.parent / "patients.csv").write_bytes(b"x")
    with pytest.raises(StageRefusal, match=r"patients\.csv: found sha256"):
        fetch_part(world, "patients.csv", tmp_path / "source")


@pytest.mark.parametrize("path", ["images", "report", "../raw.csv", "reports/3.txt", ""])
def test_what_the_world_has_not_is_refused(tmp_path, world, path):
    with pytest.raises(StageRefusal, match=rf"has no '{path}'; expected one of \['patients.csv', 'reports'\]"):
        fetch_part(world, path, tmp_path / "source")


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
