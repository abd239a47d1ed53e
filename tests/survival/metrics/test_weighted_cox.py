import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter
from sksurv.linear_model import CoxPHSurvivalAnalysis

from workflow_scripts.lib.survival.metrics import weighted_cox
from workflow_scripts.lib.survival.metrics.weighted_cox import cox_coefficients, event_probability
from workflow_scripts.lib.survival.outcome import Outcome


def columns_of(example) -> np.ndarray:
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(len(example), 2))
    return np.c_[example.said.log_risk + noise[:, 0], 300 + 40 * noise[:, 1], np.round(example.said.log_risk)]


def test_as_scikit_survival_with_breslow_ties(example):
    columns, outcome = columns_of(example), example.outcome
    theirs = CoxPHSurvivalAnalysis(ties="breslow", tol=1e-14, n_iter=100).fit(columns, outcome.structured())
    ours = cox_coefficients(columns, outcome, np.ones((1, len(outcome))))
    assert ours[0] == pytest.approx(theirs.coef_, rel=1e-7, abs=1e-9)
    day = example.grid.days[6]
    curves = np.array([curve(day) for curve in theirs.predict_survival_function(columns)])
    found = event_probability(columns, outcome, np.ones((1, len(outcome))), ours, day)[0]
    assert found == pytest.approx(1 - curves, abs=1e-8)


def test_probability_by_hand_counts_the_day_itself():
    outcome = Outcome(np.array([1.0, 2.0, 3.0]), np.ones(3, bool))
    found = event_probability(np.array([[0.0], [1.0], [2.0]]), outcome, np.ones((1, 3)), np.zeros((1, 1)), 2.0)
    assert found == pytest.approx(np.full((1, 3), 1 - np.exp(-(1 / 3 + 1 / 2))))


def test_as_lifelines_with_weights():
    rng = np.random.default_rng(1)
    columns = rng.normal(size=(80, 2))
    outcome = Outcome(rng.permutation(80) + rng.random(80) + 1, rng.random(80) < 0.6)  # no ties, which lifelines treats as Efron
    weights = rng.uniform(0.5, 3, 80)
    frame = pd.DataFrame(columns, columns=["a", "b"]).assign(days=outcome.days, event=outcome.event, held=weights)
    with pytest.warns(match="weights"):  # of its standard errors, which are not used here
        theirs = CoxPHFitter().fit(frame, "days", "event", weights_col="held", fit_options={"precision": 1e-12})
    ours = cox_coefficients(columns, outcome, np.stack([np.ones(80), weights]))
    assert ours[1] == pytest.approx(theirs.params_.to_numpy(), abs=1e-7)


def test_a_weight_is_a_number_of_copies(one, resamples):
    columns, day = columns_of(one), one.grid.days[5]
    together = cox_coefficients(columns, one.outcome, resamples)
    chances = event_probability(columns, one.outcome, resamples, together, day)
    for b, counts in enumerate(resamples.astype(int)):
        rows = np.repeat(np.arange(len(one)), counts)
        weights = np.ones((1, rows.size))
        alone = cox_coefficients(columns[rows], one.outcome[rows], weights)
        assert together[b] == pytest.approx(alone[0], rel=1e-8, abs=1e-10)
        assert chances[b, rows] == pytest.approx(event_probability(columns[rows], one.outcome[rows], weights, alone, day)[0], abs=1e-8)


def test_more_rows_than_a_block_give_each_row_its_own_answer(one):
    columns = columns_of(one)[:, :1]
    weights = np.random.default_rng(2).integers(0, 3, (150, len(one))).astype(float)
    together = cox_coefficients(columns, one.outcome, weights)
    for b in (0, 63, 64, 149):
        assert together[b] == pytest.approx(cox_coefficients(columns, one.outcome, weights[b : b + 1])[0], abs=1e-9)


@pytest.mark.parametrize(
    "columns",
    [
        np.ones((6, 1)),
        np.c_[np.arange(6.0), 2 * np.arange(6.0)],
        np.zeros((6, 1)),
    ],
)
def test_columns_without_an_answer_of_their_own(columns):
    outcome = Outcome(np.arange(1.0, 7.0), np.ones(6, bool))
    assert np.isnan(cox_coefficients(columns, outcome, np.ones((2, 6)))).all()


def test_rows_without_an_answer_leave_the_others_alone():
    rng = np.random.default_rng(4)
    columns = np.r_[rng.normal(size=(40, 1)), [[0.1], [0.1]]]
    outcome = Outcome(rng.permutation(42) + 1.0, np.r_[rng.random(40) < 0.7, True, True])
    identical = (np.arange(42) >= 40).astype(float)
    separated = np.zeros(42)
    separated[[np.argmax(outcome.event), np.argmax(outcome.days)]] = 1.0
    weights = np.stack([np.ones(42), (~outcome.event).astype(float), identical, separated, np.zeros(42)])
    found = cox_coefficients(columns, outcome, weights)[:, 0]
    assert np.isfinite(found).tolist() == [True, False, False, False, False]
    assert cox_coefficients(columns, outcome, weights[[1, 0]])[1] == pytest.approx(found[0])


def test_a_search_cut_short_is_no_answer(one, monkeypatch):
    monkeypatch.setattr(weighted_cox, "MOST_STEPS", 2)
    assert np.isnan(cox_coefficients(columns_of(one), one.outcome, np.ones((1, len(one))))).all()


def test_without_patients():
    nobody = Outcome(np.zeros(0), np.zeros(0, bool))
    assert np.isnan(cox_coefficients(np.zeros((0, 2)), nobody, np.zeros((3, 0)))).all()
