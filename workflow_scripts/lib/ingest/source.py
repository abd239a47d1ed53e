"""Fetching a cohort's source as it is, from a file or from scikit-survival."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from workflow_scripts.lib.config.cohort import BuiltinSource, TableSource
from workflow_scripts.lib.contracts.files import atomic_path, sha256_of
from workflow_scripts.lib.errors import StageRefusal

LOADERS = {"gbsg2": "load_gbsg2", "actg320": "load_aids", "whas500": "load_whas500"}


def fetch_table(table: str | Path, source: TableSource, final: str | Path) -> str:
    """Copy the bytes of ``table`` to ``final`` unaltered; returns a log line.

    Raises StageRefusal when it cannot be read, or when its sha256 is not the one that the cohort promises.
    """
    try:
        data = Path(table).read_bytes()
    except OSError as error:
        raise StageRefusal(f"source.path: {table} cannot be read ({type(error).__name__}): give the path of a readable file") from None
    with atomic_path(final) as part:
        part.write_bytes(data)
        found = sha256_of(part)
        if source.sha256 not in (None, found):
            raise StageRefusal(f"{table}: found sha256 {found}, expected {source.sha256}; restore the file, or correct source.sha256")
    return f"{table} copied, sha256 {found}"


def fetch_builtin(source: BuiltinSource, final: str | Path) -> str:
    """Write a data set of scikit-survival, covariates and outcome joined, as Parquet; returns a log line."""
    import sksurv.datasets

    values, outcome = getattr(sksurv.datasets, LOADERS[source.name])()
    rows = values.assign(**{name: outcome[name] for name in outcome.dtype.names})
    with atomic_path(final) as part:
        pq.write_table(pa.Table.from_pandas(rows, preserve_index=False).replace_schema_metadata(None), part, compression="zstd")
    return f"{source.name} of scikit-survival, {len(rows)} rows"
