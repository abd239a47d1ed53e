import numpy as np
import pytest

from workflow_scripts.lib.survival.metrics.bootstrap import holm, interval, multiplicities, p_value


def test_multiplicities_are_resamples_of_everybody():
    weights = multiplicities(50, 400, 1)
    assert weights.shape == (401, 50)
    assert (weights[0] == 1).all()
    assert (weights.sum(axis=1) == 50).all()
    assert (weights == np.round(weights)).all()
    assert weights[1:].var() == pytest.approx(1, abs=0.05)  # binomial(50, 1/50) has variance .98
    assert len(np.unique(weights[1:], axis=0)) == 400


def test_multiplicities_follow_the_seed():
    assert (multiplicities(20, 5, 1) == multiplicities(20, 5, 1)).all()
    assert (multiplicities(20, 5, 1) != multiplicities(20, 5, 2)).any()


def test_interval_leaves_undefined_replicates_out():
    replicates = np.r_[np.nan, np.arange(101.0), np.nan]
    assert interval(replicates) == pytest.approx((2.5, 97.5))
    assert np.isnan(interval(np.array([np.nan]))).all()


def test_p_value_by_hand():
    assert p_value(np.r_[np.ones(98), -1.0]) == pytest.approx(2 * 2 / 100)
    assert p_value(np.ones(99)) == pytest.approx(2 / 100)
    assert p_value(np.r_[-np.ones(98), np.nan, 1.0]) == pytest.approx(2 * 2 / 100)
    assert p_value(np.zeros(99)) == 1
    assert np.isnan(p_value(np.array([np.nan])))


def test_holm_by_hand():
    assert holm(np.array([0.04, 0.01, np.nan, 0.03])) == pytest.approx([0.06, 0.03, np.nan, 0.06], nan_ok=True)
    assert holm(np.array([0.9, 0.8])).tolist() == [1, 1]
    assert holm(np.zeros(0)).size == 0


def test_the_interval_covers_a_mean_as_often_as_it_says():
    rng = np.random.default_rng(5)
    covered = 0
    for trial in range(200):
        sample = rng.normal(size=60)
        lower, upper = interval((multiplicities(60, 400, trial) @ sample / 60)[1:])
        covered += lower <= 0 <= upper
    assert 0.9 <= covered / 200 <= 0.98
