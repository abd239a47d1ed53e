"""Sorting more rows than fit into memory: by ranges of subjects, on disk."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

SCHEMA = pa.schema([("subject", pa.int64()), ("time", pa.timestamp("us")), ("code", pa.string()), ("value", pa.float32())])


class Buckets:
    """Rows set down in files by range of subjects, so that each file is sorted alone and their order is that of the whole.

    ``subjects`` are numbered from 0. ``repeats`` counts, once the rows have been taken out, those that were there already.
    """

    def __init__(self, folder: Path, subjects: int, buckets: int) -> None:
        self._width = -(-subjects // buckets)
        self._paths = [folder / f"{bucket}.arrows" for bucket in range(-(-subjects // self._width))]
        self._writers = [pa.ipc.new_stream(path, SCHEMA) for path in self._paths]
        self.repeats = 0

    def add(self, subject: np.ndarray, time: np.ndarray, code: pa.Array, value: np.ndarray) -> None:
        """Set rows down: ``subject``, ``time`` since the epoch, ``code``, ``value`` NaN where there is none."""
        bucket = subject // self._width
        order = np.argsort(bucket, kind="stable")
        rows = pa.record_batch([subject, time, code, value], schema=SCHEMA).take(pa.array(order))
        edges = np.searchsorted(bucket[order], np.arange(len(self._writers) + 1))
        for writer, start, stop in zip(self._writers, edges[:-1], edges[1:], strict=True):
            if stop > start:
                writer.write_batch(rows.slice(start, stop - start))

    def sorted(self) -> Iterator[pa.Table]:
        """The rows in the order of subject, time, code and value, exact repeats once; some of the tables may be empty."""
        for writer in self._writers:
            writer.close()
        for path in self._paths:
            with pa.ipc.open_stream(path) as stream:
                rows = stream.read_all()
            path.unlink()
            order = _order(rows)
            self.repeats += len(rows) - len(order)
            yield rows.take(order)


def _order(rows: pa.Table) -> np.ndarray:
    """The rows of a bucket in order, without those that equal the row before."""
    codes = rows["code"].combine_chunks().dictionary_encode()
    rank = np.argsort(np.argsort(codes.dictionary.to_numpy(zero_copy_only=False)))
    columns = [rows["subject"].to_numpy(), rows["time"].to_numpy(), rank[codes.indices.to_numpy()], rows["value"].to_numpy()]
    order = np.lexsort(columns[::-1])
    new = np.ones(len(order), dtype=bool)
    new[1:] = ~np.all([_same(column[order]) for column in columns], axis=0)
    return order[new]


def _same(values: np.ndarray) -> np.ndarray:
    """(n - 1,) True where a value equals the one before it; NaN equals NaN, and so does NaT."""
    return (values[1:] == values[:-1]) | ((values[1:] != values[1:]) & (values[:-1] != values[:-1]))
