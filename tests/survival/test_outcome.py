"""Outcomes refuse what is none; the grid's conventions, each by hand."""

import numpy as np
import pytest
import torch

from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.survival.outcome import Outcome, TimeGrid, log_risk_of
from workflow_scripts.lib.training.losses import hazard_losses

GRID = TimeGrid(np.array([0, 10, 20, 30]))


@pytest.mark.parametrize(
    ("days", "event", "message"),
    [
        ([1.0, 2.0], [0, 1], "event: found int64, expected boolean"),
        ([1.0, 2.0], [1.0, np.nan], "event: found float64, expected boolean"),
        ([1.0, 2.0], ["yes", "no"], "event: found <U3, expected boolean"),
        ([1.0, 2.0], [True], r"days has shape \(2,\), event \(1,\)"),
        ([[1.0]], [[True]], "expected one value each per patient"),
        (["1"], [True], "days: found <U1, expected numbers"),
        ([1.0, 0.0], [True, True], "days: 1 of 2 values are not finite and > 0"),
        ([-1.0, np.nan, np.inf], [True] * 3, "days: 3 of 3 values are not finite and > 0"),
    ],
)
def test_what_is_no_outcome_is_refused(days, event, message):
    with pytest.raises(StageRefusal, match=message):
        Outcome(np.array(days), np.array(event))


def test_outcome_is_cut_and_structured():
    outcome = Outcome(np.array([3, 1, 2]), np.array([True, False, True]))[np.array([2, 1])]
    assert len(outcome) == 2
    assert outcome.structured().tolist() == [(True, 2.0), (False, 1.0)]


@pytest.mark.parametrize("edges", [[0.0], [1.0, 2.0], [0.0, 2.0, 2.0], [0.0, 2.0, 1.0], [0.0, np.nan], [[0.0, 1.0]]])
def test_edges_that_do_not_rise_from_zero_are_refused(edges):
    with pytest.raises(StageRefusal, match="time grid: expected edges rising from 0"):
        TimeGrid(np.array(edges))


def test_days_are_the_right_edges():
    assert len(GRID) == 3
    assert GRID.days.tolist() == [10, 20, 30]


@pytest.mark.parametrize(
    ("days", "event", "interval", "seen"),
    [
        (0.5, True, 0, True),
        (10.0, True, 0, True),  # the right edge is closed
        (10.1, True, 1, True),
        (30.0, True, 2, True),
        (9.9, False, 0, False),  # censored inside an interval: it was not survived
        (10.0, False, 1, False),  # censored on its right edge: it was
        (19.0, False, 1, False),
        (30.0, False, 3, False),
        (30.1, True, 3, False),  # an event past the last edge is a censoring there: all intervals were survived
        (99.0, False, 3, False),
    ],
)
def test_three_conventions(days, event, interval, seen):
    found, happened = GRID.discretise(Outcome(np.array([days]), np.array([event])))
    assert (found.tolist(), happened.tolist()) == ([interval], [seen])


def test_survival_by_hand():
    survival = np.array([[0.8, 0.6, 0.2], [1.0, 1.0, 0.0]])
    days = [0, 5, 10, 15, 20, 27.5, 30, 100]
    expected = [[1, 0.9, 0.8, 0.7, 0.6, 0.3, 0.2, 0.2], [1, 1, 1, 1, 1, 0.25, 0, 0]]
    np.testing.assert_allclose(GRID.survival_at(survival, days), expected, atol=1e-12)


def test_likelihood_by_hand():
    """Events by what the curve falls in their interval, censorings by what it was survived to; never nothing."""
    outcome = Outcome(np.array([4.0, 20, 15, 20, 5, 31, 25]), np.array([True, True, False, False, False, True, True]))
    curves = np.array([[0.8, 0.5, 0.4]] * 6 + [[0.8, 0.5, 0.5]])
    assert GRID.likelihood(curves, outcome) == pytest.approx([0.2, 0.3, 0.8, 0.5, 1.0, 0.4, 1e-6])


def test_likelihood_is_that_of_discrete_hazards():
    """As the loss has it, which curves without hazards could not be given to."""
    logits = torch.randn(6, 3, generator=torch.Generator().manual_seed(3)).double()
    survival = torch.exp(-torch.nn.functional.softplus(logits).cumsum(1)).numpy()
    outcome = Outcome(np.array([3.0, 14, 30, 40, 20, 2]), np.array([True, True, True, False, False, False]))
    interval, event = (torch.from_numpy(part) for part in GRID.discretise(outcome))
    np.testing.assert_allclose(-np.log(GRID.likelihood(survival, outcome)), hazard_losses(logits, interval, event).numpy())


def test_log_risk_by_hand_and_for_certain_death():
    survival = np.exp(-np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0]]))
    np.testing.assert_allclose(log_risk_of(survival), np.log([6, 12]))
    assert np.isfinite(log_risk_of(np.array([[0.0, 0.0], [1.0, 1.0]]))).all()
