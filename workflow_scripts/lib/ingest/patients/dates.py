"""Calendar dates: read strictly, in one time zone, and turned into days of follow-up."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from workflow_scripts.lib.config.columns import DatesConfig, Moment
from workflow_scripts.lib.ingest.raw.values import Fault

ZONED = r"^(?P<moment>.*:\d\d(?:\.\d+)?) ?(?P<zone>Z|UTC|[+-]\d\d:?\d\d)$"
ISO = r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?$"  # the standard would take 2015 and 2015-01 too
DAY = np.timedelta64(1, "D")


@dataclass(frozen=True)
class Moments:
    """``values`` (n,) datetime64[us], NaT where there is none or it is unreadable; ``odd`` (n,) True where there is text that is no date.

    Times are kept as they are written; ``zones`` are the distinct time zones written behind them, "" for none.
    """

    values: np.ndarray
    odd: np.ndarray
    zones: frozenset[str]


def moments_of(text: pa.Array, form: str | None) -> Moments:
    """Dates or times in the format ``form``, as in strptime, or in ISO 8601 with all of year, month and day."""
    parts = pc.extract_regex(text, ZONED)
    zoned = pc.is_valid(parts)
    bare = pc.if_else(zoned, pc.struct_field(parts, "moment"), text)
    if form is None:
        bare = pc.if_else(pc.match_substring_regex(bare, ISO), bare, None)
    bare_form = (form or "ISO8601").replace("%z", "").strip()
    values = pd.to_datetime(bare.to_pandas(), format=bare_form, errors="coerce").to_numpy().astype("datetime64[us]")
    odd = pc.is_valid(text).to_numpy(zero_copy_only=False) & np.isnat(values)
    zones = pc.if_else(zoned, pc.struct_field(parts, "zone"), pc.if_else(pc.is_valid(text), "", None))
    return Moments(values, odd, frozenset(zone for zone in pc.unique(zones).to_pylist() if zone is not None))


@dataclass(frozen=True)
class Calendar:
    """The dates of n patients, (n,) datetime64[us] each, NaT where not given; bad rows; sentences on whole columns."""

    index: np.ndarray
    birth: np.ndarray
    event: np.ndarray
    end: np.ndarray
    faults: list[Fault]
    structural: list[str]


def read_calendar(text: Mapping[str, pa.Array], cfg: DatesConfig, n: int) -> Calendar:
    """Every date that ``cfg`` names, from ``text`` by column."""
    read = {column: moments_of(text[column], cfg.format) for column in cfg.columns}
    form = f"as '{cfg.format}'" if cfg.format else "in ISO 8601, such as 2015-01-31; set dates.format"
    faults = [Fault(f"date '{column}': not a date {form}", moments.odd) for column, moments in read.items()]

    def of(moment: Moment | None) -> np.ndarray:
        if moment is None or moment.column is None:
            return np.full(n, np.datetime64((moment and moment.date) or "NaT", "us"))
        return read[moment.column].values

    calendar = Calendar(of(cfg.index), of(_column(cfg.birth)), of(_column(cfg.event)), of(cfg.end), faults, _zone_faults(read))
    if cfg.index.column is not None:
        faults.append(Fault(f"date '{cfg.index.column}': missing", pc.is_null(text[cfg.index.column]).to_numpy(zero_copy_only=False)))
    faults.append(Fault(f"date '{cfg.birth}': born after the index date", calendar.birth > calendar.index))
    return calendar


def _column(name: str | None) -> Moment | None:
    return Moment(column=name) if name else None


def _zone_faults(read: Mapping[str, Moments]) -> list[str]:
    remedy = "without one they cannot be compared: convert all to one zone, or to dates"
    mixed = [
        f"date '{column}': mixed time zones ({len(found.zones)} kinds, with none counted as one); {remedy}"
        for column, found in read.items()
        if len(found.zones) > 1
    ]
    between = {zone for found in read.values() for zone in found.zones}
    if len(between) > 1 and not mixed:
        return [f"dates {sorted(read)}: mixed time zones between columns; {remedy}"]
    return mixed


def dated_outcome(calendar: Calendar, cfg: DatesConfig) -> tuple[np.ndarray, np.ndarray, list[Fault]]:
    """Days (n,) from the index date to the event or to the end of follow-up, True (n,) where the event was seen, and bad rows.

    A single end for all is the day the data were closed: an event after it is a censoring on that day. An end in a column is
    when a patient was last heard of, and stands only for those without event.
    """
    end, event = cfg.end, calendar.event
    seen = ~np.isnat(event) if end.column else event <= calendar.end
    last = np.where(seen, event, calendar.end)
    days = (last - calendar.index) / DAY
    faults = [
        Fault(f"end of follow-up '{end.column}': missing, and no event", np.isnat(last)),
        Fault("time from the index date to event or end: not > 0", days <= 0),
    ]
    return days, seen, faults
