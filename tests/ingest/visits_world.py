"""Three patients with dates, and what becomes of tables of their codes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from workflow_scripts.ingest import build_visits
from workflow_scripts.lib.config.base import parse
from workflow_scripts.lib.config.modalities.visits import VisitsConfig
from workflow_scripts.lib.contracts.base import read_table, write_table
from workflow_scripts.lib.contracts.ingest import REFUSALS
from workflow_scripts.lib.contracts.modalities import VISITS
from workflow_scripts.lib.contracts.registry import REGISTRY

CODES: dict[str, Any] = {
    "source": {"kind": "table", "path": "codes.csv"},
    "patient": {"column": "who"},
    "time": "when",
    "code": "code",
    "vocabulary": "SNOMED",
}
PATIENTS = ("ann", "bob", "cy")
DATES: dict[str, list[str | None]] = {  # ann died, bob and cy were censored
    "birth_date": ["1950-06-01", "1960-01-01", None],
    "index_date": ["2010-01-10", "2011-03-01", "2012-07-01"],
    "end_date": ["2015-05-05", "2016-01-01", "2017-01-01"],
    "event_date": ["2015-05-05", None, None],
}
MI, DIABETES = "22298006", "44054006"
GOOD = [  # ann: a year before 2010-01-10; bob: 789 days before 2011-03-01; cy: 1277 days before 2012-07-01
    ("ann", "1999-01-01", f"SNOMED//{MI}"),
    ("bob", "1997-11-03", f"SNOMED//{DIABETES}"),
    ("cy", "1996-07-03", f"SNOMED//{MI}"),
]


def registry(path: Path, patient_ids: Sequence[str] = PATIENTS, source_ids: Sequence[str] = (), **changes: list[str | None]) -> Path:
    """A registry of the three, or of others, with some columns replaced."""
    texts = {"site": None, "competing_event": None, "published_role": None}
    dates = {
        name: pd.to_datetime(pd.Series(days), format="ISO8601").astype("datetime64[us]") for name, days in {**DATES, **changes}.items()
    }
    rows = pd.DataFrame({"patient_id": patient_ids, "source_id": source_ids or patient_ids, **texts, **dates})
    write_table(rows, path, REGISTRY)
    return path


def codes(*changed: str, keep: tuple[str, ...] = ("who", "when", "code"), **columns: list[str]) -> str:
    """A CSV of one good code for each of the three, with further rows "who,when,code" behind them, or further columns."""
    rows = [f"ann,2009-01-10,{MI}", f"bob,2009-01-01,{DIABETES}", f"cy,2009-01-01,{MI}", *changed]
    rows = [",".join([row, *(values[place] for values in columns.values())]) for place, row in enumerate(rows)]
    return "\n".join([",".join([*keep, *columns]), *rows, ""])


def run(folder: Path, tables: dict[str, str], config: dict[str, dict], event_is_death: bool = True, **dates: Any) -> str:
    """Build the visits of CSV texts, by name of source; returns what the log says."""
    for name, text in tables.items():
        (folder / name).write_text(text, encoding="utf-8")
    cfg = parse(VisitsConfig, {"tables": config, "event_is_death": event_is_death}, "visits")
    known = registry(folder / "registry.parquet", **dates)
    out = [folder / "visits.parquet", folder / "refusals.parquet"]
    return build_visits.main([folder / name for name in sorted(tables)], known, *out, cfg, strict=False)


def one(folder: Path, text: str, event_is_death: bool = True, dates: dict[str, Any] | None = None, **changes: Any) -> str:
    """The same of a single table, with some settings of it replaced."""
    table = {name: value for name, value in {**CODES, **changes}.items() if value is not None}
    return run(folder, {"codes": text}, {"codes": table}, event_is_death, **(dates or {}))


def visits(folder: Path) -> list[tuple]:
    """The visits written: patient, time, code, and value where there is one."""
    rows = read_table(folder / "visits.parquet", VISITS)
    times = rows["time"].dt.strftime("%Y-%m-%d %H:%M").str.removesuffix(" 00:00")
    values = rows["numeric_value"].astype(object).where(rows["numeric_value"].notna(), None)
    return [tuple(row[:3]) if row[3] is None else row for row in zip(rows["patient_id"], times, rows["code"], values, strict=True)]


def refusals(folder: Path) -> dict[str, str]:
    """The reason of each refusal."""
    rows = read_table(folder / "refusals.parquet", REFUSALS)
    return dict(zip(rows["patient_id"], rows["reason"], strict=True))
