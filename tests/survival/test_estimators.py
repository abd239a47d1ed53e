"""The estimators kept as arrays answer as scikit-survival does, and penalties are those that cross-validation likes best."""

import numpy as np
import pytest
from sklearn.model_selection import StratifiedKFold
from sksurv.ensemble import GradientBoostingSurvivalAnalysis, RandomSurvivalForest
from sksurv.linear_model import CoxnetSurvivalAnalysis, CoxPHSurvivalAnalysis
from sksurv.linear_model.coxph import BreslowEstimator, CoxPHOptimizer

from tests.world import GRID, cohort
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.survival.design import fit_design
from workflow_scripts.lib.survival.estimators import (
    Prognosis,
    average,
    fit_boosting,
    fit_cox,
    fit_coxnet,
    fit_random_forest,
    predict,
    stratified_parts,
)
from workflow_scripts.lib.survival.outcome import Outcome, log_risk_of
from workflow_scripts.lib.survival.trees import ROWS_AT_ONCE

OUTCOME = cohort().outcome
DESIGN = fit_design(cohort().values).transform(cohort().values)
DAYS = GRID.days
MANY = np.random.default_rng(1).normal(size=(ROWS_AT_ONCE + 50, DESIGN.shape[1]))


def read(functions, days):
    """Step functions read at ``days``."""
    return np.stack([function(days) for function in functions])


def test_forest_answers_as_scikit_survival_does():
    arrays = fit_random_forest(DESIGN, OUTCOME, DAYS, trees=7, min_samples_leaf=4, seed=3)
    theirs = RandomSurvivalForest(7, min_samples_leaf=4, random_state=3).fit(DESIGN, OUTCOME.structured())
    said = predict("random_forest", arrays, MANY)
    assert said.survival == pytest.approx(read(theirs.predict_survival_function(MANY), DAYS), abs=1e-12)
    assert np.array_equal(said.log_risk, log_risk_of(said.survival))


def test_forest_curves_before_the_first_and_after_the_last_event():
    days = np.array([OUTCOME.days.min() / 2, 1e6])
    said = predict("random_forest", fit_random_forest(DESIGN, OUTCOME, days, trees=3, min_samples_leaf=4, seed=3), DESIGN)
    theirs = RandomSurvivalForest(3, min_samples_leaf=4, random_state=3).fit(DESIGN, OUTCOME.structured())
    assert np.all(said.survival[:, 0] == 1)
    assert said.survival[:, 1] == pytest.approx(theirs.predict_survival_function(DESIGN, return_array=True)[:, -1])


def test_boosting_answers_as_scikit_survival_does():
    settings = {"learning_rate": 0.1, "max_depth": 2, "subsample": 0.7, "min_samples_leaf": 5}
    arrays = fit_boosting(DESIGN, OUTCOME, DAYS, trees=9, seed=3, **settings)
    theirs = GradientBoostingSurvivalAnalysis(n_estimators=9, random_state=3, **settings).fit(DESIGN, OUTCOME.structured())
    said = predict("boosting", arrays, MANY)
    assert said.log_risk == pytest.approx(theirs.predict(MANY), abs=1e-12)
    baseline = BreslowEstimator().fit(theirs.predict(DESIGN), OUTCOME.event, OUTCOME.days)
    assert said.survival == pytest.approx(read(baseline.get_survival_function(theirs.predict(MANY)), DAYS))


def test_an_empty_design_matrix_is_answered_by_nobody():
    arrays = fit_random_forest(DESIGN, OUTCOME, DAYS, trees=2, min_samples_leaf=4, seed=3)
    assert predict("random_forest", arrays, DESIGN[:0]).survival.shape == (0, len(DAYS))


def cross_validated(fit, penalties):
    """The cross-validated partial likelihood of each penalty, by scikit-survival's own likelihood."""

    def likelihood(coef, rows):
        return -len(rows) * CoxPHOptimizer(DESIGN[rows], OUTCOME.event[rows], OUTCOME.days[rows], np.zeros(1), "breslow").nlog_likelihood(
            coef
        )

    everybody, score = np.arange(len(OUTCOME)), np.zeros(len(penalties))
    for rows, _ in StratifiedKFold(4, shuffle=True, random_state=5).split(DESIGN, OUTCOME.event):
        for index, penalty in enumerate(penalties):
            coef = fit(penalty, rows)
            score[index] += likelihood(coef, everybody) - likelihood(coef, rows)
    return score


def test_cox_takes_the_ridge_with_the_best_cross_validated_likelihood():
    penalties = [0.1, 3.0, 10.0, 30.0, 300.0]

    def ridge(penalty, rows):
        return CoxPHSurvivalAnalysis(alpha=penalty, ties="breslow").fit(DESIGN[rows], OUTCOME[rows].structured()).coef_

    score = cross_validated(ridge, penalties)
    arrays = fit_cox(DESIGN, OUTCOME, DAYS, penalties=penalties, inner_folds=4, seed=5)
    assert 0 < score.argmax() < 4
    assert arrays["penalty"] == [penalties[score.argmax()]]
    theirs = CoxPHSurvivalAnalysis(alpha=penalties[score.argmax()], ties="breslow").fit(DESIGN, OUTCOME.structured())
    said = predict("cox", arrays, DESIGN)
    assert said.log_risk == pytest.approx(DESIGN @ theirs.coef_)
    assert said.survival == pytest.approx(read(theirs.predict_survival_function(DESIGN), DAYS), abs=1e-6)


@pytest.mark.filterwarnings("ignore:all coefficients are zero")  # as they are, for the largest penalties
def test_coxnet_takes_the_penalty_with_the_best_cross_validated_likelihood():
    path = CoxnetSurvivalAnalysis(l1_ratio=0.5, n_alphas=20, alpha_min_ratio=0.01).fit(DESIGN, OUTCOME.structured())

    def net(penalty, rows):
        return CoxnetSurvivalAnalysis(l1_ratio=0.5, alphas=[penalty]).fit(DESIGN[rows], OUTCOME[rows].structured()).coef_[:, 0]

    score = cross_validated(net, path.alphas_)
    arrays = fit_coxnet(DESIGN, OUTCOME, DAYS, l1_ratio=0.5, penalties=20, inner_folds=4, seed=5)
    assert 0 < score.argmax() < 19
    assert arrays["penalty"] == path.alphas_[[score.argmax()]]
    assert np.array_equal(arrays["coef"], path.coef_[:, score.argmax()])
    theirs = path.predict(DESIGN, alpha=path.alphas_[score.argmax()])  # of centred columns
    assert np.ptp(predict("coxnet", arrays, DESIGN).log_risk - theirs) < 1e-12


@pytest.mark.filterwarnings("ignore:all coefficients are zero")
def test_coxnet_where_scikit_survival_gives_up_a_path_before_its_end():
    """Without any signal it stops while all coefficients are zero; how soon depends on the rows."""
    rng = np.random.default_rng(12)
    design, outcome = rng.normal(size=(120, 5)), Outcome(rng.exponential(100, 120) + 1, rng.random(120) < 0.5)
    path = CoxnetSurvivalAnalysis(l1_ratio=0.5, n_alphas=30, alpha_min_ratio=0.01).fit(design, outcome.structured())
    lengths = {
        CoxnetSurvivalAnalysis(l1_ratio=0.5, alphas=path.alphas_).fit(design[rows], outcome[rows].structured()).coef_.shape[1]
        for rows, _ in stratified_parts(outcome.event, 5, 1)
    }
    assert lengths == {6, 30}
    arrays = fit_coxnet(design, outcome, DAYS, l1_ratio=0.5, penalties=30, inner_folds=5, seed=1)
    assert arrays["penalty"] in path.alphas_


def test_fewer_events_than_inner_folds_are_refused():
    few = Outcome(OUTCOME.days, np.arange(len(OUTCOME)) < 4)
    with pytest.raises(StageRefusal, match=r"4 events among 120 training patients.*5 inner folds.*lower inner_folds"):
        fit_cox(DESIGN, few, DAYS, penalties=[1.0, 2.0], inner_folds=5, seed=1)


def test_average_is_the_mean_of_curves():
    """Whatever their log-risks are."""
    said = average([Prognosis(np.array([9.0]), np.array([curve])) for curve in ([0.8, 0.2], [0.4, 0.1], [0.9, 0.9])])
    assert said.survival == pytest.approx(np.array([[0.7, 0.4]]))
    assert said.log_risk == pytest.approx(np.log(-np.log(0.7) - np.log(0.4)))
