"""Partial likelihood and Breslow's baseline: by hand, as identities, and as scikit-survival and lifelines have them."""

import numpy as np
import pytest
from lifelines import CoxPHFitter
from sksurv.linear_model.coxph import BreslowEstimator, CoxPHOptimizer

from tests.world import cohort
from workflow_scripts.lib.survival.cox import breslow, partial_log_likelihood, proportional_curves
from workflow_scripts.lib.survival.outcome import Outcome

# Risks exp(log_risk) are 1, 2, 4, 3, 5. Day 2: events of the first two, all at risk (15). Day 3: a censoring. Day 5: the event of
# the fourth, at risk with the fifth (8).
RISK = np.log([1.0, 2, 4, 3, 5])
FIVE = Outcome(np.array([2.0, 2, 3, 5, 7]), np.array([True, True, False, True, False]))


@pytest.fixture(scope="module")
def tied():
    """Log-risks and outcomes of 200 patients with many shared days."""
    rng = np.random.default_rng(3)
    return rng.normal(size=200), Outcome(rng.integers(1, 25, 200), rng.random(200) < 0.6)


def test_partial_likelihood_by_hand():
    assert partial_log_likelihood(RISK, FIVE) == pytest.approx(np.log(1 / 15 * 2 / 15 * 3 / 8))


def test_a_patient_censored_on_the_day_of_an_event_was_at_risk():
    outcome = Outcome(np.array([2.0, 2.0]), np.array([True, False]))
    assert partial_log_likelihood(np.log([1.0, 3.0]), outcome) == pytest.approx(np.log(1 / 4))


def test_breslow_by_hand():
    days = np.array([1.0, 2, 4.9, 5, 100])
    assert breslow(RISK, FIVE, days) == pytest.approx([0, 2 / 15, 2 / 15, 2 / 15 + 1 / 8, 2 / 15 + 1 / 8])


def test_without_events_there_is_no_hazard():
    censored = Outcome(FIVE.days, np.zeros(5, dtype=bool))
    assert partial_log_likelihood(RISK, censored) == 0
    assert breslow(RISK, censored, np.array([1.0, 9])).tolist() == [0, 0]


def test_a_constant_shift_changes_no_likelihood_and_no_curve(tied):
    log_risk, outcome = tied
    days = np.arange(0.0, 30)
    assert partial_log_likelihood(log_risk + 7, outcome) == pytest.approx(partial_log_likelihood(log_risk, outcome))
    shifted = proportional_curves(log_risk + 7, breslow(log_risk + 7, outcome, days))
    assert shifted == pytest.approx(proportional_curves(log_risk, breslow(log_risk, outcome, days)))


def test_breslow_accounts_for_every_event(tied):
    """The cumulative hazards of all patients at their own last day sum to the number of events."""
    log_risk, outcome = tied
    assert (np.exp(log_risk) * breslow(log_risk, outcome, outcome.days)).sum() == pytest.approx(outcome.event.sum())


def test_extreme_risks_neither_overflow_nor_vanish(tied):
    log_risk, outcome = tied
    wide = np.where(np.arange(200) == 0, 800.0, 100 * log_risk)
    assert np.isfinite(partial_log_likelihood(wide, outcome))
    curves = proportional_curves(wide, breslow(wide, outcome, np.arange(0.0, 30)))
    assert np.all((curves >= 0) & (curves <= 1))


def test_breslow_as_scikit_survival_has_it(tied):
    log_risk, outcome = tied
    theirs = BreslowEstimator().fit(log_risk, outcome.event, outcome.days).cum_baseline_hazard_
    assert breslow(log_risk, outcome, theirs.x) == pytest.approx(theirs.y)


def test_partial_likelihood_as_scikit_survival_has_it(tied):
    log_risk, outcome = tied
    theirs = CoxPHOptimizer(log_risk[:, None], outcome.event, outcome.days, np.zeros(1), "breslow").nlog_likelihood(np.ones(1))
    assert partial_log_likelihood(log_risk, outcome) == pytest.approx(-200 * theirs)


def test_partial_likelihood_as_lifelines_has_it():
    """Without ties, for lifelines takes Efron's."""
    rows = cohort().rows[["age", "days", "event"]].drop_duplicates("days")
    theirs = CoxPHFitter().fit(rows, "days", "event")
    log_risk = rows["age"].to_numpy() * theirs.params_["age"]
    assert partial_log_likelihood(log_risk, Outcome(rows["days"].to_numpy(), rows["event"].to_numpy())) == pytest.approx(
        theirs.log_likelihood_
    )
