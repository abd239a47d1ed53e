import numpy as np
import pytest
from scipy.stats import spearmanr

from workflow_scripts.lib.survival.metrics.agreement import curve_distance, spearman


def test_spearman_by_hand():
    # Ranks 1, 2.5, 2.5, 4 against 1, 3, 2, 4: squared spreads 4.5 and 5, together 4.5.
    found = spearman(np.array([0.0, 5.0, 5.0, 9.0]), np.array([1.0, 3.0, 2.0, 40.0]), np.ones((1, 4)))
    assert found == pytest.approx([4.5 / np.sqrt(4.5 * 5)])


def test_spearman_is_scipys_on_every_resample(one, resamples):
    other = one.said.log_risk + np.sin(np.arange(len(one)))
    for found, counts in zip(spearman(one.said.log_risk, other, resamples), resamples.astype(int), strict=True):
        rows = np.repeat(np.arange(len(one)), counts)
        assert found == pytest.approx(spearmanr(one.said.log_risk[rows], other[rows]).statistic, abs=1e-12)


def test_spearman_of_the_same_and_of_the_opposite(one, resamples):
    risk = one.said.log_risk
    assert spearman(risk, np.exp(risk), resamples) == pytest.approx(np.ones(5))
    assert spearman(risk, -risk, resamples) == pytest.approx(-np.ones(5))


def test_spearman_of_what_does_not_vary_is_no_number():
    rising = np.arange(3.0)
    assert np.isnan(spearman(rising, np.ones(3), np.ones((2, 3)))).all()
    assert np.isnan(spearman(rising, rising, np.array([[0.0, 3.0, 0.0]]))).all()
    assert np.isnan(spearman(np.zeros(0), np.zeros(0), np.ones((2, 0)))).all()


def test_curve_distance_by_hand_and_with_weights():
    first, second = np.array([[0.9, 0.8], [0.5, 0.5]]), np.array([[0.8, 0.6], [0.5, 0.5]])
    assert curve_distance(first, second, np.array([[1.0, 1.0], [3.0, 1.0]])) == pytest.approx([0.075, 0.1125])
    assert curve_distance(first, first, np.ones((1, 2))).tolist() == [0]
