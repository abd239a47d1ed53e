import numpy as np
import pytest
from scipy.stats import chi2, kstest
from sksurv.nonparametric import kaplan_meier_estimator

from workflow_scripts.lib.survival.metrics.calibration import calibration_slope, d_calibration, grouped_risk, risk_groups
from workflow_scripts.lib.survival.outcome import Outcome


def at_middle(example) -> tuple[np.ndarray, float]:
    return 1 - example.said.survival[:, 6], example.grid.days[6]


def test_groups_are_equal_and_ties_stay_together():
    assert risk_groups(np.array([0.4, 0.1, 0.3, 0.2]), 2).tolist() == [1, 0, 1, 0]
    assert risk_groups(np.array([0.1, 0.1, 0.1, 0.9]), 2).tolist() == [0, 0, 0, 1]
    assert risk_groups(np.array([0.1, 0.9, 0.9, 0.9]), 2).tolist() == [0, 1, 1, 1]
    assert np.bincount(risk_groups(np.random.default_rng(0).random(100), 5)).tolist() == [20] * 5
    assert risk_groups(np.zeros(0), 5).size == 0


def test_observed_is_kaplan_meier_in_each_group(example):
    predicted, day = at_middle(example)
    group = risk_groups(predicted, 4)
    expected, observed = grouped_risk(predicted, example.outcome, day, group, np.ones((1, len(example))))
    for column, number in enumerate(np.unique(group)):
        held = example.outcome[group == number]
        days, curve = kaplan_meier_estimator(held.event, held.days)
        assert observed[0, column] == pytest.approx(1 - curve[days <= day][-1], abs=1e-12)
        assert expected[0, column] == pytest.approx(predicted[group == number].mean(), abs=1e-12)


def test_slope_by_hand():
    expected, observed = np.array([[0.2, 0.4], [0.2, np.nan]]), np.array([[0.1, 0.4], [0.3, np.nan]])
    assert calibration_slope(expected, observed) == pytest.approx([0.18 / 0.2, 1.5])


def test_a_model_that_predicts_kaplan_meier_has_slope_1(one):
    _, day = at_middle(one)
    group = risk_groups(one.said.log_risk, 5)
    _, observed = grouped_risk(np.zeros(len(one)), one.outcome, day, group, np.ones((1, len(one))))
    predicted = observed[0, np.unique(group, return_inverse=True)[1]]
    for factor in (1.0, 0.5):
        found = grouped_risk(factor * predicted, one.outcome, day, group, np.ones((1, len(one))))
        assert calibration_slope(*found) == pytest.approx([1 / factor])


def test_a_weight_is_a_number_of_copies(one, resamples):
    predicted, day = at_middle(one)
    group = risk_groups(predicted, 5)
    slopes = calibration_slope(*grouped_risk(predicted, one.outcome, day, group, resamples))
    statistics, p_values = d_calibration(1 - predicted, one.outcome.event, resamples)
    for b, counts in enumerate(resamples.astype(int)):
        rows = np.repeat(np.arange(len(one)), counts)
        weights = np.ones((1, rows.size))
        alone = grouped_risk(predicted[rows], one.outcome[rows], day, group[rows], weights)
        assert slopes[b] == pytest.approx(calibration_slope(*alone)[0])
        statistic, p_value = d_calibration(1 - predicted[rows], one.outcome.event[rows], weights)
        assert (statistics[b], p_values[b]) == pytest.approx((statistic[0], p_value[0]))


def test_a_group_that_a_resample_misses_is_left_out():
    outcome = Outcome(np.array([1.0, 9.0, 2.0]), np.array([True, False, True]))
    predicted, group = np.array([0.5, 0.5, 0.8]), np.array([0, 0, 1])
    found = grouped_risk(predicted, outcome, 5.0, group, np.array([[1.0, 1, 0], [0, 0, 0]]))
    assert np.isnan(found[0]).tolist() == [[False, True], [True, True]]
    assert calibration_slope(*found) == pytest.approx([1.0, np.nan], nan_ok=True)


def test_slope_without_risk_or_patients_is_no_number():
    outcome = Outcome(np.array([1.0, 2.0]), np.zeros(2, bool))
    assert np.isnan(calibration_slope(*grouped_risk(np.zeros(2), outcome, 1.0, np.zeros(2, int), np.ones((3, 2))))).all()
    found = grouped_risk(np.zeros(0), Outcome(np.zeros(0), np.zeros(0, bool)), 1.0, np.zeros(0, int), np.ones((3, 0)))
    assert np.isnan(calibration_slope(*found)).tolist() == [True] * 3


def test_d_calibration_by_hand():
    # Events at .05 and .95; a censoring at .25: .4 in each of the bins from 0 and .1, .2 in the bin from .2.
    statistic, p_value = d_calibration(np.array([0.05, 0.95, 0.25]), np.array([True, True, False]), np.ones((1, 3)))
    assert statistic == pytest.approx([(1.1**2 + 0.1**2 + 0.1**2 + 0.7**2 + 6 * 0.3**2) / 0.3])
    assert p_value == pytest.approx(chi2.sf(statistic, 9))


def test_d_calibration_at_the_ends():
    for survival, event in ((0.0, True), (0.0, False), (1.0, True)):
        statistic, _ = d_calibration(np.array([survival]), np.array([event]), np.ones((1, 1)))
        assert statistic == pytest.approx([(0.9**2 + 9 * 0.1**2) / 0.1])
    statistic, p_value = d_calibration(np.array([1.0]), np.array([False]), np.ones((1, 1)))
    assert (statistic[0], p_value[0]) == pytest.approx((0, 1))
    assert np.isnan(d_calibration(np.zeros(0), np.zeros(0, bool), np.ones((2, 0)))[0]).all()


def test_the_true_model_has_uniform_p_values():
    rng = np.random.default_rng(11)
    p_values = []
    for _ in range(400):
        risk = np.exp(rng.normal(size=300))
        days = rng.exponential(1 / risk)
        survival_then = np.exp(-risk * days)
        p_values.append(d_calibration(survival_then, np.ones(300, bool), np.ones((1, 300)))[1][0])
    assert kstest(p_values, "uniform").pvalue > 0.01
    assert d_calibration(np.random.default_rng(0).random(300) ** 2, np.ones(300, bool), np.ones((1, 300)))[1][0] < 1e-6


def test_censoring_does_not_make_the_true_model_look_wrong():
    rng = np.random.default_rng(12)
    rejected = 0
    for _ in range(200):
        days, stops = rng.exponential(1, 300), rng.exponential(1.5, 300)
        then = np.exp(-np.minimum(days, stops))
        rejected += d_calibration(then, days <= stops, np.ones((1, 300)))[1][0] < 0.05
    assert rejected / 200 <= 0.08
