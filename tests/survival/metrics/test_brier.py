import numpy as np
import pytest
from sksurv.metrics import brier_score, integrated_brier_score

from workflow_scripts.lib.survival.metrics.brier import brier_terms, integrated
from workflow_scripts.lib.survival.metrics.kaplan_meier import Censoring, fit_censoring
from workflow_scripts.lib.survival.metrics.ratios import weighted_mean
from workflow_scripts.lib.survival.outcome import Outcome


def terms_of(example) -> np.ndarray:
    return brier_terms(example.said.survival, example.outcome, example.grid.days, fit_censoring(example.train))


def test_by_hand():
    outcome = Outcome(np.array([1.0, 2.0, 3.0]), np.array([True, False, True]))
    censoring = Censoring(np.array([2.0]), np.array([0.5]))
    terms = brier_terms(np.array([[0.4], [0.7], [0.9]]), outcome, np.array([2.5]), censoring)
    assert terms[:, 0] == pytest.approx([0.16, 0.0, 0.02])  # the event; the censored patient; the survivor, twice


def test_integral_by_hand():
    assert integrated(np.array([[0.1, 0.3, 0.1]]), np.array([1.0, 2.0, 4.0])) == pytest.approx([(0.2 + 2 * 0.2) / 3])
    assert integrated(np.array([[0.1]]), np.array([2.0])).tolist() == [0.1]


def test_as_scikit_survival(example):
    terms, weights = terms_of(example), np.ones((1, len(example)))
    at = (example.train.structured(), example.outcome.structured(), example.said.survival, example.grid.days)
    assert weighted_mean(terms, weights)[0] == pytest.approx(brier_score(*at)[1], abs=1e-10)
    ibs = weighted_mean(integrated(terms, example.grid.days), weights)
    assert ibs[0] == pytest.approx(integrated_brier_score(*at), abs=1e-10)


def test_a_weight_is_a_number_of_copies(one, resamples):
    means = weighted_mean(terms_of(one), resamples)
    for mean, counts in zip(means, resamples.astype(int), strict=True):
        copies = one.take(np.repeat(np.arange(len(one)), counts))
        assert mean == pytest.approx(terms_of(copies).mean(axis=0), abs=1e-12)


def test_knowing_the_future_scores_0_and_its_opposite_1():
    days = np.arange(1.0, 9.0)
    outcome, at = Outcome(days, np.ones(8, bool)), np.array([3.0, 6.0])
    known = (days[:, None] > at).astype(float)
    nobody_censored = fit_censoring(outcome)
    assert brier_terms(known, outcome, at, nobody_censored).tolist() == np.zeros((8, 2)).tolist()
    assert brier_terms(1 - known, outcome, at, nobody_censored).tolist() == np.ones((8, 2)).tolist()


def test_without_patients_there_is_no_number():
    assert np.isnan(weighted_mean(np.zeros((0, 3)), np.zeros((2, 0)))).all()
    assert np.isnan(weighted_mean(np.ones(2), np.array([[0.0, 0.0]]))).all()
