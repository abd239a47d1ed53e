"""What fewer patches are worth: by hand, and drawn."""

import numpy as np
import pandas as pd
import pytest

from workflow_scripts.lib.contracts.ingest import Cohort
from workflow_scripts.lib.evaluate.figures.pruning import draw_pruning
from workflow_scripts.lib.evaluate.pruning import score_pruning
from workflow_scripts.lib.evaluate.style import svg_text

RIGHT, HALF = [3.0, 2.0, 1.0], [3.0, 1.0, 2.0]  # of those who die on days 1, 2 and 3: all pairs in order, two of three


def rows(*risks: tuple[str, int, list[float]], patients=("a", "b", "c")) -> pd.DataFrame:
    own = [
        (patient, choice, kept, value, 10.0 * kept)
        for choice, kept, values in risks
        for patient, value in zip(patients, values, strict=True)
    ]
    return pd.DataFrame(own, columns=["patient_id", "choice", "kept", "log_risk", "multiply_adds"]).assign(distinct=2)


@pytest.fixture
def scores() -> pd.DataFrame:
    days = np.array([1.0, 2, 3, 1, 2, 3])
    cohort = Cohort(pd.DataFrame({"days": days, "event": True}, index=pd.Index(list("abcdef"), name="patient_id")), ())
    one = rows(("attention", 4, RIGHT), ("attention", 1, RIGHT), ("random", 4, RIGHT), ("random", 1, HALF))
    other = rows(("attention", 4, RIGHT), ("attention", 1, HALF), ("random", 4, RIGHT), ("random", 1, HALF), patients=("d", "e", "f"))
    return score_pruning({"r1f1": one, "r1f2": other, "r1f3": one.iloc[:0]}, cohort, resamples=50, seed=1)


def test_c_is_the_mean_over_folds_and_differs_from_that_of_all_patches(scores):
    found = scores.set_index(["choice", "kept"])
    assert found["c"].to_dict() == pytest.approx(
        {("attention", 4): 1, ("attention", 1): (1 + 2 / 3) / 2, ("random", 4): 1, ("random", 1): 2 / 3}
    )
    assert found["difference"].to_dict() == pytest.approx((found["c"] - 1).to_dict())
    assert found.loc[("random", 4), "difference_lower"] == found.loc[("random", 4), "difference_upper"] == 0
    assert found["multiply_adds"].tolist() == [10, 40, 10, 40]


def test_both_choices_are_drawn(scores):
    words = svg_text(draw_pruning(scores))
    assert "each view's own, by attention" in words
    assert "million multiply-adds per patient" in words
