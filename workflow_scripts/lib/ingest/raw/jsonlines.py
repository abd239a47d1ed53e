"""JSON lines: one flat object per line, every value as text, numbers as they are written."""

import io
import json
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import pyarrow as pa

from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.raw.streams import BLOCK, TextStream

ROWS = 50_000


def iterate_jsonlines(opened: Callable[[], TextStream], name: str) -> Iterator[pa.RecordBatch]:
    """Batches whose columns are the keys of all objects, null where an object lacks one; ``opened`` gives the stream, which is read twice.

    Raises StageRefusal, by line number, for a line that is no object or repeats a key, and for values that are lists or objects.
    """
    columns = list(dict.fromkeys(key for row in _rows(opened(), name) for key in row))
    rows = _rows(opened(), name)
    while part := list(islice(rows, ROWS)):
        try:
            yield pa.record_batch({column: pa.array([row.get(column) for row in part], pa.string()) for column in columns})
        except UnicodeEncodeError:
            raise StageRefusal(f"{name}: half a character written as \\ud800 or alike, which is no text; export it again") from None


def _rows(stream: TextStream, name: str) -> Iterator[dict[str, str | None]]:
    with io.TextIOWrapper(io.BufferedReader(stream, BLOCK), encoding="utf-8", newline="\n") as lines:
        for number, line in enumerate(iter(lambda: lines.readline(BLOCK), ""), start=1):
            if len(line) == BLOCK:
                raise StageRefusal(f"{name}: line {number} is longer than {BLOCK} characters; expected one object per line")
            if line.strip():
                yield _row(line, number, name)


def _row(line: str, number: int, name: str) -> dict[str, str | None]:
    try:
        row = json.loads(line, parse_int=str, parse_float=str, parse_constant=str, object_pairs_hook=_object)
    except (ValueError, RecursionError):
        row = None
    if not isinstance(row, dict):
        raise StageRefusal(f"{name}: line {number} is no JSON object with distinct keys; expected one object per line")
    nested = [key for key, value in row.items() if isinstance(value, list | dict)]
    if nested:
        raise StageRefusal(f"{name}: line {number}: {nested} hold lists or objects; expected text, numbers, booleans or null: flatten them")
    return {key: {True: "true", False: "false"}[value] if isinstance(value, bool) else value for key, value in row.items()}


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key occurs twice")
    return dict(pairs)
