"""Folders whose files stay where they are: what is written down of them, and what cannot be read through them."""

import hashlib

import pytest

from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.raw.folder import read_inventory, write_inventory

FILES = {"b.txt": b"two", "a.txt": b"one", "deep/c.txt": b"three", "deep/d.png": b"", ".hidden": b"x", ".git/e.txt": b"x"}


@pytest.fixture
def folder(tmp_path):
    for name, data in FILES.items():
        path = tmp_path / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (tmp_path / "secret.txt").write_bytes(b"secret")
    return tmp_path / "files"


def inventory(folder, pattern="**/*"):
    write_inventory(folder, pattern, folder.parent / "inventory")
    return read_inventory(folder.parent / "inventory")


def refused(function, *arguments):
    with pytest.raises(StageRefusal) as refusal:
        function(*arguments)
    return str(refusal.value)


def test_files_by_hand(folder):
    assert write_inventory(folder, "**/*", folder.parent / "inventory") == f"{folder}: 4 files, 11 bytes"
    found = read_inventory(folder.parent / "inventory")
    assert found.folder == folder
    assert found.files["path"].tolist() == ["a.txt", "b.txt", "deep/c.txt", "deep/d.png"]
    assert found.files["bytes"].tolist() == [3, 3, 5, 0]
    assert found.files["sha256"][1] == hashlib.sha256(b"two").hexdigest()


@pytest.mark.parametrize(
    ("pattern", "paths"), [("*.txt", ["a.txt", "b.txt"]), ("**/*.txt", ["a.txt", "b.txt", "deep/c.txt"]), ("deep/*.png", ["deep/d.png"])]
)
def test_patterns(folder, pattern, paths):
    assert inventory(folder, pattern).files["path"].tolist() == paths


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("*.dcm", r"no file matches '*.dcm'"),
        ("../*", ".. would leave the folder"),
        ("deep/../../*", ".. would leave the folder"),
        ("/etc/*", "pattern '/etc/*'"),
        ("a**b/c", "pattern 'a**b/c'"),
    ],
)
def test_patterns_that_find_nothing_or_too_much(folder, pattern, message):
    assert message in refused(inventory, folder, pattern)


def test_no_such_folder(folder):
    assert "there is no such folder" in refused(inventory, folder / "none")
    assert "there is no such folder" in refused(inventory, folder / "a.txt")


@pytest.mark.parametrize("target", ["../secret.txt", ".."])
def test_links_that_lead_out_are_refused(folder, target):
    (folder / "link.txt").symlink_to(target)
    assert "1 of 6 matches are links that lead out of the folder" in refused(inventory, folder)


def test_links_within_are_fine(folder):
    (folder / "link.txt").symlink_to("deep/c.txt")
    assert inventory(folder).read("link.txt") == b"three"


def test_bytes_are_read(folder):
    found = inventory(folder)
    assert found.read("deep/c.txt") == b"three"
    assert found.path("a.txt") == folder / "a.txt"
    assert "a.txt" in found
    assert "e.txt" not in found


@pytest.mark.parametrize("path", ["../secret.txt", "deep/../../secret.txt", "/etc/passwd", "deep/../../../x"])
def test_paths_that_climb_out_are_refused_without_their_name(folder, path):
    message = refused(inventory(folder).read, path)
    assert message.startswith("a file's path leaves its folder")
    assert path not in message


@pytest.mark.parametrize("path", ["none.txt", "deep", "", "deep/../a.txt", ".hidden"])
def test_what_is_not_in_the_inventory_is_refused(folder, path):
    assert refused(inventory(folder).read, path).startswith("a file is not among those of its folder")


def test_what_became_a_link_since_is_refused(folder):
    found = inventory(folder)
    (folder / "a.txt").unlink()
    (folder / "a.txt").symlink_to("../secret.txt")
    assert refused(found.read, "a.txt").startswith("a file's path leaves its folder")


def test_what_is_gone_or_altered_is_refused(folder):
    found = inventory(folder)
    (folder / "a.txt").unlink()
    assert refused(found.read, "a.txt") == "a file of the folder can no longer be read (FileNotFoundError): restore it"
    (folder / "b.txt").write_bytes(b"TWO")
    assert refused(found.read, "b.txt").startswith("a file was altered since its folder was first seen")
