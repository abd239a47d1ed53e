"""Folders of files that stay where they are: what they held when first seen, and reading them so that nothing else gets in."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from workflow_scripts.lib.contracts.base import read_table, write_table
from workflow_scripts.lib.contracts.files import sha256_of
from workflow_scripts.lib.contracts.inventory import INVENTORY
from workflow_scripts.lib.errors import StageRefusal


@dataclass(frozen=True)
class Folder:
    """A folder as its inventory has it: ``files`` with path (in the folder), bytes and sha256, one row per file."""

    folder: Path
    files: pd.DataFrame

    @cached_property
    def _digests(self) -> dict[str, str]:
        return dict(zip(self.files["path"], self.files["sha256"], strict=True))

    def __contains__(self, path: str) -> bool:
        """Whether the inventory has a file of this path."""
        return path in self._digests

    def digest(self, path: str) -> str:
        """The sha256 that the inventory has of the file ``path``."""
        return self._digests[path]

    def path(self, path: str) -> Path:
        """Where the file ``path`` is; raises StageRefusal, naming no file, when it leaves the folder or is not in the inventory."""
        inside = self.folder / path
        if not inside.resolve().is_relative_to(self.folder.resolve()):
            raise StageRefusal("a file's path leaves its folder: expected one below it, without .., a leading / or a link out")
        if path not in self:
            raise StageRefusal("a file is not among those of its folder: correct its name, or the folder's pattern")
        return inside

    def read(self, path: str) -> bytes:
        """The bytes of the file ``path``, which are those of the inventory; raises StageRefusal, naming no file, when they are not."""
        try:
            data = self.path(path).read_bytes()
        except OSError as error:
            raise StageRefusal(f"a file of the folder can no longer be read ({type(error).__name__}): restore it") from None
        if hashlib.sha256(data).hexdigest() != self._digests[path]:
            raise StageRefusal("a file was altered since its folder was first seen: restore it, or fetch the folder again")
        return data


def read_inventory(path: str | Path) -> Folder:
    """The folder that an inventory speaks of; raises ContractError when it is no inventory."""
    rows = read_table(path, INVENTORY)
    return Folder(Path(rows["folder"].iloc[0]), rows[["path", "bytes", "sha256"]])


def write_inventory(folder: str | Path, pattern: str, final: str | Path) -> str:
    """Write down the files of ``folder`` that match ``pattern``, hidden ones aside; returns a log line.

    Raises StageRefusal when there is no such folder, nothing matches, or a link leads out of it.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise StageRefusal(f"{folder}: there is no such folder: give the path of one, relative to the working directory")
    root = folder.resolve()
    found = [path for path in _matching(folder, pattern) if not any(part.startswith(".") for part in path.relative_to(folder).parts)]
    leaving = sum(not path.resolve().is_relative_to(root) for path in found)
    if leaving:
        raise StageRefusal(f"{folder}: {leaving} of {len(found)} matches are links that lead out of the folder: copy the files into it")
    files = sorted(path for path in found if path.is_file())
    if not files:
        raise StageRefusal(f"{folder}: no file matches '{pattern}': correct the pattern, or the path")
    rows = [(str(folder), str(path.relative_to(folder)), path.stat().st_size, sha256_of(path)) for path in files]
    write_table(pd.DataFrame(rows, columns=["folder", "path", "bytes", "sha256"]), final, INVENTORY)
    return f"{folder}: {len(rows)} files, {sum(row[2] for row in rows)} bytes"


def _matching(folder: Path, pattern: str) -> list[Path]:
    if ".." in Path(pattern).parts:
        raise StageRefusal(f"pattern '{pattern}': .. would leave the folder; expected names below it, such as **/*.png")
    try:
        return list(folder.glob(pattern))
    except (ValueError, NotImplementedError) as error:
        raise StageRefusal(f"pattern '{pattern}': {error}; expected names below the folder, such as **/*.png") from None
