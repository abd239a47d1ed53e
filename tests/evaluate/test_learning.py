"""How fast a family learns: by hand."""

import numpy as np
import pandas as pd
import pytest

from workflow_scripts.lib.evaluate.figures.learning import draw_learning
from workflow_scripts.lib.evaluate.learning import learning_curve, mean_curve, speed_of, speed_rows
from workflow_scripts.lib.evaluate.style import svg_text

CURVE = pd.DataFrame({"epochs": [1.0, 2.0, 3.0, 4.0], "c": [0.5, 0.67, 0.69, 0.7]})


def test_a_curve_has_the_validation_patients_c_at_each_look_by_epochs():
    looks = [(6, "valid", 0.4), (6, "train", 0.1), (3, "valid", 0.45)]
    rows = [(step, role, "discordance", value) for step, role, value in looks] + [(3, "valid", "total", 4.0)]
    history = pd.DataFrame(rows, columns=["step", "role", "term", "value"])
    curve = learning_curve(history, patients=300, batch_size=100)
    assert curve["epochs"].tolist() == [1, 2]
    assert curve["c"].tolist() == pytest.approx([0.55, 0.6])
    assert learning_curve(history, patients=50, batch_size=100)["epochs"].tolist() == [3, 6]  # a batch has no patient twice


def test_most_of_c_comes_before_most_of_what_it_gains():
    """.95 of .7 is .665, which two epochs reach; of the .2 above a coin's .5 it is .19, which three do; of another's .1 it is .095."""
    assert speed_of(CURVE, lowest=0.6) == pytest.approx({"peak": 0.7, "reached": 2.0, "gained": 3.0, "level": 2.0})


def test_nothing_is_gained_by_a_model_that_is_no_better_than_a_coin():
    worse = CURVE.assign(c=[0.45, 0.49, 0.47, 0.46])
    assert speed_of(worse, lowest=0.49) == pytest.approx({"peak": 0.49, "reached": 2.0, "gained": np.nan, "level": np.nan}, nan_ok=True)
    curves = {"one": {"r1f1": worse, "r1f2": worse}}
    assert "95 % of it after 2.0 epochs, and no gain" in svg_text(draw_learning(curves, speed_rows(curves)))


def test_the_mean_ends_where_the_first_fold_does():
    found = mean_curve({"r1f1": CURVE, "r1f2": CURVE.iloc[:2].add([0, 0.1])})
    assert found["epochs"].tolist() == [1, 2]
    assert found["c"].tolist() == pytest.approx([0.55, 0.72])


def test_families_are_drawn_with_their_speed_in_words():
    weak = CURVE.assign(c=[0.5, 0.51, 0.52, 0.6])
    curves = {"hybrid": {"r1f1": CURVE, "r1f2": CURVE}, "pixels": {"r1f1": weak, "r1f2": weak}}
    rows = speed_rows(curves)
    assert rows[["family", "fold"]].to_numpy().tolist() == [[name, fold] for name in curves for fold in ("r1f1", "r1f2")]
    assert "hybrid: peak 0.700, 95 % of it after 2.0 epochs, of its gain after 3.0, of the least gain after 2.0" in svg_text(
        draw_learning(curves, rows)
    )
