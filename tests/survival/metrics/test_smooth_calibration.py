import numpy as np
import pytest
from sksurv.linear_model import CoxPHSurvivalAnalysis

from workflow_scripts.lib.survival.metrics.smooth_calibration import calibration_distances, spline_basis, weighted_quantiles
from workflow_scripts.lib.survival.outcome import Outcome


def at_middle(example) -> tuple[np.ndarray, float]:
    return 1 - example.said.survival[:, 6], example.grid.days[6]


def distances(example, predicted, day, weights) -> np.ndarray:
    return np.array(calibration_distances(predicted, example.outcome, day, spline_basis(predicted), weights))


def test_basis_is_straight_beyond_the_knots_and_smooth_at_them():
    x = np.linspace(-4, 2, 601)
    basis = spline_basis(-np.expm1(-np.exp(x)))
    assert basis[:, 0] == pytest.approx(x, abs=1e-4)  # but for the clipped ends
    bend = np.diff(basis[:, 1], 2)
    assert max(np.abs(bend[:50]).max(), np.abs(bend[-50:]).max()) < 1e-9
    assert bend[250:350].min() > 1e-6
    assert np.abs(np.diff(bend)).max() < 0.05 * np.abs(bend).max()


def test_basis_is_a_straight_line_where_ties_join_knots():
    assert spline_basis(np.repeat([0.2, 0.4], 50)).shape == (100, 1)
    assert np.isfinite(spline_basis(np.array([0.0, 0.3, 0.5, 1.0]))).all()


def test_as_an_independent_computation(example):
    predicted, day = at_middle(example)
    x = np.log(-np.log(1 - np.clip(predicted, 1e-6, 1 - 1e-6)))  # nobody is certain
    k1, k2, k3 = np.percentile(x, [10, 50, 90])

    def cube(knot):
        return np.where(x > knot, (x - knot) ** 3, 0)

    columns = np.c_[x, cube(k1) - cube(k2) * (k3 - k1) / (k3 - k2) + cube(k3) * (k2 - k1) / (k3 - k2)]
    if not k1 < k2 < k3:
        columns = columns[:, :1]
    model = CoxPHSurvivalAnalysis(ties="breslow", tol=1e-14, n_iter=200).fit(columns, example.outcome.structured())
    observed = 1 - np.array([curve(day) for curve in model.predict_survival_function(columns)])
    apart = np.abs(observed - predicted)
    found = distances(example, predicted, day, np.ones((1, len(example))))[:, 0]
    assert found == pytest.approx([apart.mean(), np.median(apart), np.percentile(apart, 90)], abs=1e-6)


def test_a_weight_is_a_number_of_copies(one, resamples):
    predicted, day = at_middle(one)
    basis = spline_basis(predicted)
    together = np.array(calibration_distances(predicted, one.outcome, day, basis, resamples))
    for b, counts in enumerate(resamples.astype(int)):
        rows = np.repeat(np.arange(len(one)), counts)
        alone = calibration_distances(predicted[rows], one.outcome[rows], day, basis[rows], np.ones((1, rows.size)))
        assert together[:, b] == pytest.approx(np.ravel(alone), abs=1e-9)


def test_the_truth_is_near_and_an_exaggeration_is_far():
    rng = np.random.default_rng(8)
    risk = np.exp(rng.normal(0, 0.8, 4000))
    days, stops = rng.exponential(1 / risk), rng.exponential(2, 4000)
    outcome = Outcome(np.minimum(days, stops), days <= stops)
    truth = -np.expm1(-0.5 * risk)
    weights = np.ones((1, 4000))
    near = calibration_distances(truth, outcome, 0.5, spline_basis(truth), weights)
    halved = truth / 2
    far = calibration_distances(halved, outcome, 0.5, spline_basis(halved), weights)
    assert near[0][0] < 0.02
    assert far[0][0] == pytest.approx(halved.mean(), abs=0.02)


def test_more_rows_than_a_block_give_each_row_its_own_answer(one):
    predicted, day = at_middle(one)
    weights = np.random.default_rng(2).integers(0, 3, (130, len(one))).astype(float)
    weights[70] = 0.0
    together = distances(one, predicted, day, weights)
    for b in (0, 63, 64, 70, 129):
        alone = np.array(calibration_distances(predicted, one.outcome, day, spline_basis(predicted), weights[[b]]))
        assert together[:, b] == pytest.approx(alone[:, 0], abs=1e-9, nan_ok=True)


def test_what_has_no_answer_is_no_number(one):
    predicted, day = at_middle(one)
    weights = np.stack([np.ones(len(one)), (~one.outcome.event).astype(float), np.zeros(len(one))])
    found = distances(one, predicted, day, weights)
    assert np.isfinite(found).tolist() == [[True, False, False]] * 3
    assert np.isnan(distances(one, np.full(len(one), 0.3), day, weights)).all()
    nobody = one.take(np.arange(0))
    assert np.isnan(distances(nobody, np.zeros(0), day, np.ones((2, 0)))).all()


def test_weighted_quantiles_are_numpys():
    rng = np.random.default_rng(9)
    values, counts = rng.random((6, 15)), rng.integers(0, 4, (6, 15))
    found = weighted_quantiles(values, counts.astype(float), (0.0, 0.37, 0.5, 0.9, 1.0))
    for row, held, quantiles in zip(values, counts, found, strict=True):
        assert quantiles == pytest.approx(np.quantile(np.repeat(row, held), [0.0, 0.37, 0.5, 0.9, 1.0]), abs=1e-12)
