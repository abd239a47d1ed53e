"""The design matrix: by hand, on values that training patients never had, and as JSON."""

import json
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest

from tests.world import cohort
from workflow_scripts.lib.survival.design import Design, fit_design

TRAIN = pd.DataFrame(
    {
        "age": [40.0, 50, 60, np.nan],  # mean 50, standard deviation sqrt(200 / 3)
        "same": [1.0, 1, 1, 1],
        "empty": [np.nan] * 4,
        "grade": ["2", "1", "2", None],
        "only": ["x", "x", "x", "x"],
        "void": pd.Series([None] * 4, dtype=object),
        "known": [5.0, np.nan, 5, 5],
    }
)
SD = np.sqrt(200 / 3)


def test_columns_by_hand():
    design = fit_design(TRAIN)
    assert design.columns == ["age", "grade=1", "age missing", "grade missing", "known missing"]
    assert design.transform(TRAIN) == pytest.approx(
        np.array([[-10 / SD, 0, 0, 0, 0], [0, 1, 0, 0, 1], [10 / SD, 0, 0, 0, 0], [0, 0, 1, 1, 0]]),
    )


def test_values_that_no_training_patient_had():
    design = fit_design(TRAIN)
    new = TRAIN.iloc[:2].assign(age=[50 + 2 * SD, np.nan], grade=["9", None], empty=[3.0, 4.0], only="y")
    assert design.transform(new) == pytest.approx(np.array([[2, 0, 0, 0, 0], [0, 0, 1, 1, 1]]))
    assert design.unseen(new) == {"grade": 1}
    assert design.unseen(TRAIN) == {}


def test_ties_between_levels_go_by_name_whatever_the_order_of_rows():
    values = pd.DataFrame({"side": ["b", "a", "c", "b", "a", "c"]})
    for rows in (values, values.iloc[::-1]):
        assert fit_design(rows).levels == {"side": ["a", "b", "c"]}


def test_nothing_that_varies_gives_no_columns():
    assert fit_design(TRAIN[["same", "only", "empty"]]).transform(TRAIN).shape == (4, 0)


def test_survives_json():
    values = cohort().values
    design = fit_design(values)
    back = Design(**json.loads(json.dumps(asdict(design))))
    assert back == design
    assert np.array_equal(back.transform(values), design.transform(values))
    assert not np.isnan(design.transform(values)).any()
