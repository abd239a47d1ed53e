"""HDF5 tables: groups are stacked, and nothing outside the file is reached."""

import h5py
import numpy as np
import pytest

from workflow_scripts.lib.config.sources import TableSource
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.raw.reading import read_source


def read(path):
    return read_source(path, TableSource(kind="table", path="raw/cohort.h5")).to_pydict()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "cohort.h5"


def refused(path):
    with pytest.raises(StageRefusal) as refusal:
        read(path)
    return str(refusal.value)


def test_groups_are_stacked_and_wide_data_sets_become_columns(path):
    with h5py.File(path, "w") as file:
        for group, shift in (("train", 0), ("test", 10)):
            file[f"{group}/e"] = np.array([1, 0], dtype="i4") + shift
            file[f"{group}/x"] = np.array([[1.5, 2], [3, 4]], dtype="f4") + shift
    assert read(path) == {
        "e": [11, 10, 1, 0],
        "x0": [11.5, 13.0, 1.5, 3.0],
        "x1": [12.0, 14.0, 2.0, 4.0],
        "group": ["test", "test", "train", "train"],
    }


def test_data_sets_without_group_and_text(path):
    with h5py.File(path, "w") as file:
        file["id"] = ["ä", "b"]
        file["fixed"] = np.array([b"c", b"d"])
        file["days"] = [1, 2]
    assert read(path) == {"days": [1, 2], "fixed": ["c", "d"], "id": ["ä", "b"]}


def written(path, **sets):
    with h5py.File(path, "w") as file:
        for name, values in sets.items():
            file[name.replace("__", "/")] = values


@pytest.mark.parametrize(
    ("sets", "message"),
    [
        ({"a": [1, 2], "b": [1]}, "data set 'b' has the shape (1,)"),
        ({"a": np.zeros((2, 2, 2))}, "data set 'a' has the shape (2, 2, 2)"),
        ({"a": 1.0}, "data set 'a' has the shape ()"),
        ({"a": [1j]}, "data set 'a' holds neither numbers nor text (complex128)"),
        ({"a": [1], "g__b": [1]}, "data sets beside groups"),
        ({"g__h__a": [1]}, "groups within groups"),
        ({"g__a": [1], "h__b": [1]}, "the groups ['g', 'h'] do not hold the same data sets"),
        ({"g__a": [1], "h__a": [1.5]}, "the groups ['g', 'h'] do not hold the same data sets of the same types"),
        ({"a": [b"\xff"]}, "not a readable HDF5 file (UnicodeDecodeError)"),
        ({"a0": [1], "a": [[1]]}, "two columns would have one name"),
        ({"g__group": [1]}, "two columns would have one name"),
        ({}, "the table is empty"),
        ({"a": []}, "the table is empty"),
    ],
)
def test_what_is_no_table_is_refused(path, sets, message):
    written(path, **sets)
    assert f"raw/cohort.h5: {message}" in refused(path)


@pytest.mark.parametrize("link", [h5py.ExternalLink("other.h5", "/a"), h5py.SoftLink("/a")])
@pytest.mark.parametrize("name", ["b", "g/b"])
def test_links_are_refused(path, tmp_path, link, name):
    written(tmp_path / "other.h5", a=[1])
    with h5py.File(path, "w") as file:
        file[name.replace("b", "a")] = [1]
        file[name] = link
    assert "1 links to elsewhere" in refused(path)


def test_data_sets_kept_in_other_files_are_refused(path, tmp_path):
    (tmp_path / "raw.bin").write_bytes(b"\0" * 16)
    with h5py.File(path, "w") as file:
        file.create_dataset("a", (2,), "f8", external=[(str(tmp_path / "raw.bin"), 0, 16)])
    assert "kept in other files" in refused(path)
    layout = h5py.VirtualLayout(shape=(2,), dtype="f8")
    layout[:] = h5py.VirtualSource("other.h5", "a", shape=(2,))
    with h5py.File(path, "w") as file:
        file.create_virtual_dataset("a", layout)
    assert "kept in other files" in refused(path)


def test_a_bomb_is_refused_before_it_unpacks(path):
    with h5py.File(path, "w") as file:
        file.create_dataset("a", (10**12,), "f8", chunks=(10**6,), compression="gzip")
    assert "it looks like a decompression bomb" in refused(path)


@pytest.mark.parametrize("cut", [0, 100, -200])
def test_a_truncated_file_is_refused(path, cut):
    written(path, a=np.arange(1000))
    path.write_bytes(path.read_bytes()[:cut])
    assert "not a readable HDF5 file" in refused(path)
