"""Leaks in when something was known: codes that come too late, codes and modalities that are the event."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from workflow_scripts.lib.leakage.evidence import Evidence
from workflow_scripts.lib.leakage.findings import Finding, counted
from workflow_scripts.lib.leakage.telling import EQUAL, phis, tells_event

INDEX = pd.Timestamp("2000-01-01")  # everybody's index date on the calendar of the visits table


def late_codes(evidence: Evidence) -> Iterator[Finding]:
    """Codes at or after the index date: those during follow-up, and those on its last day or later, which may tell how it ended."""
    if "visits" not in evidence.modalities:
        return
    patient, time = evidence.positions("visits"), evidence.modalities["visits"]["time"].to_numpy()
    days = (time - INDEX.to_datetime64()) / np.timedelta64(1, "D")
    last = np.floor(evidence.outcome.days[patient])
    for check, late, words in (
        ("code_after_index", (days >= 0) & (days < last), "at or after the index date"),
        ("code_after_event", days >= last, "on or after the day of the event or of the end of follow-up"),
    ):
        if late.any():
            n = len(np.unique(patient[late]))
            said = f"{counted(int(late.sum()), 'code')} of {counted(n)} are dated {words}."
            yield Finding(check, "visits", "error", n, said, "Keep codes before the index date only; correct the dates, or the time zone.")


def telling_codes(evidence: Evidence) -> Iterator[Finding]:
    """Codes that all but just those have who had the event, or who had not."""
    if "visits" not in evidence.modalities:
        return
    patient = evidence.positions("visits")
    code, names = pd.factorize(evidence.modalities["visits"]["code"])
    once = pd.DataFrame({"code": code, "patient": patient}).drop_duplicates()
    for which in np.flatnonzero(np.abs(phis(once["code"].to_numpy(), evidence.outcome.event, once["patient"].to_numpy())) >= EQUAL):
        said = f"The code {names[which]} is that of all but just those who had the event, or who had not."
        remedy = "Find out when it is given; leave it out of the visits, or take only codes that were known on the index date."
        yield Finding("code_tells_event", str(names[which]), "error", int((once["code"] == which).sum()), said, remedy)


def telling_modalities(evidence: Evidence) -> Iterator[Finding]:
    """Modalities that all but just those have who had the event, or who had not."""
    for name in evidence.modalities:
        there = evidence.having(name)
        if tells_event(there, evidence.outcome.event):
            said = f"{counted(int(there.sum()))} have {name}, and that all but equals who had the event, or who had not."
            remedy = "Leave it out: whether it exists was decided when, or because, the outcome was known."
            yield Finding("missingness_tells_event", name, "error", int(there.sum()), said, remedy)
