"""From the bytes of a source to a raw table in which nothing has been guessed."""

import csv
import io
from collections import Counter
from pathlib import Path, PurePath

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from workflow_scripts.lib.config.cohort import BuiltinSource, TableSource
from workflow_scripts.lib.errors import StageRefusal

DELIMITERS = {".csv": ",", ".tsv": "\t"}


def read_source(path: str | Path, source: BuiltinSource | TableSource) -> pa.Table:
    """The raw table in ``path``, read as the suffix of ``source.path`` says: CSV and TSV with every column as text.

    Raises StageRefusal for an unknown suffix, a wrong encoding, a truncated file, ragged rows, an unbalanced
    quotation mark, repeated column names or no rows.
    """
    raw = Path(path).read_bytes()
    builtin = isinstance(source, BuiltinSource)
    name = source.name if builtin else source.path
    suffix = ".parquet" if builtin else PurePath(name).suffix.lower()
    if suffix == ".parquet":
        table = _read_parquet(raw, name)
    elif suffix in DELIMITERS:
        table = _read_text(_decoded(raw, source.encoding, name), DELIMITERS[suffix], name)
    else:
        raise StageRefusal(f"{name}: suffix '{suffix}' is unknown; expected .csv, .tsv or .parquet: convert the table to one of these")
    if not table.num_rows:
        raise StageRefusal(f"{name}: the table is empty: no rows below its header; expected one row per patient")
    return table


def _read_parquet(raw: bytes, name: str) -> pa.Table:
    try:
        file = pq.ParquetFile(pa.BufferReader(raw))
        _refuse_repeated(file.schema_arrow.names, name)
        return file.read()
    except (pa.ArrowException, OSError) as error:
        raise StageRefusal(
            f"{name}: not a readable Parquet file ({type(error).__name__}, {len(raw)} bytes); it may be truncated: copy it again"
        ) from None


def _decoded(raw: bytes, encoding: str, name: str) -> str:
    try:
        return raw.decode(encoding).removeprefix("\ufeff")
    except LookupError:
        raise StageRefusal(f"{name}: '{encoding}' is no known encoding; set source.encoding, such as utf-8 or cp1252") from None
    except UnicodeDecodeError as error:
        raise StageRefusal(
            f"{name}: byte {error.start} is not {encoding}; set source.encoding to what the file is written in, such as cp1252 or utf-16"
        ) from None


def _read_text(text: str, delimiter: str, name: str) -> pa.Table:
    text = text.lstrip("\r\n")
    header = next(csv.reader(io.StringIO(text), delimiter=delimiter), [])
    if not header or header == [""]:
        raise StageRefusal(f"{name}: the table is empty: no header; expected column names and one row per patient")
    _refuse_repeated(header, name)
    if text.count('"') % 2:  # the parser would take the rest of the file for one value
        raise StageRefusal(f"{name}: a quotation mark is opened and never closed; double it or remove it")
    return _parsed(text, header, delimiter, name)


def _parsed(text: str, header: list[str], delimiter: str, name: str) -> pa.Table:
    ragged: list[int] = []

    def note(row: pyarrow.csv.InvalidRow) -> str:
        ragged.append(row.number)
        return "skip"

    table = pyarrow.csv.read_csv(
        pa.BufferReader(text.encode()),
        read_options=pyarrow.csv.ReadOptions(use_threads=False, column_names=header),
        parse_options=pyarrow.csv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=note),
        convert_options=pyarrow.csv.ConvertOptions(column_types={column: pa.string() for column in header}, strings_can_be_null=False),
    )
    if ragged:
        raise StageRefusal(
            f"{name}: {len(ragged)} rows (the first is row {ragged[0]}) have more or fewer values than the "
            f"{len(header)} columns; expected one value per column: look for unquoted '{delimiter}'"
        )
    return table.slice(1)


def _refuse_repeated(columns: list[str], name: str) -> None:
    repeated = [column for column, count in Counter(columns).items() if count > 1]
    if repeated:
        raise StageRefusal(f"{name}: column names occur more than once: {repeated}; rename them in the source")
