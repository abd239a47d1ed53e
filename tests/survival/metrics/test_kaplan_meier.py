import numpy as np
import pytest
from sksurv.nonparametric import CensoringDistributionEstimator, kaplan_meier_estimator

from workflow_scripts.lib.survival.metrics.kaplan_meier import fit_censoring, kaplan_meier
from workflow_scripts.lib.survival.outcome import Outcome

BY_HAND = Outcome(np.array([1.0, 2.0, 2.0, 3.0, 4.0]), np.array([True, True, False, False, True]))


def test_by_hand():
    days = np.array([0.5, 1, 2, 3.5, 4, 9])
    curve = kaplan_meier(BY_HAND, np.ones((1, 5)), days)[0]
    assert curve == pytest.approx([1, 4 / 5, 4 / 5 * 3 / 4, 3 / 5, 0, 0], abs=1e-15)


def test_censoring_by_hand_takes_tied_events_out_first():
    censoring = fit_censoring(BY_HAND)
    assert censoring.at(np.array([1.0, 2.0, 3.0, 9.0])) == pytest.approx([1, 2 / 3, 1 / 3, 1 / 3])
    assert censoring.inverse(np.array([2.0])) == pytest.approx([1.5])


def test_nobody_stands_in_where_all_are_censored_before():
    censoring = fit_censoring(Outcome(np.array([1.0, 2.0]), np.array([True, False])))
    assert censoring.inverse(np.array([1.0, 2.0, 3.0])).tolist() == [1, 0, 0]


def test_as_scikit_survival(example):
    outcome = example.outcome
    days, curve = kaplan_meier_estimator(outcome.event, outcome.days)
    assert kaplan_meier(outcome, np.ones((1, len(outcome))), days)[0] == pytest.approx(curve, abs=1e-12)
    theirs = CensoringDistributionEstimator().fit(example.train.structured())
    days = np.unique(example.train.days)
    assert fit_censoring(example.train).at(days) == pytest.approx(theirs.predict_proba(days), abs=1e-12)


def test_all_censored_stays_at_one():
    outcome = Outcome(np.array([1.0, 2.0]), np.zeros(2, bool))
    assert kaplan_meier(outcome, np.ones((3, 2)), np.array([1.0, 5.0])).tolist() == [[1, 1]] * 3
