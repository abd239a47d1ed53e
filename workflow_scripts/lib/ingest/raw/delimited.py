"""CSV and TSV, every column as text, block by block."""

import csv
import io
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.csv

from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.raw.streams import BLOCK, TextStream

OPEN = "a quotation mark is opened and never closed; double it or remove it"


class _Ragged:
    """Counts the rows that have more or fewer values than there are columns."""

    def __init__(self) -> None:
        self.count, self.first = 0, 0

    def __call__(self, row: pyarrow.csv.InvalidRow) -> str:
        self.count, self.first = self.count + 1, self.first or row.number
        return "skip"


def header_of(stream: TextStream, delimiter: str, name: str) -> list[str]:
    """The column names, which stay to be read; raises StageRefusal where there are none."""
    try:
        header = next(csv.reader(io.StringIO(stream.peek()), delimiter=delimiter), [])
    except csv.Error:  # a field that is too long
        raise StageRefusal(f"{name}: {OPEN}") from None
    if not header or header == [""]:
        raise StageRefusal(f"{name}: the table is empty: no header; expected column names and one row per patient")
    return header


def iterate_delimited(
    stream: TextStream, header: list[str], delimiter: str, name: str, columns: Sequence[str] | None = None
) -> Iterator[pa.RecordBatch]:
    """Batches of ``columns``, or of all; raises StageRefusal, at its end at the latest, for a malformed file."""
    ragged = _Ragged()
    behind_header = 1
    try:
        for batch in _reader(stream, header, delimiter, columns or header, ragged):
            yield batch.slice(behind_header)
            behind_header = 0
    except pa.ArrowInvalid:
        raise StageRefusal(f"{name}: a row is longer than {BLOCK} bytes, or {OPEN}") from None
    if stream.quotes % 2:  # the parser has taken the rest of the file for one value
        raise StageRefusal(f"{name}: {OPEN}")
    if ragged.count:
        raise StageRefusal(
            f"{name}: {ragged.count} rows (the first is row {ragged.first}) have more or fewer values than the "
            f"{len(header)} columns; expected one value per column: look for unquoted '{delimiter}'"
        )


def _reader(stream: TextStream, header: list[str], delimiter: str, columns: Sequence[str], ragged: _Ragged) -> pa.RecordBatchReader:
    return pyarrow.csv.open_csv(
        pa.PythonFile(stream, mode="r"),
        read_options=pyarrow.csv.ReadOptions(use_threads=False, column_names=header, block_size=BLOCK),
        parse_options=pyarrow.csv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=ragged),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(header, pa.string()), include_columns=list(columns), strings_can_be_null=False
        ),
    )
