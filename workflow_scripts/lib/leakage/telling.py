"""How well one column alone tells the outcome, with what sampling error leaves certain: small samples raise no false alarm."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from workflow_scripts.lib.survival.metrics.bootstrap import interval, multiplicities
from workflow_scripts.lib.survival.metrics.concordance import harrell_c
from workflow_scripts.lib.survival.outcome import Outcome
from workflow_scripts.lib.survival.seeds import derive_seed

MOST = 1000  # patients with, and as many without event, that a C is computed on: its cost is the product of both
FEWEST = 20  # of either, below which nothing is said
RESAMPLES = 200
BINS = 10
EQUAL = 0.95  # |phi| from which two yes-or-no columns are all but the same


@dataclass(frozen=True)
class Panel:
    """The patients ``rows`` on whom a C is computed, their outcome, and their ``status``: an outcome in which all events come first.

    A C of the outcome does not see what tells only *who* had the event; one of the status does not see what tells *when*.
    """

    rows: np.ndarray
    outcome: Outcome
    status: Outcome


def panel_of(outcome: Outcome) -> Panel | None:
    """At most ``MOST`` patients with and without event, drawn; None where there are fewer than ``FEWEST`` of either."""
    rng = np.random.default_rng(derive_seed(0, "leakage", "panel"))
    groups = [np.flatnonzero(outcome.event), np.flatnonzero(~outcome.event)]
    if min(len(group) for group in groups) < FEWEST:
        return None
    rows = np.sort(np.concatenate([rng.permutation(group)[:MOST] for group in groups]))
    event = outcome.event[rows]
    return Panel(rows, outcome[rows], Outcome(np.where(event, 1.0, 2.0), event))


def certain_c(score: np.ndarray, outcome: Outcome, above: float) -> float:
    """The lower bound of the 90 % bootstrap interval of the C of ``score`` (n,), NaN left out, in the direction in which it is higher.

    0 where the C itself is not ``above``, or where fewer than ``FEWEST`` patients with or without event have a score.
    """
    known = np.isfinite(score)
    score, outcome = score[known], outcome[known]
    if min(outcome.event.sum(), (~outcome.event).sum()) < FEWEST:
        return 0.0
    whole = harrell_c(score, outcome, np.ones((1, len(outcome))))[0]
    if max(whole, 1 - whole) <= above:
        return 0.0
    score = score if whole >= 0.5 else -score
    return interval(harrell_c(score, outcome, multiplicities(len(outcome), RESAMPLES, seed=1))[1:], level=0.9)[0]


def most_certain_c(values: pd.Series, outcome: Outcome, panel: Panel, above: float) -> float:
    """The highest ``certain_c`` of a column (n,): of its numbers as they are, and of its levels, or tenths, in their own best order."""
    by_time, by_share = _level_scores(values, outcome)
    scores = [(by_time, panel.outcome), (by_share, panel.status)]
    if is_numeric_dtype(values):
        numbers = values.to_numpy(dtype=float)
        scores += [(numbers, panel.outcome), (numbers, panel.status)]
    return max(certain_c(score[panel.rows], seen, above) for score, seen in scores)


def _level_scores(values: pd.Series, outcome: Outcome) -> Iterator[np.ndarray]:
    """Two scores (n,): events per day, and per patient, of the patient's level, as it is among the *other* half of the patients.

    Levels ordered by the very patients on whom the order is judged would always seem to tell something. A missing value is a
    level too; rare levels are drawn towards the mean.
    """
    level = levels_of(values)
    half = np.random.default_rng(derive_seed(0, "leakage", "half")).random(len(level)) < 0.5
    for exposure in (outcome.days, np.ones(len(level))):
        score, rate = np.empty(len(level)), outcome.event.sum() / exposure.sum()
        for part in (half, ~half):
            events, held = (np.bincount(level[~part], weight[~part], level.max() + 1) for weight in (outcome.event, exposure))
            score[part] = ((events + 1) / (held + 1 / rate))[level[part]]
        yield score


def levels_of(values: pd.Series) -> np.ndarray:
    """The level (n,) of each value, 0 where it is missing; numbers of many values are cut into tenths."""
    if is_numeric_dtype(values) and values.nunique() > BINS:
        values = pd.qcut(values, BINS, labels=False, duplicates="drop")
    return pd.factorize(values)[0] + 1


def phis(level: np.ndarray, event: np.ndarray, patient: np.ndarray | None = None) -> np.ndarray:
    """Phi of having a level and the event (n,), by level (q,): 1 where just those with the event have it, -1 where just the others.

    ``level`` (m,) is that of each ``patient`` (m,), a position once per level; left out: of each of the n patients in turn. 0 for
    a level that fewer than ``FEWEST`` patients have, or lack, and where as few have, or lack, the event.
    """
    n, seen = len(event), event.sum()
    have, both = np.bincount(level), np.bincount(level, event if patient is None else event[patient])
    spread = np.sqrt(np.maximum(have * (n - have), 1.0)) * np.sqrt(max(seen * (n - seen), 1.0))
    enough = (np.minimum(have, n - have) >= FEWEST) & (min(seen, n - seen) >= FEWEST)
    return np.where(enough, (n * both - have * seen) / spread, 0.0)


def tells_event(there: np.ndarray, event: np.ndarray) -> bool:
    """Whether all but just those who had the event (n,), or all but just the others, are ``there`` (n,)."""
    return bool(np.abs(phis(there.astype(int), event)).max() >= EQUAL)
