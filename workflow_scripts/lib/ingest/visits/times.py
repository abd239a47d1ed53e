"""When a code was given: read from its row, or from a second table in which its stay has a time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from workflow_scripts.lib.config.modalities.visits import CodeTable
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.patients.dates import ZONED, moments_of
from workflow_scripts.lib.ingest.raw.reading import iterate_batches
from workflow_scripts.lib.ingest.raw.values import as_text
from workflow_scripts.lib.ingest.visits.vocabulary import distinct

Columns = Mapping[str, pa.Array]


@dataclass(frozen=True)
class Times:
    """Times of n rows, as the clock on the wall showed them: where a zone is written it is kept beside, not applied.

    A landmark is a day of the calendar that the patient lived by, and so is the day of such a clock.
    """

    moment: np.ndarray  # (n,) datetime64[us], NaT where it cannot be read
    missing: np.ndarray  # (n,) True where nothing is written
    clock: np.ndarray  # (n,) True where the time of day is written, not only the day
    zone: np.ndarray  # (n,) minutes east of Greenwich, NaN where no zone is written
    unlisted: np.ndarray  # (n,) True where the second table does not have the row's stay

    def take(self, rows: np.ndarray) -> "Times":
        """The times of these rows."""
        return Times(*(values[rows] for values in vars(self).values()))


def parse_times(text: pa.Array, form: str | None) -> Times:
    """Times from text in ISO 8601, or in the format ``form``, as in strptime."""
    values, place = distinct(text)
    missing = pc.is_null(values).to_numpy(zero_copy_only=False)
    clock = pc.fill_null(pc.match_substring_regex(values, r"\d\d:\d\d"), False).to_numpy(zero_copy_only=False)
    zone = _minutes(pc.struct_field(pc.extract_regex(values, ZONED), "zone"))
    return Times(moments_of(values, form).values, missing, clock, zone, np.zeros(len(values), dtype=bool)).take(place)


def _minutes(zone: pa.Array) -> np.ndarray:
    """(n,) minutes east of Greenwich, from +02:00, +0200, Z or UTC."""
    digits = pc.replace_substring_regex(zone, "[^0-9]", "")
    digits = pc.if_else(pc.equal(digits, ""), "0", digits).to_pandas().astype(float).to_numpy()
    west = pc.fill_null(pc.starts_with(zone, "-"), False).to_numpy(zero_copy_only=False)
    return np.where(west, -1, 1) * (digits // 100 * 60 + digits % 100)


def time_reader(table: CodeTable, lookup: str | Path | None) -> Callable[[Columns], Times]:
    """What reads the times of a batch of ``table``, from its text columns; ``lookup`` is the second table, where it has one."""
    if table.lookup is None:
        return lambda columns: parse_times(columns[table.time], table.time_format)
    stays, times = _stays(table, lookup)

    def of_stays(columns: Columns) -> Times:
        keys, place = distinct(columns[table.lookup.key])
        rows = stays.get_indexer(keys.to_pandas())
        rows = np.where(rows < 0, len(stays), rows)  # the last row of times stands for stays that are not there
        return times.take(rows[place])

    return of_stays


def _stays(table: CodeTable, path: str | Path) -> tuple[pd.Index, Times]:
    """The stays of the second table, and their times with one more row behind them for any other stay."""
    lookup = table.lookup
    read = pa.Table.from_batches(iterate_batches(path, lookup.source, list(dict.fromkeys([lookup.key, lookup.time]))))
    stays = pd.Index(as_text(lookup.key, read[lookup.key], ()).to_pandas())
    twice = int(stays[stays.notna()].duplicated(keep=False).sum())
    if twice:
        raise StageRefusal(
            f"lookup '{lookup.key}': {twice} of {len(stays)} rows share their key with another row; expected one row per key: "
            "join on the column that names the stay"
        )
    text = pa.concat_arrays([as_text(lookup.time, read[lookup.time], ()), pa.nulls(1, pa.string())])
    times = parse_times(text, table.time_format)
    times.unlisted[-1] = True
    times.missing[-1] = False
    keyed = np.append(stays.notna(), True)
    return stays[keyed[:-1]], times.take(keyed)
