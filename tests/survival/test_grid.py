"""The time grid by hand, and refused where time has too few events."""

import numpy as np
import pytest

from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.survival.grid import fit_grid
from workflow_scripts.lib.survival.outcome import Outcome


def outcome(days, event):
    return Outcome(np.array(days), np.array(event, dtype=bool))


def test_edges_by_hand():
    # events on days 10, 20, 30, 40; the .8 quantile of ten follow-ups is day 80, but the last event is on day 40
    days = outcome([10, 20, 30, 40, 50, 60, 70, 80, 90, 100], [1, 1, 1, 1, 0, 0, 0, 0, 0, 0])
    assert fit_grid(days, 4, 0.8).edges.tolist() == [0, 10, 20, 30, 40]
    assert fit_grid(days, 2, 0.8).edges.tolist() == [0, 20, 40]
    assert fit_grid(days, 50, 0.8).edges.tolist() == [0, 10, 20, 30, 40]
    # the .3 quantile is day 30: the event on day 40 lies beyond and does not count
    assert fit_grid(days, 3, 0.3).edges.tolist() == [0, 10, 20, 30]


def test_the_last_edge_is_a_quantile_of_all_follow_up():
    days = outcome([10, 20, 30, 40, 50], [1, 1, 0, 0, 1])
    assert fit_grid(days, 2, 0.8).edges.tolist() == [0, 10, 40]


def test_shared_days_give_fewer_intervals():
    days = outcome([5, 5, 5, 5, 9, 9], [1] * 6)
    assert fit_grid(days, 4, 1.0).edges.tolist() == [0, 5, 9]


def test_intervals_hold_about_as_many_events():
    days = np.random.default_rng(0).exponential(100, 500)
    grid = fit_grid(Outcome(days, np.ones(500, dtype=bool)), 10, 1.0)
    interval, _ = grid.discretise(Outcome(days, np.ones(500, dtype=bool)))
    assert np.bincount(interval).tolist() == [50] * 10


@pytest.mark.parametrize(
    ("days", "event", "quantile", "message"),
    [
        ([1, 2, 3], [0, 0, 0], 1.0, "no event among 3 training patients"),
        ([5, 5, 9], [1, 1, 0], 1.0, "2 events up to day 5, the 1 quantile of follow-up, give 1 distinct edge"),
        ([1, 2, 8, 9], [0, 0, 1, 1], 0.5, "0 events up to day 2, the 0.5 quantile of follow-up, give 1 distinct edge"),
    ],
)
def test_too_few_events_are_refused(days, event, quantile, message):
    with pytest.raises(StageRefusal, match=f"time grid: {message}"):
        fit_grid(outcome(days, event), 4, quantile)
