"""The tables of a cohort as one: a row per patient, every column found in exactly one of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from workflow_scripts.lib.config.cohort import PatientsConfig
from workflow_scripts.lib.config.sources import Choice, PatientKey
from workflow_scripts.lib.errors import did_you_mean
from workflow_scripts.lib.ingest.patients.choosing import choose_rows, patient_ids, start_stop
from workflow_scripts.lib.ingest.raw.reading import read_source
from workflow_scripts.lib.ingest.raw.values import Fault, as_text

MAIN = "patients"  # what the main table is called, as the file of its raw copy


@dataclass(frozen=True)
class Joined:
    """``text`` (n,) by column, of the patients ``ids`` (n,), None where unknown, from the rows ``numbers`` (n,) of their table, from 1.

    ``faults`` are rows at fault, ``structural`` sentences on what no single patient is to blame for, ``notes`` are for the log.
    """

    ids: pd.Series
    numbers: np.ndarray
    text: dict[str, pa.Array]
    faults: list[Fault]
    structural: list[str]
    notes: tuple[str, ...] = ()


def read_tables(paths: Sequence[str], cfg: PatientsConfig) -> dict[str, pa.Table]:
    """The raw tables of a cohort by name: the main one, then the further ones in the order of their names, as ``paths`` are."""
    sources = {MAIN: cfg.source} | {name: cfg.tables[name].source for name in sorted(cfg.tables)}
    return {name: read_source(path, source) for path, (name, source) in zip(paths, sources.items(), strict=True)}


def locate(tables: Mapping[str, pa.Table], cfg: PatientsConfig, published: str | None) -> tuple[dict[str, str], list[str]]:
    """By column that is used, beside ids, the table that has it; and sentences on columns that no table has, or several."""
    columns = [column for column in (*cfg.roles, *cfg.covariates, published) if column and column != (cfg.key and cfg.key.column)]
    there = {name: list(table.column_names) for name, table in tables.items()}
    wanted = [(name, key.column) for name, key in _keys(cfg).items() if key]
    wanted += [(name, choice.by) for name, choice in _choices(cfg).items() if choice and choice.by]
    absent = [f"{name}: there is no column '{by}'; {did_you_mean(by, there[name])}" for name, by in wanted if by not in there[name]]
    homes: dict[str, str] = {}
    for column in dict.fromkeys(columns):
        having = [name for name in there if column in there[name]]
        if not having:
            absent.append(f"there is no column '{column}'; {did_you_mean(column, [c for names in there.values() for c in names])}")
        elif len(having) > 1:
            absent.append(f"column '{column}' is in several tables: {', '.join(having)}; rename it in one of them")
        else:
            homes[column] = having[0]
    return homes, absent + [f"the columns of {name} are: {listed(names)}" for name, names in there.items() if absent]


def _keys(cfg: PatientsConfig) -> dict[str, PatientKey | None]:
    return {MAIN: cfg.key} | {name: joined.patient for name, joined in cfg.tables.items()}


def _choices(cfg: PatientsConfig) -> dict[str, Choice | None]:
    return {MAIN: cfg.several} | {name: joined.several for name, joined in cfg.tables.items()}


def join_tables(tables: Mapping[str, pa.Table], cfg: PatientsConfig, homes: Mapping[str, str]) -> Joined:
    """The patients of the main table with the columns of ``homes`` from all tables; who is not in one of these has no values of it."""
    keys, choices = _keys(cfg), _choices(cfg)

    def part(name: str) -> Joined:
        used = [column for column, home in homes.items() if home == name]
        return _one_row_each(name, tables[name], keys[name], choices[name], used, cfg.missing)

    whole = part(MAIN)
    for name in sorted(cfg.tables):
        whole = _with(whole, part(name), name)
    return whole


def _one_row_each(
    name: str, table: pa.Table, key: PatientKey | None, choice: Choice | None, used: list[str], missing: Sequence[str]
) -> Joined:
    text = {column: as_text(column, table[column], missing) for column in used}
    numbers = np.arange(1, table.num_rows + 1)
    if key is None:
        ids = pd.Series(numbers).astype(str).str.zfill(max(4, len(str(len(numbers)))))
        return Joined(ids, numbers, text, [], [])
    named = as_text(key.column, table[key.column], missing)
    ids = patient_ids(named, key)
    blank = named.is_null().to_numpy(zero_copy_only=False)
    faults = [Fault("patient id: missing", blank), Fault("patient id: does not match its pattern", ids.isna().to_numpy() & ~blank)]
    several = ids.notna() & ids.duplicated(keep=False)
    if not several.any():
        return Joined(ids, numbers, text, faults, [])
    structural = _several_faults(name, table.column_names, choice, int(several.sum()), len(ids))
    by = choice and choice.by and as_text(choice.by, table[choice.by], missing)
    rows, undecided = choose_rows(ids, choice or Choice(take="agreeing"), text, by)
    faults = [Fault(fault.reason, fault.rows[rows]) for fault in faults] + undecided
    kept = {column: values.take(rows) for column, values in text.items()}
    return Joined(ids.iloc[rows].reset_index(drop=True), numbers[rows], kept, faults, structural)


def _several_faults(name: str, columns: list[str], choice: Choice | None, rows: int, n: int) -> list[str]:
    """What several rows per patient mean: a table of intervals, or a choice that nobody made."""
    interval = start_stop(columns)
    if interval:
        return [
            f"{name}: columns '{interval[0]}' and '{interval[1]}' with several rows per patient: a start-stop table, whose covariates "
            "change with time; reduce each patient to one row at an index date: the values known by then, and the time from then on"
        ]
    if choice is None:
        return [f"{name}: patient id: not the only row with it in {rows} of {n} rows; say under several which row stands for a patient"]
    return []


def _with(whole: Joined, part: Joined, name: str) -> Joined:
    """``whole`` with the columns of a further table, null for patients who are not in it."""
    known = np.flatnonzero(part.ids.notna())
    place = pd.Index(part.ids.iloc[known]).get_indexer(whole.ids)
    found = place >= 0
    rows = np.append(known, 0)[place]  # where not found, place is -1: the appended row, masked below
    text = whole.text | {column: values.take(pa.array(rows, mask=~found)) for column, values in part.text.items()}
    faults = [Fault(f"{name}: {fault.reason}", fault.rows[rows] & found) for fault in part.faults]
    nobody = f"{name}: holds not one patient of the main table; compare the ids, and the patterns that read them"
    structural = [*whole.structural, *part.structural, *([] if found.any() else [nobody])]
    strange = len(part.ids) - int(found.sum())
    note = f"{name}: {found.sum()} patients" + (f" and {strange} rows of others" if strange else "")
    return Joined(whole.ids, whole.numbers, text, [*whole.faults, *faults], structural, (*whole.notes, note))


def listed(names: Sequence[str], most: int = 30) -> str:
    """Names, and how many more there are."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
