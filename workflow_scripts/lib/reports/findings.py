"""What reports state, as covariates of the patients and in short words."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workflow_scripts.lib.contracts.reports import REFINED_REPORTS

NO_TEXT = pd.DataFrame({"patient_id": [], "text": []}, dtype=str)
NOTHING_REFINED = REFINED_REPORTS.schema().empty_table().to_pandas()
LEAST_PART = 0.05  # of the patients: what fewer reports state is no covariate
FLAGS = ("absent", "negative", "unifocal", "present", "positive", "multifocal")  # of several specimens, the worst one counts
AS_ONE = ("margins",)
GRADES = {"low": 1.0, "intermediate": 2.0, "high": 3.0}
GROUPS = {"0": 0.0, "I": 1.0, "II": 2.0, "III": 3.0, "IV": 4.0}


def _first_number(value: str) -> float:
    found = re.search(r"[0-9]+(\.[0-9]+)?", value)
    return float(found.group()) if found else np.nan


def _grade(value: str) -> float:
    return GRADES[value] if value in GRADES else float(sum(int(number) for number in value.split("+")))


def _stage(value: str) -> float:
    group = re.fullmatch(r"(0|IV|I{1,3})[ABC]?[1-3]?", value)
    if group:
        return GROUPS[group.group(1)]
    return 0.0 if value.endswith(("Tis", "Ta")) else _first_number(value)


def _involved(value: str) -> float:
    involved = value.partition("/")[0]
    return 1.0 if involved == "some" else _first_number(involved)


NUMBERS: dict[str, Callable[[str], float]] = {"stage": _stage, "grade": _grade, "size": _first_number, "nodes": _involved}
SAID = {"size": "tumour of {value}", "stage": "{value}", "histology": "{value}", "multifocality": "{value}"}
SPECIAL = {("nodes", "regional"): "nodes {value}", ("grade", "gleason"): "Gleason {value}", ("margins", "all"): "margins {value}"}
POSSIBLY = "possibly "  # before what a report does not commit itself to


@dataclass(frozen=True)
class Findings:
    """What the reports of n patients state: by column, ``values`` (n rows), missing where nothing is stated, and the ``words`` of each."""

    values: pd.DataFrame
    words: pd.DataFrame


def findings_of(refined: pd.DataFrame, patient_ids: Sequence[str]) -> Findings:
    """The statements of these patients as covariates, a column per field and aspect; margins, however many are named, are one.

    Stages, grades, sizes and involved nodes are numbers, the rest categories. Of several statements the worst counts; uncertain and
    unsupported ones do not.
    """
    stated = refined[(refined["certainty"] == "stated") & refined["supported"] & refined["patient_id"].isin(set(patient_ids))]
    part = stated["aspect"].mask(stated["field"].isin(AS_ONE), "")
    values, words = {}, {}
    for (field, aspect), rows in stated.groupby([stated["field"], part], sort=True):
        worst = _worst(field, rows).reindex(patient_ids)
        name = f"report {field} {aspect}".strip()
        values[name] = worst["found"].to_numpy()
        words[name] = worst["words"].to_numpy()
    index = pd.Index(patient_ids, name="patient_id")
    return Findings(pd.DataFrame(values, index=index), pd.DataFrame(words, index=index))


def _worst(field: str, rows: pd.DataFrame) -> pd.DataFrame:
    """By patient, the worst of the statements ``rows`` of one field and aspect: what is ``found``, and the ``words``."""
    numeric = field in NUMBERS and rows["aspect"].iloc[0] != "extranodal"
    found = rows["value"].map(NUMBERS[field] if numeric else str)
    rank = found if numeric else found.map({value: place for place, value in enumerate(FLAGS)}).fillna(-1)
    words = [say_statement(*statement) for statement in zip(*(rows[name] for name in ("field", "aspect", "value")), strict=True)]
    every = pd.DataFrame({"patient_id": rows["patient_id"], "found": found, "words": words, "rank": rank, "value": rows["value"]})
    return (
        every.sort_values(["rank", "value"], kind="stable", na_position="first")
        .drop_duplicates("patient_id", keep="last")
        .set_index("patient_id")
    )


def frequent(findings: pd.DataFrame) -> list[str]:
    """The columns of ``findings`` (n rows) that at least one in twenty of the patients has."""
    there = findings.notna().mean()
    return list(there[there >= LEAST_PART].index)


def say_statement(field: str, aspect: str, value: str) -> str:
    """One statement in a few words, as "margins positive" or "lymphovascular invasion absent"."""
    if field == "nodes" and "/" in value:
        involved, _, examined = value.partition("/")
        return f"nodes {involved}" + (f" of {examined}" if examined != "?" else " involved")
    words = SPECIAL.get((field, aspect)) or SAID.get(field) or ("{aspect} {value}" if field == "other" else "{aspect} {field} {value}")
    return words.format(field="margin" if field == "margins" else field, aspect=aspect, value=value)


def read_of(tables: Mapping[str, pd.DataFrame], text: str) -> pd.Series:
    """By patient, what is read of the report, among ``tables``: its statements in few words (refined), or its ``text``, cleaned or raw."""
    if text == "refined":
        return say_reports(tables.get("refined_reports", NOTHING_REFINED))
    return tables.get({"cleaned": "cleaned_reports", "raw": "reports"}[text], NO_TEXT).set_index("patient_id")["text"]


def say_reports(refined: pd.DataFrame) -> pd.Series:
    """By patient, the report in few words: its supported statements, each once, in the order of the report."""
    stated = refined[refined["supported"]]
    sayings = [
        (POSSIBLY if certainty == "uncertain" else "") + say_statement(*words)
        for certainty, *words in zip(*(stated[name] for name in ("certainty", "field", "aspect", "value")), strict=True)
    ]
    rows = stated[["patient_id"]].assign(words=sayings).drop_duplicates()
    return rows.groupby("patient_id", sort=False)["words"].agg("; ".join)
