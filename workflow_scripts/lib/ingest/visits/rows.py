"""One batch of a table of codes: codes and values as they will stand, and what is wrong with the rows."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workflow_scripts.lib.config.columns import canonical
from workflow_scripts.lib.config.modalities.visits import CodeTable
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.raw.values import numbers
from workflow_scripts.lib.ingest.visits.times import Columns, Times
from workflow_scripts.lib.ingest.visits.vocabulary import distinct, spelled, spelled_by_row

NO_TIME, ODD_TIME, NO_STAY = "no time", "a time that cannot be read", "a stay that the lookup does not have"
NO_CODE, ODD_VOCABULARY, ODD_CODE = "no code", "a vocabulary that is not listed", "a code that is none of its vocabulary"
ODD_VALUE = "a value that is no number (the code is kept without it)"

ROW_FAULTS = {
    NO_TIME: (1.0, "correct time"),
    ODD_TIME: (0.5, "expected ISO 8601, as 2015-01-31T08:30: else set time_format"),
    NO_STAY: (1.0, "correct lookup.key"),
    NO_CODE: (1.0, "correct code"),
    ODD_VOCABULARY: (0.5, "list what vocabulary_column says under vocabularies"),
    ODD_CODE: (0.5, "correct code, or vocabulary"),
    ODD_VALUE: (0.5, "correct value, or leave it out"),
}
"""What can be wrong with a row, the largest fraction of rows of which it is tolerated, and what to do where it is more."""


@dataclass(frozen=True)
class Rows:
    """n rows: ``code`` as vocabulary//code, ``value`` (n,) NaN where there is none, ``usable`` (n,), and faults by how many rows have them.

    A row without a readable time, or without a code that can be one of its vocabulary, is not usable; a value that is no number
    costs only the value.
    """

    code: pa.Array
    value: np.ndarray
    usable: np.ndarray
    faults: Counter


def read_rows(columns: Columns, times: Times, cfg: CodeTable) -> Rows:
    """The rows of a batch whose columns are text and whose times are read."""
    code, faults = _codes(columns, cfg)
    faults |= {
        NO_TIME: times.missing,
        NO_STAY: times.unlisted,
        ODD_TIME: np.isnat(times.moment) & ~times.missing & ~times.unlisted,
    }
    usable = ~np.any(list(faults.values()), axis=0)
    value, odd = (
        _values(columns[cfg.value]) if cfg.value else (np.full(len(code), np.nan, dtype=np.float32), np.zeros(len(code), dtype=bool))
    )
    counts = {reason: int(rows.sum()) for reason, rows in {**faults, ODD_VALUE: odd}.items()}
    return Rows(code, value, usable, Counter(counts))


def _codes(columns: Columns, cfg: CodeTable) -> tuple[pa.Array, dict[str, np.ndarray]]:
    codes, place = distinct(columns[cfg.code])
    if cfg.vocabulary:
        vocabularies = pa.repeat(pa.scalar(cfg.vocabulary), len(place))
        code = spelled(codes, cfg.vocabulary).take(pa.array(place))
    else:
        vocabularies = _vocabularies(columns[cfg.vocabulary_column], cfg.vocabularies)
        code = spelled_by_row(columns[cfg.code], vocabularies)
    there, listed, fits = (_flags(pc.is_valid(values)) for values in (columns[cfg.code], vocabularies, code))
    code = pc.binary_join_element_wise(code, cfg.unit, "//") if cfg.unit else code
    return code, {NO_CODE: ~there, ODD_VOCABULARY: there & ~listed, ODD_CODE: there & listed & ~fits}


def _vocabularies(names: pa.Array, listed: dict[str, str]) -> pa.Array:
    """What each row's name of a vocabulary stands for; null where that is not listed."""
    values, place = distinct(names)
    meaning = {canonical(name): vocabulary for name, vocabulary in listed.items()}
    known = [None if name is None else meaning.get(canonical(name)) for name in values.to_pylist()]
    return pa.array(known, pa.string()).take(pa.array(place))


def _values(text: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """(n,) float32, NaN where there is none, and (n,) True where the text is no number that has a float32."""
    values, odd = numbers(text)
    with np.errstate(over="ignore"):
        single = values.astype(np.float32) + np.float32(0)  # -0 becomes 0
    infinite = np.isinf(single)
    return np.where(infinite, np.float32("nan"), single), odd | infinite


def _flags(flags: pa.Array) -> np.ndarray:
    return flags.to_numpy(zero_copy_only=False)


def check_rows(faults: Counter, rows: int) -> None:
    """Raise StageRefusal when so many of a table's ``rows`` have a fault that the mapping, not the patient, is to blame."""
    if not rows:
        raise StageRefusal("no row names a patient of the cohort; correct patient.column or patient.pattern")
    found = [
        f"{reason} in {faults[reason]} of {rows} rows; {remedy}"
        for reason, (tolerated, remedy) in ROW_FAULTS.items()
        if faults[reason] == rows or faults[reason] > tolerated * rows
    ]
    if found:
        raise StageRefusal("; ".join(found))
