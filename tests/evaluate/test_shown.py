"""What figures show of the answers."""

import numpy as np
import pytest

from tests.evaluate.shown import folds_of, outcome_of, said, shown_of
from tests.evaluate.world import world_in
from workflow_scripts.lib.evaluate.shown import pooled_outcome, read_shown, thirds
from workflow_scripts.lib.evaluate.style import looks, name_of, say_number, time_unit


def test_thirds_are_formed_within_a_fold():
    """The second fold's risks are all above the first's: across folds, its lowest third would be among the highest."""
    first, second = folds_of(outcome_of(12))
    answers = [said(first, [0, 1, 2, 3, 4, 5]), said(second, [105, 104, 103, 102, 101, 100])]
    assert thirds(answers).tolist() == [0, 0, 1, 1, 2, 2, 2, 2, 1, 1, 0, 0]


def test_tied_risks_stay_together():
    (fold,) = folds_of(outcome_of(6), 1)
    assert thirds([said(fold, [7, 7, 7, 7, 7, 7])]).tolist() == [1] * 6
    assert len(set(thirds([said(fold, [0, 0, 0, 0, 0, 9])])[:5])) == 1


def test_who_was_not_answered_is_left_out():
    (fold,) = folds_of(outcome_of(4), 1)
    answers = [said(fold, [2, 1], parsed=np.array([True, False, False, True]))]
    assert pooled_outcome(answers).days.tolist() == fold.outcome.days[[0, 3]].tolist()


def test_last_day_is_that_of_the_shortest_grid():
    assert shown_of({}, outcome_of(6)).last_day == 800


def test_reading_takes_the_first_repeat_and_keeps_families_apart(tmp_path):
    world = world_in(tmp_path)
    noise = np.random.default_rng(2).normal(size=len(world.truth))
    paths = [*world.predict("truth", {"risk": world.truth})[:3], *world.predict("a_b", {"risk": noise})[:3]]
    paths += world.teach({"cox": -world.truth, "average": world.truth})[:3]
    tables = [tmp_path / f"{name}.parquet" for name in ("patients", "folds", "time_grid")]
    shown = read_shown(*tables, paths, [("truth", "risk"), ("a_b", "risk"), ("teacher", "cox")])
    assert list(shown.answers) == ["truth", "a b", "teacher: cox"]
    for name, risk in (("truth", world.truth), ("a b", noise), ("teacher: cox", -world.truth)):
        assert [one.fold.name for one in shown.answers[name]] == ["r1f1", "r1f2", "r1f3"]
        for one in shown.answers[name]:
            assert one.said.log_risk == pytest.approx(risk[one.rows])


def test_colours_follow_the_config_and_teachers_are_black():
    names = ["a", "b", "a", "teacher: cox", "c"]
    found = looks(names)
    assert len({found[name].colour for name in "abc"}) == 3
    assert found["teacher: cox"].colour == "black"
    assert looks(["a", "b", "c"])["c"] == found["c"]
    many = looks([str(number) for number in range(18)])
    assert len(set(many.values())) == 18


def test_follow_up_is_measured_in_the_unit_it_is_spoken_of():
    assert [time_unit(days)[1] for days in (300, 365, 1826)] == ["months", "months", "years"]
    assert 1826 / time_unit(1826)[0] == pytest.approx(5, abs=0.01)


def test_names_and_numbers_in_words():
    assert name_of("cox_distilled", "expectation") == "cox distilled: expectation"
    assert say_number(-0.0001) == "0.000"
    assert say_number(-0.0126, signed=True) == "−0.013"
    assert say_number(0.5, signed=True) == "+0.500"
    assert say_number(float("nan")) == "–"
