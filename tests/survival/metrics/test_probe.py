"""What hidden states know of a risk."""

import numpy as np
import pytest

from workflow_scripts.lib.survival.metrics.probe import neighbour_risk, probe_r2

N, WIDTH = 150, 12


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def test_probe_finds_a_risk_that_is_a_direction_of_the_state(rng):
    states = rng.normal(size=(N, WIDTH))
    risk = states @ rng.normal(size=WIDTH)
    assert probe_r2(states, risk, 1) == pytest.approx(1, abs=1e-3)
    assert probe_r2(states * 1000 + 7, risk, 1) == pytest.approx(1, abs=1e-3)


def test_probe_finds_nothing_in_noise_however_wide(rng):
    for width in (5, 400):
        assert probe_r2(rng.normal(size=(N, width)), rng.normal(size=N), 1) < 0.05


def test_probe_predicts_patients_it_was_not_fitted_on(rng):
    """In sample a state as wide as there are patients would explain anything."""
    states, risk = rng.normal(size=(40, 60)), rng.normal(size=40)
    coefficients = np.linalg.lstsq(states, risk, rcond=None)[0]
    assert np.allclose(states @ coefficients, risk)
    assert probe_r2(states, risk, 1) < 0.3


def test_probe_is_that_of_its_seed(rng):
    states = rng.normal(size=(N, WIDTH))
    risk = states[:, 0] + rng.normal(size=N)
    assert probe_r2(states, risk, 1) == probe_r2(states, risk, 1) != probe_r2(states, risk, 2)


def test_probe_is_undefined_without_spread_or_patients(rng):
    assert np.isnan(probe_r2(rng.normal(size=(N, 3)), np.ones(N), 1))
    assert np.isnan(probe_r2(rng.normal(size=(9, 3)), rng.normal(size=9), 1))


def test_neighbours_by_hand():
    """Two coordinates, the second without spread: patients at 0, 1, 3, 7 with risks 10, 20, 40, 80."""
    states = np.array([[0.0, 5], [1, 5], [3, 5], [7, 5]])
    risk = np.array([10.0, 20, 40, 80])
    assert neighbour_risk(states, risk, 1).tolist() == [20, 10, 20, 40]
    assert neighbour_risk(states, risk, 2).tolist() == [30, 25, 15, 30]
    assert neighbour_risk(states, risk, 99).tolist() == pytest.approx([140 / 3, 130 / 3, 110 / 3, 70 / 3])


def test_neighbours_weigh_coordinates_by_their_spread():
    """On its own scale the second coordinate would drown the first; standardised, both count."""
    states = np.array([[0.0, 0], [0.1, 1000], [10, 0], [10.1, 1000]])
    assert neighbour_risk(states, np.array([1.0, 2, 3, 4]), 1).tolist() == pytest.approx([3, 4, 1, 2])
    assert neighbour_risk(states * [1, 0.001], np.array([1.0, 2, 3, 4]), 1).tolist() == pytest.approx([3, 4, 1, 2])


def test_a_patient_is_not_its_own_neighbour_even_among_copies():
    states = np.zeros((3, 2))
    assert neighbour_risk(states, np.array([1.0, 2, 4]), 2).tolist() == [3, 2.5, 1.5]
