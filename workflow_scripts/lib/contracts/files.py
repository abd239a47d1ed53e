"""Writing so that a final name never shows a half-written file."""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path
from typing import Any

from workflow_scripts.lib.errors import ContractError

MANIFEST = "MANIFEST.json"
FULL = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def atomic_path(final: str | Path) -> Iterator[Path]:
    """A temporary sibling of ``final`` (same suffix) that takes its name only when the block succeeds.

    What a killed writer of the same file left is taken away first. Raises ContractError, with what to do, when the disk or a quota
    is full; ``final`` is then as it was.
    """
    final = Path(final)
    final.parent.mkdir(parents=True, exist_ok=True)
    for left in final.parent.glob(f".{escape(final.stem)}.*.part{final.suffix}"):
        _remove(left)
    part = final.with_name(f".{final.stem}.{os.getpid()}.part{final.suffix}")
    try:
        yield part
        os.replace(part, final)
    except Exception as error:
        if is_full(error):
            raise ContractError(f"{final}: no space left while writing; free some space and run again: finished files are kept") from error
        raise
    finally:
        _remove(part)


def is_full(error: Exception) -> bool:
    """Whether a disk or a quota is full, by number or by text: what libraries of other languages raise is no OSError."""
    return getattr(error, "errno", None) in FULL or any(os.strerror(code) in str(error) for code in FULL)


def write_json(path: str | Path, value: Any) -> None:
    """Write ``value`` as JSON with sorted keys, atomically."""
    with atomic_path(path) as part:
        part.write_text(json_text(value), encoding="utf-8")


def json_text(value: Any) -> str:
    """``value`` as ``write_json`` writes it: the same value, the same bytes."""
    return json.dumps(value, indent=1, sort_keys=True) + "\n"


def sha256_of(path: str | Path) -> str:
    """The sha256 of a file's bytes, in hexadecimal."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def bundle_folder(manifest: str | Path) -> Iterator[Path]:
    """A folder to fill, moved into place as ``manifest``'s folder, with the manifest written last.

    Downstream rules depend on ``MANIFEST.json`` (a sha256 per file), because Snakemake does not see edits
    inside a folder.
    """
    manifest = Path(manifest)
    folder = manifest.parent
    with atomic_path(folder) as part:
        part.mkdir(parents=True)
        yield part
        digests = {str(path.relative_to(part)): sha256_of(path) for path in sorted(part.rglob("*")) if path.is_file()}
        write_json(part / MANIFEST, digests)
        _remove(folder)


def check_bundle(manifest: str | Path) -> Path:
    """The folder of ``manifest`` after comparing every file with its digest.

    Raises ContractError naming the files that are missing or differ.
    """
    folder = Path(manifest).parent
    digests = json.loads(Path(manifest).read_text(encoding="utf-8"))
    bad = [name for name, digest in digests.items() if not (folder / name).is_file() or sha256_of(folder / name) != digest]
    if bad:
        raise ContractError(f"{folder}: {', '.join(bad)} missing or altered since written; delete the folder and run again")
    return folder


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
