"""From the bytes of a source to a raw table in which nothing has been guessed."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from workflow_scripts.lib.config.simulation import SimulatedSource
from workflow_scripts.lib.config.sources import BuiltinSource, PartSource, TableSource
from workflow_scripts.lib.errors import StageRefusal, did_you_mean
from workflow_scripts.lib.ingest.raw.delimited import header_of, iterate_delimited
from workflow_scripts.lib.ingest.raw.hdf5 import iterate_hdf5
from workflow_scripts.lib.ingest.raw.jsonlines import iterate_jsonlines
from workflow_scripts.lib.ingest.raw.streams import TextStream, suffix_of

DELIMITERS = {".csv": ",", ".tsv": "\t"}
KNOWN = ".csv, .tsv or .jsonl, each also as .gz or as a .zip of one file, .parquet or .h5"
WORLD_TABLE = "patients.csv"  # the main table of a simulated world
Check = Callable[[Sequence[str]], None]  # of a table's column names
Source = BuiltinSource | TableSource | PartSource | SimulatedSource


def read_source(path: str | Path, source: Source) -> pa.Table:
    """The raw table in ``path``, as ``iterate_batches`` reads it, as a whole."""
    return pa.Table.from_batches(iterate_batches(path, source))


def iterate_batches(
    path: str | Path, source: Source, columns: Sequence[str] | None = None, private: bool = False
) -> Iterator[pa.RecordBatch]:
    """The raw table in ``path``, or some of its ``columns``, batch by batch in bounded memory, as the suffix of ``source.path`` says.

    CSV, TSV and JSON lines have every column as text, empty cells as ""; Parquet and HDF5 keep their types. Raises StageRefusal
    for an unknown suffix, a wrong encoding, NUL bytes, a damaged file, a decompression bomb, ragged rows, an unbalanced quotation
    mark, repeated column names, a column that is not there, or no rows; some of these only when the last batch is taken.
    ``private`` is for tables whose columns are patients: no message then tells the name of one.
    """
    name = _name(source)
    rows = 0
    for batch in _batches(path, source, name, columns, partial(_check_names, columns=columns, name=name, private=private)):
        rows += batch.num_rows
        yield batch
    if not rows:
        raise StageRefusal(f"{name}: the table is empty: no rows below its header; expected one row per patient")


def _name(source: Source) -> str:
    if isinstance(source, BuiltinSource):
        return f"{source.name}.parquet"
    return WORLD_TABLE if isinstance(source, SimulatedSource) else source.path


def _batches(path: str | Path, source: Source, name: str, columns: Sequence[str] | None, check: Check) -> Iterator[pa.RecordBatch]:
    def opened() -> TextStream:
        return TextStream(path, name, getattr(source, "encoding", "utf-8"), getattr(source, "drop_nul", False))

    suffix = suffix_of(path, name)
    if suffix in DELIMITERS:
        with opened() as stream:
            header = header_of(stream, DELIMITERS[suffix], name)
            check(header)
            yield from iterate_delimited(stream, header, DELIMITERS[suffix], name, columns)
    elif suffix in (".jsonl", ".ndjson"):
        yield from _selected(iterate_jsonlines(opened, name), columns, check)
    elif name.lower().endswith(".parquet"):
        yield from _selected(_iterate_parquet(path, name, check), columns, check)
    elif name.lower().endswith((".h5", ".hdf5")):
        yield from _selected(iterate_hdf5(path, name), columns, check)
    else:
        raise StageRefusal(f"{name}: suffix '{suffix}' is unknown; expected {KNOWN}: convert the table to one of these")


def _selected(batches: Iterator[pa.RecordBatch], columns: Sequence[str] | None, check: Check) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        check(batch.schema.names)
        yield batch if columns is None else batch.select(list(columns))


def _iterate_parquet(path: str | Path, name: str, check: Check) -> Iterator[pa.RecordBatch]:
    try:
        with pq.ParquetFile(path, memory_map=True) as file:
            check(file.schema_arrow.names)
            yield from file.iter_batches()
    except (pa.ArrowException, OSError) as error:
        size = Path(path).stat().st_size
        raise StageRefusal(
            f"{name}: not a readable Parquet file ({type(error).__name__}, {size} bytes); it may be truncated: copy it again"
        ) from None


def _check_names(there: Sequence[str], columns: Sequence[str] | None, name: str, private: bool) -> None:
    repeated = [column for column, count in Counter(there).items() if count > 1]
    if repeated:
        told = f"{len(repeated)} of {len(there)}" if private else repeated
        raise StageRefusal(f"{name}: column names occur more than once: {told}; rename them in the source")
    absent = [f"no column '{column}'; {did_you_mean(column, there)}" for column in columns or () if column not in there]
    if absent:
        raise StageRefusal(f"{name}: {'; '.join(absent)}")
