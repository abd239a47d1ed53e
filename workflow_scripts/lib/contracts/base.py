"""A contract: a Parquet schema with meanings and units, key columns and named row checks."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from workflow_scripts.lib.contracts.files import atomic_path
from workflow_scripts.lib.errors import ContractError, did_you_mean

STRING, NUMBER, INTEGER, FLAG = pa.string(), pa.float64(), pa.int64(), pa.bool_()
MOMENT = pa.timestamp("us")
CURVE = pa.list_(pa.float64())
TEXTS = pa.list_(pa.string())
STORED = {"compression": "zstd", "write_page_checksum": True}


@dataclass(frozen=True)
class Field:
    """One column: its Arrow type, meaning and unit; ``extra`` is further metadata kept in the file."""

    name: str
    type: pa.DataType
    meaning: str
    unit: str = ""
    nullable: bool = False
    extra: tuple[tuple[str, str], ...] = ()

    def arrow(self) -> pa.Field:
        """The Arrow field, with meaning and unit in its metadata."""
        metadata = {"meaning": self.meaning, "unit": self.unit, **dict(self.extra)}
        return pa.field(self.name, self.type, self.nullable, metadata)


@dataclass(frozen=True)
class Contract:
    """What a table promises.

    ``key`` columns identify a row and fix the row order. ``checks`` maps a sentence that must hold of every
    row to a function that returns, row by row, whether it does. An ``open`` contract allows further columns.
    """

    name: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    checks: tuple[tuple[str, Callable[[pd.DataFrame], pd.Series]], ...] = ()
    open: bool = False

    def extended(self, extra: Sequence[Field]) -> "Contract":
        """The same contract with ``extra`` columns behind its own."""
        return replace(self, fields=(*self.fields, *extra), open=False)

    def schema(self) -> pa.Schema:
        """The Arrow schema, with the contract's name in its metadata."""
        return pa.schema([field.arrow() for field in self.fields], {"contract": self.name})


def write_table(rows: pd.DataFrame, path: str | Path, contract: Contract) -> None:
    """Check ``rows`` and write them as byte-deterministic Parquet, sorted by key, under ``path`` atomically.

    Raises ContractError listing every violation.
    """
    _refuse(contract, path, _violations(rows, contract))
    rows = rows.sort_values(list(contract.key), kind="stable") if contract.key else rows
    schema = contract.schema()
    try:
        table = pa.Table.from_pandas(rows[schema.names], schema=schema, preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        _refuse(contract, path, _type_faults(rows, schema))
        raise
    with atomic_path(path) as part:
        pq.write_table(table.replace_schema_metadata(schema.metadata), part, **STORED)


def write_pieces(pieces: Iterable[pa.Table], path: str | Path, contract: Contract) -> int:
    """Check and write a table that is too large for memory, piece by piece in the order given; returns how many rows.

    Keys must rise from row to row and from piece to piece. Raises ContractError for the first piece at fault.
    """
    schema, rows, last = contract.schema(), 0, []
    repeating = [field.name for field in schema if not pa.types.is_list(field.type)]  # in vectors a dictionary only costs memory
    with atomic_path(path) as part, pq.ParquetWriter(part, schema, use_dictionary=repeating, **STORED) as writer:
        for piece in pieces:
            found = piece.to_pandas()
            _refuse(contract, path, [*_schema_faults(piece.schema, contract), *_violations(found, contract)])
            keys = [*last, *found[list(contract.key)].itertuples(index=False, name=None)] if contract.key else []
            if any(one >= other for one, other in pairwise(keys)):
                _refuse(contract, path, [f"key ({', '.join(contract.key)}): rows are not in its order"])
            last = keys[-1:]
            writer.write_table(piece.select(schema.names).cast(schema))
            rows += len(piece)
    return rows


def read_table(path: str | Path, contract: Contract, only: Mapping[str, str | int] | None = None) -> pd.DataFrame:
    """Read a table, or ``only`` the rows with these values, and check it against ``contract``.

    Raises ContractError listing every violation.
    """
    table = read_arrow(path)
    faults = _schema_faults(table.schema, contract)
    _refuse(contract, path, faults)
    for name, value in (only or {}).items():
        if name in table.column_names:  # a column that is missing is named below
            table = table.filter(pc.equal(table[name], value))
    rows = table.to_pandas()
    _refuse(contract, path, _violations(rows, contract))
    return rows


def read_arrow(path: str | Path) -> pa.Table:
    """Read any Parquet file; raises ContractError when it is missing, truncated, damaged or not Parquet."""
    try:
        return pq.read_table(path, page_checksum_verification=True)
    except (pa.ArrowInvalid, OSError) as error:
        raise ContractError(
            f"{path}: not a readable Parquet file ({type(error).__name__}); it may be truncated: restore or rebuild it"
        ) from None


def _schema_faults(schema: pa.Schema, contract: Contract) -> list[str]:
    wanted = contract.schema()
    return [
        f"{field.name}: type {schema.field(field.name).type}, expected {field.type}"
        for field in wanted
        if field.name in schema.names and schema.field(field.name).type != field.type
    ]


def _type_faults(rows: pd.DataFrame, schema: pa.Schema) -> list[str]:
    faults = []
    for field in schema:
        try:
            pa.Array.from_pandas(rows[field.name], type=field.type)
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            faults.append(f"{field.name}: values of type {rows[field.name].dtype} do not fit {field.type}")
    return faults


def _violations(rows: pd.DataFrame, contract: Contract) -> list[str]:
    names = [field.name for field in contract.fields]
    faults = [f"missing column '{name}'; {did_you_mean(name, rows.columns)}" for name in names if name not in rows]
    if not contract.open:
        faults += [f"unexpected column '{name}'" for name in rows.columns if name not in names]
    if faults:
        return faults
    for field in contract.fields:
        nulls = 0 if field.nullable else int(rows[field.name].isna().sum())
        if nulls:
            faults.append(f"{field.name}: {nulls} null of {len(rows)} rows")
    return faults + _row_faults(rows, contract)


def _row_faults(rows: pd.DataFrame, contract: Contract) -> list[str]:
    faults = []
    repeated = int(rows.duplicated(list(contract.key)).sum()) if contract.key else 0
    if repeated:
        faults.append(f"key ({', '.join(contract.key)}): {repeated} duplicated rows")
    for sentence, holds in contract.checks:
        broken = int((~holds(rows).astype(bool)).sum())
        if broken:
            faults.append(f"{sentence}: not so in {broken} of {len(rows)} rows")
    return faults


def _refuse(contract: Contract, path: str | Path, faults: list[str]) -> None:
    if faults:
        raise ContractError(f"{contract.name} ({Path(path).name}): " + "; ".join(faults))
