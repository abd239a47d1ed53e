"""Leaks in the patients table: rows that are the same, and covariates that are the outcome in disguise."""

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from workflow_scripts.lib.contracts.ingest import Covariate
from workflow_scripts.lib.leakage.evidence import Evidence
from workflow_scripts.lib.leakage.findings import Finding, counted
from workflow_scripts.lib.leakage.rows import chance_of_alike, value_hashes
from workflow_scripts.lib.leakage.telling import EQUAL, FEWEST, Panel, levels_of, most_certain_c, panel_of, phis, tells_event
from workflow_scripts.lib.survival.metrics.agreement import spearman
from workflow_scripts.lib.survival.outcome import Outcome

COPIES, TWINS = 0.05, 0.001  # how unlikely by chance rows alike must be: with their outcome, and without
HIGH, TELLING = 0.9, 0.7  # a C that no single honest covariate has; one that few have, and other models' predictions do
SAME_ORDER = 0.99
FATE = r"(?:surv(?:iv(?!in)\w*)?|death|dying|mortality|relapse|recurrence)"
FOREIGN = re.compile(
    rf"^surv_?\d+_?[dmy]?|^prg_?\d+|predict|^pred_|_pred$|^y_?hat|prognos|nomogram|"
    rf"(?:risk|{FATE})[ _.-]*(?:score|group|class|prob|index|estimate|percentile)|"
    rf"(?:prob|chance|likelihood|expect)\w*[ _.-]*(?:of[ _.-]+)?{FATE}",
    re.IGNORECASE,
)
DROP = "Take it out of the cohort's covariates"


def identical_rows(evidence: Evidence) -> Iterator[Finding]:
    """Test patients who are a training patient over again, with the same outcome or with another."""
    rows = evidence.cohort.rows
    names = list(evidence.cohort.values)
    hashes = value_hashes([rows[name].to_numpy() for name in (*names, "days", "event")])
    copies = _twins_beyond_chance(evidence, hashes, COPIES)
    alike = _twins_beyond_chance(evidence, hashes[: len(names)], TWINS)
    remedy = "Find out whether these are the same patients, and keep one row of each."
    if copies:
        said = f"{counted(copies)} of the test folds have the covariates and the outcome of a training patient, value by value."
        yield Finding("identical_rows", "", "error", copies, said, remedy)
    if alike > copies:
        said = f"{counted(alike - copies)} of the test folds have the covariates, though not the outcome, of a training patient."
        yield Finding("identical_covariates", "", "warning", alike - copies, said, remedy)


def _twins_beyond_chance(evidence: Evidence, hashes: np.ndarray, unlikely: float) -> int:
    """Test patients with a twin in training; 0 where chance may well make as many."""
    if chance_of_alike(hashes) >= unlikely:
        return 0
    return evidence.folds.twins_apart(hashes.sum(axis=0, dtype=np.uint64), np.arange(len(evidence)))


def disguised_outcomes(evidence: Evidence) -> Iterator[Finding]:
    """Covariates that tell the outcome; each is named by the first, and most telling, check that catches it."""
    outcome = evidence.outcome
    panel = panel_of(outcome)
    for covariate in evidence.cohort.covariates:
        values = evidence.cohort.rows[covariate.name]
        if covariate.name in evidence.known_after:
            yield _known_after(covariate.name, values)
            continue
        found = (check(covariate, values, outcome, panel) for check in (_missingness, _level, _follow_up, _foreign, _ranks))
        yield from [finding for finding in found if finding][:1]


def _known_after(name: str, values: pd.Series) -> Finding:
    said = f"'{name}' is declared to be known only after the index date, so no prediction made on that date could use it."
    return Finding("known_after_index", name, "error", int(values.notna().sum()), said, f"{DROP}, or correct known_after_index.")


def _missingness(covariate: Covariate, values: pd.Series, outcome: Outcome, panel: Panel | None) -> Finding | None:
    missing = values.isna().to_numpy()
    if not tells_event(missing, outcome.event):
        return None
    said = f"'{covariate.name}' is missing for {missing.sum():,} of {len(missing):,} patients, and that all but equals who had the event."
    remedy = f"{DROP}: it was filled in when, or because, the outcome was known."
    return Finding("missingness_tells_event", covariate.name, "error", int(missing.sum()), said, remedy)


def _level(covariate: Covariate, values: pd.Series, outcome: Outcome, panel: Panel | None) -> Finding | None:
    level = levels_of(values)
    phi = np.abs(phis(level, outcome.event))
    if phi.max() < EQUAL:
        return None
    n = int((level == phi.argmax()).sum())
    said = f"One level of '{covariate.name}', of {counted(n)}, all but equals who had the event, or who had not."
    return Finding("level_tells_event", covariate.name, "error", n, said, f"{DROP}: it is the outcome under another name.")


def _follow_up(covariate: Covariate, values: pd.Series, outcome: Outcome, panel: Panel | None) -> Finding | None:
    if not is_numeric_dtype(values):
        return None
    numbers = values.to_numpy(dtype=float)
    for group, words in ((np.isfinite(numbers), "patients"), (np.isfinite(numbers) & outcome.event, "patients with the event")):
        if group.sum() >= FEWEST and abs(spearman(numbers[group], outcome.days[group], np.ones((1, group.sum())))[0]) > SAME_ORDER:
            said = f"'{covariate.name}' puts {group.sum():,} {words} in the order of their follow-up time (Spearman beyond {SAME_ORDER})."
            remedy = f"{DROP}: it is the follow-up time, or made from it."
            return Finding("covariate_is_follow_up", covariate.name, "error", int(group.sum()), said, remedy)
    return None


def _foreign(covariate: Covariate, values: pd.Series, outcome: Outcome, panel: Panel | None) -> Finding | None:
    if not any(FOREIGN.search(words) for words in (covariate.name, covariate.label)):
        return None
    certain = most_certain_c(values, outcome, panel, TELLING) if panel else 0.0
    told = f", and alone it tells the outcome with a C of at least {certain:.2f}" if certain > TELLING else ""
    said = f"'{covariate.name}' is named like a prediction of the outcome{told}."
    remedy = f"If it is what another model, or a physician, predicted: {DROP[0].lower()}{DROP[1:]}, or compare with it instead."
    level = "error" if certain > TELLING else "warning"
    return Finding("foreign_prediction", covariate.name, level, int(values.notna().sum()), said, remedy)


def _ranks(covariate: Covariate, values: pd.Series, outcome: Outcome, panel: Panel | None) -> Finding | None:
    return outcome_told("covariate", covariate.name, values, outcome, panel)


def outcome_told(kind: str, name: str, values: pd.Series, outcome: Outcome, panel: Panel | None) -> Finding | None:
    """The finding, if it is one, that a column alone tells the outcome."""
    certain = most_certain_c(values, outcome, panel, HIGH) if panel else 0.0
    if certain <= HIGH:
        return None
    said = f"The {kind} '{name}' alone tells when, or who had, the event, with a C of at least {certain:.2f}."
    subject = name if kind == "covariate" else f"{kind} {name}"
    remedy = f"Find out when and from what it was recorded. {DROP}, unless it was known on the index date."
    return Finding("covariate_tells_outcome", subject, "error", int(values.notna().sum()), said, remedy)
