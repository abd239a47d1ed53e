"""From a raw column to text, numbers or events, strictly: whatever is not plainly one is a fault, not a guess."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workflow_scripts.lib.config.columns import EventColumn, TimeColumn, canonical
from workflow_scripts.lib.errors import StageRefusal

NUMBER = r"(?i)^[+-]?(\d+\.?\d*(e[+-]?\d+)?|\.\d+(e[+-]?\d+)?|inf|infinity)$"
FORMULA = r"^(=|@|[+-][A-Za-z]+[(|!])"
SHOWN_CODES, SHOWN_CHARACTERS = 5, 20


@dataclass(frozen=True)
class Fault:
    """What is wrong with some rows: ``reason`` quotes no value, ``rows`` (n,) bool says which, ``codes`` lists distinct codes."""

    reason: str
    rows: np.ndarray
    codes: str = ""

    @property
    def count(self) -> int:
        """How many rows."""
        return int(self.rows.sum())

    def __str__(self) -> str:
        codes = f" ({self.codes})" if self.codes else ""
        return f"{self.reason}{codes} in {self.count} of {len(self.rows)} rows"


def as_text(name: str, column: pa.ChunkedArray, missing: Sequence[str]) -> pa.Array:
    """The column as text without surrounding spaces; empty cells and the texts in ``missing`` are null.

    Whole numbers stored as floats are written without a decimal point. Raises StageRefusal for a type that is
    no single value, such as a list, and for NUL characters.
    """
    values = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if pa.types.is_floating(values.type):
        values = _whole(pc.if_else(pc.is_nan(values), None, values))
    try:
        text = pc.utf8_trim_whitespace(pc.cast(values, pa.string()))
    except pa.ArrowException:
        raise StageRefusal(f"column '{name}': found {values.type}, expected numbers or text; convert it in the source") from None
    if pc.any(pc.match_substring(text, "\0")).as_py():
        raise StageRefusal(f"column '{name}': NUL characters; no text has them: export it again")
    return pc.if_else(pc.is_in(text, pa.array(["", *missing])), None, text)


def _whole(values: pa.Array) -> pa.Array:
    whole = pc.and_(pc.equal(pc.floor(values), values), pc.less(pc.abs(values), 2.0**53))
    return pc.cast(values, pa.int64()) if pc.all(whole).as_py() else values


def numbers(text: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """``values`` (n,) float, NaN where missing or no number, and ``odd`` (n,) True where there is text that is no number.

    A decimal comma, a thousands separator or a unit behind the number make it text.
    """
    plain = pc.fill_null(pc.match_substring_regex(text, NUMBER), False)
    values = pc.cast(pc.if_else(plain, text, None), pa.float64()).to_numpy(zero_copy_only=False)
    odd = pc.and_(pc.is_valid(text), pc.invert(plain)).to_numpy(zero_copy_only=False)
    return values.astype(float), odd


def days_of(text: pa.Array, column: TimeColumn) -> tuple[np.ndarray, list[Fault]]:
    """Follow-up in days (n,), NaN where it cannot be read, and what is wrong with it."""
    values, odd = numbers(text)
    name = f"time '{column.column}'"
    faults = [
        Fault(f"{name}: missing", pc.is_null(text).to_numpy(zero_copy_only=False)),
        Fault(f"{name}: not a number", odd),
        Fault(f"{name}: infinite", np.isinf(values)),
        Fault(f"{name}: not > 0", values <= 0),
    ]
    return values * column.days, faults


@dataclass(frozen=True)
class Events:
    """``seen`` (n,) True where the event was seen; ``competing`` (n,) the name of the other event that censored, or None.

    ``unlisted`` is a sentence on codes whose meaning nobody stated, or empty: none is guessed.
    """

    seen: np.ndarray
    competing: np.ndarray
    faults: list[Fault]
    unlisted: str


def events_of(text: pa.Array, column: EventColumn) -> Events:
    """What the codes mean."""
    name, meaning = f"event '{column.column}'", column.kind_of()
    distinct = [code for code in pc.unique(text).to_pylist() if code is not None]
    kinds = {code: meaning[canonical(code)] for code in distinct if canonical(code) in meaning}
    codes = text.to_pandas()
    unlisted = [code for code in distinct if code not in kinds]
    interest = column.event_of_interest or "event"
    other = {code: kind for code, kind in kinds.items() if kind not in (None, interest)}
    competing = codes.map(other).astype(object)
    return Events(
        codes.isin([code for code, kind in kinds.items() if kind == interest]).to_numpy(),
        competing.where(competing.notna(), None).to_numpy(),
        [Fault(f"{name}: missing", codes.isna().to_numpy())],
        _unlisted(column, unlisted, f"{codes.isin(unlisted).sum()} of {len(codes)}") if unlisted else "",
    )


def _unlisted(column: EventColumn, codes: list[str], rows: str) -> str:
    known = "among causes" if column.causes else "as seen"
    found = f"event '{column.column}': a code listed neither {known} nor as censored ({shown(codes)}) in {rows} rows; say what it means"
    numbered = all(canonical(code).replace(".", "").isdigit() for code in codes)
    hint = "; if 0, 1, 2 are different events, give causes and event_of_interest instead of seen"
    return found + hint * (numbered and not column.causes)


def formulas(text: pa.Array) -> np.ndarray:
    """True (n,) where a spreadsheet would take the text for a formula: such text is no category, and may harm who opens it."""
    return pc.fill_null(pc.match_substring_regex(text, FORMULA), False).to_numpy(zero_copy_only=False)


def shown(codes: Sequence[str]) -> str:
    """The distinct codes, when they are few and short enough to be codes; else only how many: they may be patient text."""
    if len(codes) > SHOWN_CODES or any(len(code) > SHOWN_CHARACTERS for code in codes):
        return f"{len(codes)} distinct"
    return ", ".join(f"'{code}'" for code in sorted(codes))
