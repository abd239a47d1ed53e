"""Risk as a training percentile."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow_scripts.lib.survival.scale import RiskScale, fit_scale

TENTHS = RiskScale(np.arange(101) / 10)  # quantile j is j / 10


def test_numbers_by_hand():
    log_risk = np.array([-5.0, 0.0, 0.05, 0.1, 4.99, 5.0, 9.95, 10.0, 11.0])
    assert TENTHS.number(log_risk).tolist() == [0, 0, 0, 1, 49, 50, 99, 99, 99]


def test_fitted_quantiles_by_hand():
    assert fit_scale(np.arange(0, 201.0)[::-1]).quantiles == pytest.approx(np.arange(0, 201, 2))


def test_a_tie_is_read_at_its_middle():
    """A third of the patients share the lowest risk, another third the next."""
    scale = fit_scale(np.repeat([1.0, 2.0, 3.0], 100))
    assert scale.number(np.array([1.0, 2.0, 3.0])).tolist() == [16, 50, 83]


@given(st.lists(st.integers(1, 10**6), min_size=100, max_size=100))
def test_the_risk_behind_a_number_has_that_number(steps):
    """Wherever quantiles are distinct."""
    scale = RiskScale(np.cumsum([-1e7, *steps]))
    assert np.array_equal(scale.number((scale.quantiles[:-1] + scale.quantiles[1:]) / 2), np.arange(100))


@given(st.lists(st.floats(-5, 5).map(lambda value: round(value, 1)), min_size=3, max_size=60))
def test_numbers_never_fall_as_risks_rise(log_risk):
    log_risk = np.sort(np.array(log_risk))
    numbers = fit_scale(log_risk).number(log_risk)
    assert np.all(np.diff(numbers) >= 0)
    assert np.all((numbers >= 0) & (numbers <= 99))
