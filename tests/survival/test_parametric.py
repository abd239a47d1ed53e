"""Curves through a few stated probabilities: by hand, and against a general optimiser."""

import numpy as np
import pytest
from scipy.optimize import minimize

from workflow_scripts.lib.survival.parametric import fitted_curves

AT = np.array([365.0, 1096.0, 1826.0])
FAMILIES = ("interpolated", "weibull", "exponential")
DAYS = np.array([100.0, 700.0, 1500.0, 2500.0])


@pytest.mark.parametrize("family", ["interpolated", "weibull"])
@pytest.mark.parametrize("shape", [0.5, 1.0, 2.0])
def test_a_weibull_curve_is_found_again(shape, family):
    stated = np.exp(-((AT / 1500.0) ** shape))[None]
    np.testing.assert_allclose(fitted_curves(stated, AT, DAYS, family)[0], np.exp(-((DAYS / 1500.0) ** shape)), atol=1e-6)


def test_interpolated_curves_pass_through_every_stated_probability():
    stated = np.array([[0.9, 0.5, 0.4], [0.99, 0.2, 0.01], [0.7, 0.7, 0.7]])
    np.testing.assert_allclose(fitted_curves(stated, AT, AT, "interpolated"), stated, rtol=1e-12)


def test_between_two_probabilities_a_curve_is_a_piece_of_a_weibull_curve():
    """Cumulative hazards .1 at 1, .4 at 2 (shape 2), .8 at 4 (shape 1): .1 (1.5)² at 1.5, .8 · 3/4 at 3, and so on beyond both ends."""
    hazards = fitted_curves(np.exp(-np.array([[0.1, 0.4, 0.8]])), [1.0, 2.0, 4.0], np.array([0.5, 1.5, 3.0, 8.0]), "interpolated")
    np.testing.assert_allclose(-np.log(hazards[0]), [0.1 / 4, 0.1 * 1.5**2, 0.6, 1.6], rtol=1e-12)


def test_outer_pieces_are_neither_flat_nor_cliffs():
    """A flat first piece says nothing of the days before it: hazard .5 at 1 and 2 goes with a shape of .2 before 1; after 4 it is 5."""
    at, days = [1.0, 2.0, 4.0], np.array([1 / 32, 1.5, 8.0])
    hazards = -np.log(fitted_curves(np.exp(-np.array([[0.05, 0.05, 4.0]])), at, days, "interpolated")[0])
    np.testing.assert_allclose(hazards, [0.025, 0.05, 4.0 * 2**5], rtol=1e-12)


def test_a_stated_probability_that_rises_counts_as_the_one_before():
    rising, level = (fitted_curves([row], AT, DAYS, "interpolated") for row in ([0.6, 0.8, 0.3], [0.6, 0.6, 0.3]))
    np.testing.assert_array_equal(rising, level)


def test_an_exponential_is_the_curve_of_one_probability():
    """Half are left after 100 days: a quarter after 200, whatever is asked for."""
    for family in FAMILIES:
        np.testing.assert_allclose(fitted_curves([[0.5]], [100.0], [100.0, 200.0], family), [[0.5, 0.25]], atol=1e-7)


@pytest.mark.parametrize("family", ["weibull", "exponential"])
def test_no_curve_is_nearer(family):
    rng = np.random.default_rng(1)
    stated = np.sort(rng.uniform(0.05, 0.95, (12, 3)))[:, ::-1]

    def miss(parameters, row):
        shape = 1.0 if family == "exponential" else np.clip(np.exp(parameters[1]), 0.2, 5.0)
        return ((np.exp(-((AT / np.exp(parameters[0])) ** shape)) - row) ** 2).sum()

    ours = ((fitted_curves(stated, AT, AT, family) - stated) ** 2).sum(1)
    tight = {"maxiter": 4000, "xatol": 1e-9, "fatol": 1e-14}
    starts = [(np.log(scale), shape) for scale in (300, 1500, 5000) for shape in (-0.7, 0.0, 0.9)]
    best = [min(minimize(miss, start, (row,), "Nelder-Mead", options=tight).fun for start in starts) for row in stated]
    np.testing.assert_allclose(ours, best, atol=1e-9)


@pytest.mark.parametrize(
    ("family", "at", "row", "least"),
    [
        ("exponential", [30, 365, 1826], [0.52, 0.37, 0.31], 0.233),
        ("weibull", [14, 90, 365], [0.99, 0.46, 0.15], 0.0170),
        ("weibull", [90, 365, 1826, 3650], [0.99, 0.54, 0.18, 0.02], 0.0224),
    ],
)
def test_the_nearest_of_several_valleys_is_found(family, at, row, least):
    """The least sums of squares are those of a general optimiser from many starts."""
    found = fitted_curves([row], at, at, family)[0]
    assert ((found - row) ** 2).sum() == pytest.approx(least, abs=6e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_curves_fall_from_one_even_where_the_stated_are_certain(family):
    curves = fitted_curves([[1.0, 1.0, 1.0], [0.0, 0.0, 0.0], [0.9, 0.9, 0.0]], AT, DAYS, family)
    assert (np.diff(curves) <= 0).all()
    assert ((curves >= 0) & (curves <= 1)).all()  # and no NaN
    assert curves[0].min() > 0.9
    assert curves[1].max() < 0.4
