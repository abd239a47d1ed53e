"""What a column tells: by hand, against other libraries, and not by chance."""

import numpy as np
import pandas as pd
import pytest
from sksurv.metrics import concordance_index_censored

from tests.leakage.world import clean
from workflow_scripts.lib.leakage import rows, telling
from workflow_scripts.lib.survival.metrics.concordance import harrell_c
from workflow_scripts.lib.survival.outcome import Outcome

RNG = np.random.default_rng(4)
OUTCOME = clean(1, 300).outcome


def test_phi_by_hand():
    """Of 100 patients 40 had the event; 40 have the level, 30 of them with the event: (100 * 30 - 40 * 40) / 2400."""
    event = np.arange(100) < 40
    level = (np.arange(100) >= 10) & (np.arange(100) < 50)
    assert telling.phis(level.astype(int), event) == pytest.approx([-1400 / 2400, 1400 / 2400])
    assert telling.phis(event.astype(int), event) == pytest.approx([-1, 1])


def test_phi_of_patients_with_several_levels():
    event = np.arange(60) < 30
    patient, level = np.concatenate([np.arange(60), np.arange(30)]), np.repeat([0, 1], [60, 30])
    assert telling.phis(level, event, patient) == pytest.approx([0, 1])


def test_few_patients_say_nothing():
    event = np.arange(100) < telling.FEWEST - 1
    assert not telling.tells_event(event, event)
    assert telling.tells_event(np.arange(100) < telling.FEWEST, np.arange(100) < telling.FEWEST)
    assert telling.panel_of(Outcome(np.arange(1.0, 101), event)) is None


def test_certain_c_is_below_the_c_and_direction_does_not_matter():
    panel = telling.panel_of(OUTCOME)
    score = OUTCOME.event + RNG.normal(0, 0.3, len(OUTCOME))
    whole = concordance_index_censored(panel.status.event, panel.status.days, score[panel.rows])[0]
    for sign in (1, -1):
        certain = telling.certain_c(sign * score[panel.rows], panel.status, 0.9)
        assert 0.9 < certain < whole
    assert telling.certain_c(score[panel.rows], panel.status, whole) == 0


def test_levels_are_ordered_by_other_patients():
    """A column of which nearly every value is its own level fits any outcome, and tells none."""
    values = pd.Series([f"id {i // 2}" for i in RNG.permutation(len(OUTCOME))], dtype=object)
    by_time, _ = telling._level_scores(values, OUTCOME)
    assert abs(harrell_c(by_time, OUTCOME, np.ones((1, len(OUTCOME))))[0] - 0.5) < 0.1
    assert telling.most_certain_c(values, OUTCOME, telling.panel_of(OUTCOME), 0.6) == 0


def test_levels_of_numbers_are_tenths_and_missing_is_one():
    values = pd.Series([*range(100), np.nan])
    level = telling.levels_of(values)
    assert level[-1] == 0
    assert np.bincount(level).tolist() == [1, *[10] * 10]


def test_a_large_panel_is_drawn():
    outcome = Outcome(np.arange(1.0, 10001), np.arange(10000) % 4 == 0)
    panel = telling.panel_of(outcome)
    assert panel.outcome.event.sum() == (~panel.outcome.event).sum() == telling.MOST
    assert (outcome.days[panel.rows] == panel.outcome.days).all()


def test_rows_are_hashed_by_value_and_column():
    table = [np.array([1.0, 1.0, 2.0, -0.0]), np.array([2.0, 2.0, 1.0, 0.0]), np.array(["a", "a", "a", None], dtype=object)]
    whole = rows.value_hashes(table).sum(axis=0, dtype=np.uint64)
    assert whole[0] == whole[1]
    assert len({*whole}) == 3
    zero = rows.value_hashes([np.array([0.0, -0.0]), np.array([np.nan, np.nan])]).sum(axis=0, dtype=np.uint64)
    assert zero[0] == zero[1]


def test_vectors_are_hashed_number_by_number():
    values = RNG.normal(size=(50, 30)).astype(np.float32)
    values[7], values[9] = values[3], values[3][::-1]
    for at_once in (7, 2**24):
        found = rows.vector_hashes(values, at_once)
        assert found[7] == found[3]
        assert len({*found}) == 49


@pytest.mark.parametrize("seed", range(5))
def test_coarse_columns_make_rows_alike_by_chance(seed):
    """Four thousand rows of coarse columns, dependent ones among them: many are alike, and none is a copy; then thirty are."""
    rng = np.random.default_rng(seed)
    first = rng.integers(0, 40, 4000)
    table = np.stack([first, first // 4, *rng.integers(0, 12, (4, 4000))]).astype(float)
    hashes = rows.value_hashes(list(table))
    assert rows.pairs_alike(hashes.sum(axis=0, dtype=np.uint64)) > 5
    assert rows.chance_of_alike(hashes) > 0.01
    table[:, :30] = table[:, 30:60]
    assert rows.chance_of_alike(rows.value_hashes(list(table))) < 0.001


def test_one_copy_of_a_fine_row_is_beyond_chance():
    table = RNG.normal(size=(8, 300)).round(1)
    assert rows.chance_of_alike(rows.value_hashes(list(table))) == 1
    table[:, 0] = table[:, 1]
    assert rows.chance_of_alike(rows.value_hashes(list(table))) < 0.01
