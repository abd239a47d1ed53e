"""From tables of codes to MEDS events before each patient's index date."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from workflow_scripts.lib.config.modalities.visits import CodeTable, VisitsConfig
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.raw.reading import iterate_batches
from workflow_scripts.lib.ingest.raw.values import as_text
from workflow_scripts.lib.ingest.visits.rows import Rows, check_rows, read_rows
from workflow_scripts.lib.ingest.visits.sorting import Buckets
from workflow_scripts.lib.ingest.visits.subjects import Subjects
from workflow_scripts.lib.ingest.visits.times import Columns, Times, time_reader

BYTES_PER_BUCKET = 32_000_000
MOST_BUCKETS = 256  # files open at once
KEPT, CUT, STRANGERS = "codes before the index date", "codes on or after it left out", "rows without a patient of the cohort"


@dataclass(frozen=True)
class RawTable:
    """One table of codes: its name in the config, the config, its raw file, and that of its lookup."""

    name: str
    cfg: CodeTable
    path: Path
    lookup: Path | None


def raw_tables(paths: Sequence[str | Path], cfg: VisitsConfig) -> list[RawTable]:
    """The tables of the config with their files, which are in the order of their sources' names: NAME, NAME.lookup, ..."""
    names = sorted([*cfg.tables, *(f"{name}.lookup" for name, table in cfg.tables.items() if table.lookup)])
    files = {name: Path(path) for name, path in zip(names, paths, strict=True)}
    return [RawTable(name, cfg.tables[name], files[name], files.get(f"{name}.lookup")) for name in sorted(cfg.tables)]


def buckets_for(tables: Sequence[RawTable], subjects: Subjects, folder: Path) -> Buckets:
    """As many buckets as keep one small, by the bytes of the files."""
    wanted = sum(table.path.stat().st_size for table in tables) // BYTES_PER_BUCKET
    return Buckets(folder, len(subjects), max(1, min(MOST_BUCKETS, len(subjects), wanted)))


def collect(tables: Sequence[RawTable], subjects: Subjects, buckets: Buckets) -> Counter:
    """Set down the codes before the index dates of all tables; returns how many rows met which fate, in words.

    Raises StageRefusal, naming all faults at once in counts and column names, when a table is not what its mapping says, when
    no patient's record can be trusted, and when no code lies before an index date.
    """
    counts, faults = Counter(), []
    for table in tables:
        try:
            counts += _collect(table, subjects, buckets)
        except StageRefusal as refusal:
            faults.append(f"- {table.name}: {refusal}")
    if faults:
        raise StageRefusal("the visits cannot be used:\n" + "\n".join(faults))
    subjects.check()
    if not (subjects.reached & ~subjects.refused).any():
        raise StageRefusal(
            f"the visits cannot be used: not one of {counts[CUT]} codes lies before its patient's index date; correct dates.index"
        )
    return counts


def _collect(table: RawTable, subjects: Subjects, buckets: Buckets) -> Counter:
    times_of = time_reader(table.cfg, table.lookup)
    total, counts = 0, Counter()
    for columns in _batches(table):
        subject = subjects.find(columns[table.cfg.patient.column], table.cfg.patient, table.name, total + 1)
        total += len(subject)
        ours = np.flatnonzero(subject >= 0)
        counts[STRANGERS] += len(subject) - len(ours)
        if len(ours):
            found = {name: column.take(pa.array(ours)) for name, column in columns.items()}
            times = times_of(found)
            counts += _set_down(read_rows(found, times, table.cfg), times, subject[ours], subjects, buckets)
    check_rows(counts, total - counts[STRANGERS])
    return counts


def _batches(table: RawTable) -> Iterator[Columns]:
    cfg = table.cfg
    wanted = [cfg.patient.column, cfg.lookup.key if cfg.lookup else cfg.time, cfg.code, cfg.vocabulary_column, cfg.value]
    names = list(dict.fromkeys(name for name in wanted if name is not None))
    for batch in iterate_batches(table.path, cfg.source, names):
        yield {name: as_text(name, pa.chunked_array([batch.column(name)]), ()) for name in names}


def _set_down(rows: Rows, times: Times, subject: np.ndarray, subjects: Subjects, buckets: Buckets) -> Counter:
    moment, before = subjects.place(subject, times)
    kept = np.flatnonzero(rows.usable & before)
    subjects.usable[subject[rows.usable]] = subjects.reached[subject[kept]] = True
    buckets.add(subject[kept], moment[kept], rows.code.take(pa.array(kept)), rows.value[kept])
    return rows.faults + Counter({KEPT: len(kept), CUT: int((rows.usable & ~before).sum())})


def events(buckets: Buckets, subjects: Subjects) -> Iterator[pa.Table]:
    """The codes of the patients who are not refused as MEDS events, in the order of subject, time and code, piece by piece."""
    trusted = ~subjects.refused
    for bucket in buckets.sorted():
        rows = bucket.filter(pa.array(trusted[bucket["subject"].to_numpy()]))
        subject = rows["subject"].to_numpy()
        yield pa.table(
            {
                "subject_id": subject + 1,
                "time": rows["time"],
                "code": rows["code"],
                "numeric_value": pa.array(rows["value"].to_numpy(), from_pandas=True),  # NaN is null
                "patient_id": subjects.patient_ids.take(pa.array(subject)),
            }
        )


def summary(written: int, counts: Counter, subjects: Subjects, buckets: Buckets) -> str:
    """What a reader of the log should know: codes and patients that are in, and what was left out, in counts."""
    reached, refused = int((subjects.reached & ~subjects.refused).sum()), int(subjects.refused.sum())
    words = [f"{written} codes of {reached} patients before their index date; {refused} patients refused"]
    words += [f"{buckets.repeats} exact repeats"] if buckets.repeats else []
    return "; ".join([*words, *(f"{count} {fate}" for fate, count in counts.items() if fate != KEPT)])
