"""From raw tables to one row per patient, with a reason for each patient left out."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from workflow_scripts.lib.config.cohort import PatientsConfig
from workflow_scripts.lib.config.columns import CovariateColumn
from workflow_scripts.lib.contracts.ingest import Covariate
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.patients.joining import Joined, join_tables, locate
from workflow_scripts.lib.ingest.patients.outcome import FollowUp, follow_up
from workflow_scripts.lib.ingest.raw.values import Fault, formulas, numbers, shown

LENIENT = "correct the source or its mapping, or set strict: false to leave these patients out, each recorded in refusals"
TOO_MANY = "correct the source or its mapping, or raise most_refused if they are rightly left out"


@dataclass(frozen=True)
class Patients:
    """Rows of the patients table and of the registry, in one order, and of the refusals; ``notes`` are for the log."""

    rows: pd.DataFrame
    registry: pd.DataFrame
    refusals: pd.DataFrame
    notes: tuple[str, ...]


def covariates_of(cfg: PatientsConfig) -> list[Covariate]:
    """What the cohort's file says of each covariate."""
    kept = set(Covariate.__dataclass_fields__)
    return [Covariate(name, **column.model_dump(include=kept)) for name, column in cfg.covariates.items()]


def map_patients(tables: Mapping[str, pa.Table], cfg: PatientsConfig, published: str | None = None) -> Patients:
    """What the cohort's tables say of its patients; ``published`` is the column of a published split, where there is one.

    Raises StageRefusal, naming all faults at once in counts and column names, when the cohort cannot be used: columns absent or
    in several tables, codes without meaning, several rows per patient without a rule, start-stop tables, covariates that are no
    numbers or constant, no event, more than ``cfg.most_refused`` of the patients refused; with ``strict``, one bad patient.
    """
    homes, absent = locate(tables, cfg, published)
    _refuse(absent)
    joined = join_tables(tables, cfg, homes)
    followed = follow_up(joined.text, cfg, len(joined.ids))
    read = {name: _covariate(name, joined.text[name], column) for name, column in cfg.covariates.items()}
    faults = [*joined.faults, *followed.faults, *(fault for column in read.values() for fault in column.faults)]
    faults = [fault for fault in faults if fault.count]
    values = {name: column.values for name, column in read.items()}
    rows = pd.DataFrame({"patient_id": joined.ids, "days": followed.days, "event": followed.event} | values)
    good = ~np.any([fault.rows for fault in faults], axis=0) if faults else np.ones(len(rows), dtype=bool)
    unreadable = {name: column.unreadable for name, column in read.items() if column.unreadable}
    readable = [name for name in values if name not in unreadable]
    patient_faults = _too_many(faults, good, cfg) + _cohort_faults(rows[good], readable)
    _refuse([*joined.structural, *followed.structural, *unreadable.values(), *patient_faults])
    registry = _registry(joined, followed, cfg, published)[good]
    refusals = _refusals(joined, faults, cfg)
    return Patients(rows[good].reset_index(drop=True), registry.reset_index(drop=True), refusals, joined.notes)


@dataclass(frozen=True)
class _Read:
    """One covariate: ``values`` (n,), rows at fault, and a sentence on what makes the whole column unreadable, or none."""

    values: np.ndarray
    faults: list[Fault]
    unreadable: str


def _covariate(name: str, text: pa.Array, column: CovariateColumn) -> _Read:
    if column.kind == "numeric":
        values, odd = numbers(text)
        faults = [Fault(f"covariate '{name}': not a number", odd), Fault(f"covariate '{name}': infinite", np.isinf(values))]
        counts = text.filter(pa.array(odd)).value_counts()
        codes = [one["values"].as_py() for one in counts if one["counts"].as_py() > 1]  # a slip is made once, a code again and again
        remedy = "list texts that mean missing under missing, or declare it categorical"
        sentence = f"covariate '{name}': {odd.sum()} of {len(odd)} values are not numbers ({shown(codes)}); {remedy}" if codes else ""
        return _Read(values, [] if codes else faults, sentence)
    formula = formulas(text)
    text = pc.if_else(pa.array(formula), None, text)
    codes = [code for code in pc.unique(text).to_pylist() if code is not None and column.levels]
    unlisted = [code for code in codes if code not in column.levels]
    remedy = "give each code its words under levels, or list it under missing"
    sentence = f"covariate '{name}': no words for {shown(unlisted)}; {remedy}" if unlisted else ""
    return _Read(text.to_pandas().to_numpy(), [Fault(f"covariate '{name}': a spreadsheet formula", formula)], sentence)


def _too_many(faults: list[Fault], good: np.ndarray, cfg: PatientsConfig) -> list[str]:
    """What stops the cohort because of patients who would be refused, by reason; nothing where they may be."""
    bad = int((~good).sum())
    if bad and cfg.strict:
        return [*map(str, faults), LENIENT]
    if bad > cfg.most_refused * len(good) or not good.any():
        return [f"{bad} of {len(good)} patients would be refused, expected at most {cfg.most_refused:.0%}; {TOO_MANY}", *map(str, faults)]
    return []


def _cohort_faults(rows: pd.DataFrame, readable: list[str]) -> list[str]:
    """What no single patient is to blame for, among the patients without fault."""
    if rows.empty:
        return []
    faults = []
    if not rows["event"].any():
        faults.append(f"event: not one event among {len(rows)} patients; check which codes or dates mean that it was seen")
    for name in readable:
        distinct = rows[name].nunique()
        if distinct < 2:
            found = "only one value" if distinct else "no value"
            faults.append(f"covariate '{name}': {found} among {len(rows)} patients, expected at least two; move it to ignored")
    return faults


def _registry(joined: Joined, followed: FollowUp, cfg: PatientsConfig, published: str | None) -> pd.DataFrame:
    days = np.where(np.isfinite(followed.days), followed.days, 0)  # patients without days are refused
    columns = {"site": cfg.site, "published_role": published}
    texts = {name: joined.text[column].to_pandas() if column else None for name, column in columns.items()}
    dates = {"birth_date": followed.birth, "index_date": followed.index}
    end = followed.index + (days * 86_400_000_000).round().astype("timedelta64[us]")
    ids = {"patient_id": joined.ids, "source_id": joined.ids}
    dates |= {"end_date": end, "event_date": np.where(followed.event, end, np.datetime64("NaT"))}
    return pd.DataFrame({**ids, **texts, **dates, "competing_event": followed.competing})


def _refusals(joined: Joined, faults: list[Fault], cfg: PatientsConfig) -> pd.DataFrame:
    """The patient and reason of every fault; where the id is missing, or must not be told, the row is named instead."""
    rows = "row " + pd.Series(joined.numbers).astype(str)
    names = rows if cfg.identifiers.pseudonyms else joined.ids.where(joined.ids.notna(), rows)
    nobody = pd.DataFrame({"patient_id": [], "reason": []}, dtype=object)
    found = [pd.DataFrame({"patient_id": names[fault.rows], "reason": fault.reason}) for fault in faults]
    return pd.concat([nobody, *found]).drop_duplicates()


def _refuse(faults: list[str]) -> None:
    if faults:
        raise StageRefusal("the cohort cannot be used:\n" + "\n".join(f"- {fault}" for fault in faults))
