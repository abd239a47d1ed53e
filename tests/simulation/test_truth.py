"""The log-hazard becomes a follow-up as promised, and nothing else does."""

import numpy as np
import pytest

from tests.simulation.worlds import settings
from workflow_scripts.lib.simulation.truth import SCALE_DAYS, SHAPE, curves, follow, scale_days, weighted
from workflow_scripts.lib.simulation.world import draw_world
from workflow_scripts.lib.survival.outcome import Outcome

N = 5000
PARTS = ["covariates", "expression", "images", "reports", "visits"]


def coxed(columns: dict[str, np.ndarray], days: np.ndarray, event: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients of a Cox regression, and their standard errors."""
    import pandas as pd
    from lifelines import CoxPHFitter

    fitted = CoxPHFitter().fit(pd.DataFrame({**columns, "days": days, "event": event}), "days", "event")
    return fitted.params_.to_numpy(), fitted.standard_errors_.to_numpy()


@pytest.fixture(scope="module")
def world():
    return draw_world(settings(patients=N))


def test_weighted_by_hand():
    assert weighted(np.array([1.0, 3.0]), 0.5).tolist() == [-0.5, 0.5]
    assert weighted(np.array([2.0, 2.0]), 0.5).tolist() == [0, 0]
    assert weighted(np.array([1.0, 3.0]), 0.0).tolist() == [0, 0]


def test_curves_by_hand():
    scale = scale_days(np.array([0.0, np.log(2)]))
    survival = curves(scale, np.array([SCALE_DAYS, 10.0]))
    assert scale[0] == SCALE_DAYS
    assert survival[0, 0] == pytest.approx(np.exp(-1))
    assert survival[0, 1] == pytest.approx(np.exp(-((10 / SCALE_DAYS) ** SHAPE)))
    assert survival[1] == pytest.approx(survival[0] ** 2), "twice the hazard is the curve squared"


def test_each_part_has_the_weight_asked_for():
    weights = {"covariates": 0.9, "expression": 0.1, "images": 0.3, "reports": 2.0, "visits": 0.0}
    world = draw_world(settings(weights=weights))
    assert {part: added.std() for part, added in world.added.items()} == pytest.approx(weights)
    assert all(added.mean() == pytest.approx(0, abs=1e-12) for added in world.added.values())
    assert world.log_hazard == pytest.approx(sum(world.added[part] for part in PARTS))


def test_cox_regression_finds_every_part_with_coefficient_one(world):
    found, error = coxed(world.added, world.seen.days, world.seen.event)
    assert np.all(error < 0.07)
    assert np.abs(found - 1) == pytest.approx(0, abs=2.5 * error.max())


def test_censoring_knows_nothing_of_the_patient(world):
    found, error = coxed(world.added, world.seen.days, ~world.seen.event)
    assert np.all(np.abs(found) < 2.5 * error)


def test_the_true_curves_are_true(world):
    """Events less the cumulative hazard lived through is noise around zero, overall and in each third of the log-hazard."""
    lived = -np.log(np.diagonal(curves(scale_days(world.log_hazard)[:500], world.seen.days[:500].astype(float))))
    assert lived == pytest.approx((world.seen.days[:500] / SCALE_DAYS) ** SHAPE * np.exp(world.log_hazard[:500]))
    hazard = (world.seen.days / scale_days(world.log_hazard)) ** SHAPE
    for third in np.array_split(np.argsort(world.log_hazard), 3):
        excess = world.seen.event[third].sum() - hazard[third].sum()
        assert abs(excess) < 3 * np.sqrt(world.seen.event[third].sum())


@pytest.mark.parametrize("censored", [0.05, 0.35, 0.9])
def test_as_many_are_censored_as_asked_for(censored):
    seen = draw_world(settings(censored=censored)).seen
    assert (~seen.event).mean() == pytest.approx(censored, abs=1 / 400)


def test_follow_up_is_an_outcome_within_the_study(world):
    seen = world.seen
    assert len(Outcome(seen.days, seen.event)) == N
    assert seen.days.min() >= 1
    assert np.all(seen.days <= seen.closure_days)
    closed = ~seen.event & (seen.days == seen.closure_days)
    assert 0 < closed.sum() < (~seen.event).sum(), "some are followed to the end, some drop out"


def test_sites_censor_at_their_own_pace_and_have_no_hazard():
    site = np.repeat([0, 1, 2], 3000)
    seen = follow(np.zeros(9000), site, 0.5, seed=3)
    hazard = (seen.days / SCALE_DAYS) ** SHAPE
    rates = [seen.event[site == one].sum() / hazard[site == one].sum() for one in range(3)]
    assert rates == pytest.approx([1, 1, 1], abs=0.08)
    dropped = [(~seen.event & (seen.days < seen.closure_days))[site == one].mean() for one in range(3)]
    assert max(dropped) - min(dropped) > 0.02


def test_a_part_switched_off_leaves_the_others_as_they_were():
    all_parts, four = draw_world(settings()), draw_world(settings(parts=PARTS[:4]))
    assert not four.added["visits"].any()
    for part in PARTS[:4]:
        assert np.array_equal(all_parts.added[part], four.added[part])
    weightless = draw_world(settings(weights={"visits": 0}))
    assert np.array_equal(weightless.seen.days, four.seen.days)
    assert not np.array_equal(all_parts.seen.days, four.seen.days)
