"""Fetching a cohort's source as it is: a file, a folder, a part of the simulated world, or a data set of scikit-survival."""

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from workflow_scripts.lib.config.sources import BuiltinSource
from workflow_scripts.lib.contracts.files import atomic_path, sha256_of
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.raw.folder import write_inventory

LOADERS = {"gbsg2": "load_gbsg2", "actg320": "load_aids", "whas500": "load_whas500"}


def fetch_file(raw: str | Path, name: str, sha256: str | None, final: str | Path) -> str:
    """Copy the bytes of ``raw`` to ``final`` unaltered; returns a log line, in which it is called ``name``.

    Raises StageRefusal when it cannot be read, or when its sha256 is not the one that the cohort promises.
    """
    with atomic_path(final) as part:
        try:
            shutil.copyfile(raw, part)
        except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
            kind = type(error).__name__
            raise StageRefusal(f"source.path: {name} cannot be read ({kind}): give the path of a readable file") from None
        found = sha256_of(part)
        if sha256 not in (None, found):
            raise StageRefusal(f"{name}: found sha256 {found}, expected {sha256}; restore the file, or correct source.sha256")
    return f"{name} copied, sha256 {found}"


def fetch_part(world: str | Path, path: str, final: str | Path) -> str:
    """Copy the file ``path`` of the simulated world of the manifest ``world``, or write down the files of its folder ``path``.

    Raises StageRefusal when the world has neither, or not any more as the manifest has it.
    """
    folder, digests = Path(world).parent, json.loads(Path(world).read_text(encoding="utf-8"))
    if path in digests:
        return fetch_file(folder / path, path, digests[path], final)
    if not any(name.startswith(f"{path}/") for name in digests):
        parts = sorted({name.split("/")[0] for name in digests})
        raise StageRefusal(f"the simulated world has no '{path}'; expected one of {parts}: correct it, or source.parts")
    return write_inventory(folder / path, "**/*", final)


def fetch_builtin(source: BuiltinSource, final: str | Path) -> str:
    """Write a data set of scikit-survival, covariates and outcome joined, as Parquet; returns a log line."""
    import sksurv.datasets

    values, outcome = getattr(sksurv.datasets, LOADERS[source.name])()
    rows = values.assign(**{name: outcome[name] for name in outcome.dtype.names})
    with atomic_path(final) as part:
        pq.write_table(pa.Table.from_pandas(rows, preserve_index=False).replace_schema_metadata(None), part, compression="zstd")
    return f"{source.name} of scikit-survival, {len(rows)} rows"
