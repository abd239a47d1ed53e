"""The script that fetches a source, for every kind."""

import hashlib

import pytest

from workflow_scripts.ingest import fetch_source
from workflow_scripts.lib.config.base import parse
from workflow_scripts.lib.config.sources import FetchConfig
from workflow_scripts.lib.contracts.files import bundle_folder
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.raw.folder import read_inventory

RAW = b"id\r\n1\r\n"


def fetch(folder, source, **inputs):
    """What the script says; the source is in the folder out."""
    return fetch_source.main(source=folder / "out" / "source", cfg=parse(FetchConfig, {"source": source}, "cfg"), **inputs)


@pytest.fixture
def world(tmp_path):
    with bundle_folder(tmp_path / "world" / "MANIFEST.json") as folder:
        (folder / "images").mkdir()
        (folder / "images" / "1.png").write_bytes(b"one")
        (folder / "patients.csv").write_bytes(RAW)
        (folder / "genes.csv").write_bytes(b"genes")
    return tmp_path / "world" / "MANIFEST.json"


def test_builtin(tmp_path):
    assert fetch(tmp_path, {"kind": "builtin", "name": "whas500"}) == "whas500 of scikit-survival, 500 rows"
    assert (tmp_path / "out" / "source").read_bytes()[:4] == b"PAR1"


def test_table(tmp_path):
    (tmp_path / "raw.csv").write_bytes(RAW)
    fetch(tmp_path, {"kind": "table", "path": "raw.csv"}, raw=tmp_path / "raw.csv")
    assert (tmp_path / "out" / "source").read_bytes() == RAW


def test_an_address_is_what_was_fetched_from_it(tmp_path):
    (tmp_path / "fetched").write_bytes(RAW)
    source = {"kind": "table", "path": "https://example.org/raw.csv", "sha256": hashlib.sha256(RAW).hexdigest()}
    assert fetch(tmp_path, source, raw=tmp_path / "fetched").startswith("https://example.org/raw.csv copied, sha256 ")
    with pytest.raises(StageRefusal, match=r"https://example.org/raw\.csv: found sha256 .*, expected 0000"):
        fetch(tmp_path, source | {"sha256": "0" * 64}, raw=tmp_path / "fetched")


def test_folder(tmp_path, world):
    source = {"kind": "folder", "path": "world", "pattern": "**/*.csv"}
    assert fetch(tmp_path, source, raw=world.parent) == f"{world.parent}: 2 files, {len(RAW) + 5} bytes"
    assert read_inventory(tmp_path / "out" / "source").read("genes.csv") == b"genes"


def test_parts_of_the_world(tmp_path, world):
    fetch(tmp_path, {"kind": "part", "path": "genes.csv"}, world=world)
    assert (tmp_path / "out" / "source").read_bytes() == b"genes"
    fetch(tmp_path, {"kind": "part", "path": "images"}, world=world)
    assert read_inventory(tmp_path / "out" / "source").read("1.png") == b"one"


def test_patients_of_the_world(tmp_path, world):
    fetch(tmp_path, {"kind": "simulated", "patients": 20}, world=world)
    assert (tmp_path / "out" / "source").read_bytes() == RAW


@pytest.mark.parametrize("source", [{"kind": "table", "path": "raw.csv"}, {"kind": "folder", "path": "raw"}])
def test_refusal_leaves_nothing(tmp_path, source):
    with pytest.raises(StageRefusal, match=r"raw\.csv cannot be read|there is no such folder"):
        fetch(tmp_path, source, raw=tmp_path / source["path"])
    assert not list(tmp_path.rglob("source*"))
