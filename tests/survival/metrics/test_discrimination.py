import numpy as np
import pytest
from sksurv.metrics import concordance_index_censored, concordance_index_ipcw
from sksurv.metrics import cumulative_dynamic_auc as their_auc

from workflow_scripts.lib.survival.estimators import Prognosis
from workflow_scripts.lib.survival.metrics.auc import cumulative_dynamic_auc, mean_auc
from workflow_scripts.lib.survival.metrics.concordance import antolini_c, harrell_c, uno_c
from workflow_scripts.lib.survival.metrics.kaplan_meier import Censoring, fit_censoring
from workflow_scripts.lib.survival.outcome import Outcome, TimeGrid

NOBODY_CENSORED = Censoring(np.array([1.0]), np.array([1.0]))


def metrics_of(example, weights) -> dict[str, np.ndarray]:
    """All ranking metrics of an example: (b,) each."""
    said, outcome, grid, censoring = example.said, example.outcome, example.grid, fit_censoring(example.train)
    auc = cumulative_dynamic_auc(said.log_risk, outcome, weights, grid.days, censoring)
    return {
        "harrell_c": harrell_c(said.log_risk, outcome, weights),
        "uno_c": uno_c(said.log_risk, outcome, weights, censoring, grid.edges[-1]),
        "c_td": antolini_c(said.survival, grid, outcome, weights),
        "auc": mean_auc(auc, outcome, weights, grid.days),
    }


def test_harrell_by_hand():
    # Pairs that can be compared: (1,2) (1,3) (1,4) from the event on day 1, and (2,3): the censoring on the day of
    # event 2 counts as later, (2,4). Won: 1 over 3, 1 over 4, 2 over 3; tied: 1 with 2; lost: 2 to 4.
    outcome = Outcome(np.array([1.0, 2.0, 2.0, 3.0]), np.array([True, True, False, True]))
    assert harrell_c(np.array([1.0, 1.0, -1.0, 0.5]), outcome, np.ones((1, 4))) == pytest.approx([4.5 / 5])
    assert harrell_c(np.array([1.0, 1.0, -1.0, 2.0]), outcome, np.ones((1, 4))) == pytest.approx([2.5 / 5])


def test_two_events_on_one_day_are_not_compared():
    outcome = Outcome(np.array([2.0, 2.0]), np.array([True, True]))
    assert np.isnan(harrell_c(np.array([1.0, 0.0]), outcome, np.ones((1, 2)))).all()


def test_weights_by_hand():
    outcome = Outcome(np.array([1.0, 2.0, 3.0]), np.array([True, True, False]))
    weights = np.array([[2.0, 1.0, 3.0]])  # pairs (1,2): 2, won; (1,3): 6, lost; (2,3): 3, lost
    assert harrell_c(np.array([0.5, 0.0, 1.0]), outcome, weights) == pytest.approx([2 / 11])


def test_uno_by_hand():
    # G is 1 on day 1 and 1/2 on day 3, so the pair of the later event weighs 4.
    outcome = Outcome(np.array([1.0, 3.0, 5.0]), np.array([True, True, False]))
    censoring = Censoring(np.array([2.0]), np.array([0.5]))
    risk = np.array([0.5, 0.0, 1.0])
    assert uno_c(risk, outcome, np.ones((1, 3)), censoring, 4.0) == pytest.approx([1 / (2 + 4)])
    assert uno_c(risk, outcome, np.ones((1, 3)), censoring, 3.0) == pytest.approx([1 / 2])


def test_antolini_by_hand_where_curves_cross():
    outcome = Outcome(np.array([1.0, 2.0, 3.0]), np.array([True, True, False]))
    survival = np.array([[0.5, 0.4], [0.9, 0.2], [0.8, 0.7]])  # on days 1 and 2
    # Day 1: patient 1 is lowest, two pairs won. Day 2: patient 2 (.2) against patient 3 (.7), won though higher on day 1.
    assert antolini_c(survival, TimeGrid(np.array([0.0, 1, 2])), outcome, np.ones((1, 3))) == pytest.approx([1.0])
    # The other way round, patient 1 (.8) loses to patient 3 (.5) on day 1; the other two pairs are won.
    assert antolini_c(survival[::-1], TimeGrid(np.array([0.0, 1, 2])), outcome, np.ones((1, 3))) == pytest.approx([2 / 3])


def test_antolini_reads_between_edges_on_a_straight_line():
    outcome = Outcome(np.array([1.5, 3.0]), np.array([True, False]))
    grid = TimeGrid(np.array([0.0, 1, 2]))
    close = np.array([[0.8, 0.2], [0.6, 0.5]])  # on day 1.5: .5 against .55
    assert antolini_c(close, grid, outcome, np.ones((1, 2))) == pytest.approx([1.0])


def test_auc_by_hand():
    outcome = Outcome(np.array([1.0, 2.0, 3.0, 4.0]), np.array([True, False, True, False]))
    censoring = Censoring(np.array([2.0]), np.array([0.5]))
    risk = np.array([1.0, 0.0, 0.0, 1.0])
    auc = cumulative_dynamic_auc(risk, outcome, np.ones((1, 4)), np.array([0.5, 1.0, 3.0, 4.0]), censoring)[0]
    # Day 1: over 2 and 3, tied with 4. Day 3: patient 1 (weight 1) tied with 4, patient 3 (weight 2) below 4.
    assert auc[1:3] == pytest.approx([2.5 / 3, 0.5 / 3])
    assert np.isnan(auc[[0, 3]]).all()


def test_mean_auc_by_hand():
    outcome = Outcome(np.array([1.0, 2.0, 3.0, 4.0]), np.array([True, True, True, False]))
    auc = np.array([[np.nan, 0.5, 1.0]])
    # Kaplan-Meier is 1 on day .5, 3/4 on day 1, 1/4 on day 3.
    assert mean_auc(auc, outcome, np.ones((1, 4)), np.array([0.5, 1.0, 3.0])) == pytest.approx([(0.25 * 0.5 + 0.5) / 0.75])


def test_days_without_an_auc_have_no_weight_in_the_mean():
    outcome = Outcome(np.array([1.0, 2.0]), np.array([True, True]))  # on day 2 the curve falls, but nobody is left to compare with
    found = mean_auc(np.array([[0.7, np.nan]]), outcome, np.ones((1, 2)), np.array([1.0, 2.0]))
    assert found == pytest.approx([0.7])


def test_as_scikit_survival(example):
    found = metrics_of(example, np.ones((1, len(example))))
    train, outcome, risk = example.train.structured(), example.outcome, example.said.log_risk
    assert found["harrell_c"][0] == pytest.approx(concordance_index_censored(outcome.event, outcome.days, risk)[0], abs=1e-10)
    theirs = concordance_index_ipcw(train, outcome.structured(), risk, tau=example.grid.edges[-1])[0]
    assert found["uno_c"][0] == pytest.approx(theirs, abs=1e-10)
    at_days, mean = their_auc(train, outcome.structured(), risk, example.grid.days)
    ours = cumulative_dynamic_auc(risk, outcome, np.ones((1, len(outcome))), example.grid.days, fit_censoring(example.train))[0]
    assert ours == pytest.approx(at_days, abs=1e-10)
    assert found["auc"][0] == pytest.approx(mean, abs=1e-10)


def test_under_proportional_hazards_c_td_is_harrells(example):
    found = metrics_of(example, np.ones((1, len(example))))
    assert found["c_td"] == pytest.approx(found["harrell_c"], abs=1e-12)


def test_a_weight_is_a_number_of_copies(one, resamples):
    together = metrics_of(one, resamples)
    for b, counts in enumerate(resamples.astype(int)):
        copies = one.take(np.repeat(np.arange(len(one)), counts))
        written_out = metrics_of(copies, np.ones((1, len(copies))))
        for metric, values in together.items():
            assert values[b] == pytest.approx(written_out[metric][0], abs=1e-12), metric


def test_perfect_and_reversed():
    rng = np.random.default_rng(3)
    days = rng.permutation(60) + 1.0
    outcome, grid = Outcome(days, rng.random(60) < 0.6), TimeGrid(np.array([0.0, 15, 30, 45]))
    weights = rng.integers(0, 3, (5, 60)).astype(float)
    for sign, expected in ((-1, 1.0), (1, 0.0)):
        risk = sign * days / 60
        curves = np.exp(-np.exp(risk)[:, None] * np.array([0.2, 0.4, 0.8]))
        auc = cumulative_dynamic_auc(risk, outcome, weights, grid.days, NOBODY_CENSORED)
        assert auc == pytest.approx(np.full((5, 3), expected))
        assert harrell_c(risk, outcome, weights) == pytest.approx(np.full(5, expected))
        assert uno_c(risk, outcome, weights, NOBODY_CENSORED, 45.0) == pytest.approx(np.full(5, expected))
        assert antolini_c(curves, grid, outcome, weights) == pytest.approx(np.full(5, expected))


def test_the_same_answer_for_everybody_is_a_coin(one, resamples):
    flat = type(one)(one.train, one.outcome, Prognosis(np.zeros(len(one)), np.full((len(one), len(one.grid)), 0.5)), one.grid)
    for metric, values in metrics_of(flat, resamples).items():
        assert values == pytest.approx(np.full(5, 0.5)), metric


def test_without_an_event_or_a_patient_there_is_no_number(one):
    nothing_seen = type(one)(one.train, Outcome(one.outcome.days, np.zeros(len(one), bool)), one.said, one.grid)
    for example in (nothing_seen, one.take(np.arange(0))):
        for metric, values in metrics_of(example, np.ones((2, len(example)))).items():
            assert np.isnan(values).tolist() == [True, True], metric
