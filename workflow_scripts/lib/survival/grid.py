"""Where the edges of the time grid lie."""

import numpy as np

from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.survival.outcome import Outcome, TimeGrid


def fit_grid(outcome: Outcome, intervals: int, last_edge_quantile: float) -> TimeGrid:
    """The time grid of the patients in ``outcome``, who must be training patients only.

    The last edge is the ``last_edge_quantile`` of follow-up in days, but not beyond the last event. Inner edges lie at
    evenly spaced quantiles of the events up to there, so that each interval holds about as many events. All are days on
    which somebody's follow-up ended. There are at most ``intervals`` intervals, fewer where events share days. Raises
    StageRefusal when fewer than 2 remain.
    """
    event_days = outcome.days[outcome.event]
    if not event_days.size:
        raise StageRefusal(f"time grid: no event among {len(outcome)} training patients, so time has no scale; lower splits.folds")
    last = min(np.quantile(outcome.days, last_edge_quantile, method="inverted_cdf"), event_days.max())
    early = event_days[event_days <= last]
    levels = np.arange(1, intervals) / intervals
    inner = np.quantile(early, levels, method="inverted_cdf") if early.size else early
    edges = np.unique([*inner, last])
    if edges.size < 2:
        raise StageRefusal(
            f"time grid: {early.size} events up to day {last:g}, the {last_edge_quantile:g} quantile of follow-up, give "
            f"{edges.size} distinct edge, expected at least 2; raise splits.last_edge_quantile or lower splits.folds"
        )
    return TimeGrid(np.concatenate([[0.0], edges]))
