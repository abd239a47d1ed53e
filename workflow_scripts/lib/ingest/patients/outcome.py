"""What became of each patient: days, event, competing event, and the calendar around them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from workflow_scripts.lib.config.cohort import PatientsConfig
from workflow_scripts.lib.ingest.patients.dates import dated_outcome, read_calendar
from workflow_scripts.lib.ingest.raw.values import Fault, days_of, events_of


@dataclass(frozen=True)
class FollowUp:
    """Of n patients, (n,) each: ``days`` from the index date, NaN where unreadable; ``event`` True where it was seen; ``competing`` the

    other event that censored, or None; ``index`` and ``birth`` datetime64[us], NaT where not given. ``faults`` are bad rows,
    ``structural`` sentences on whole columns.
    """

    days: np.ndarray
    event: np.ndarray
    competing: np.ndarray
    index: np.ndarray
    birth: np.ndarray
    faults: list[Fault]
    structural: list[str]


def follow_up(text: Mapping[str, pa.Array], cfg: PatientsConfig, n: int) -> FollowUp:
    """The outcome, from time and event or from dates, whichever ``cfg`` names."""
    nobody = np.full(n, np.datetime64("NaT", "us"))
    calendar = read_calendar(text, cfg.dates, n) if cfg.dates else None
    index, birth = (calendar.index, calendar.birth) if calendar else (nobody, nobody)
    faults, structural = (calendar.faults, calendar.structural) if calendar else ([], [])
    if cfg.time is None:
        days, event, wrong = dated_outcome(calendar, cfg.dates)
        return FollowUp(days, event, np.full(n, None), index, birth, [*faults, *wrong], structural)
    days, wrong = days_of(text[cfg.time.column], cfg.time) if cfg.time.column else (np.full(n, cfg.time.fixed_days), [])
    events = events_of(text[cfg.event.column], cfg.event)
    unlisted = [events.unlisted] if events.unlisted else []
    return FollowUp(days, events.seen, events.competing, index, birth, [*wrong, *events.faults, *faults], [*unlisted, *structural])
