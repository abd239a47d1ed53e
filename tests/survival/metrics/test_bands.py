"""Intervals around Kaplan-Meier, worked by hand and against scikit-survival."""

import numpy as np
import pytest
from sksurv.datasets import load_gbsg2, load_whas500
from sksurv.nonparametric import kaplan_meier_estimator

from workflow_scripts.lib.survival.metrics.bands import kaplan_meier_band
from workflow_scripts.lib.survival.outcome import Outcome


@pytest.mark.parametrize("load", [load_gbsg2, load_whas500])
def test_agrees_with_scikit_survival(load):
    _, y = load()
    event, days = (y[name] for name in y.dtype.names)
    when, curve, (lower, upper) = kaplan_meier_estimator(event, days, conf_type="log-log")
    ours = kaplan_meier_band(Outcome(days, event), when)
    inside = (curve > 0) & (curve < 1)
    for mine, theirs in zip(ours, (curve, lower, upper), strict=True):
        assert mine[inside] == pytest.approx(theirs[inside], abs=1e-10)


def test_by_hand():
    """Four patients, events on days 1 and 3: S = 3/4 and 3/8, Greenwood's sums 1/12 and 1/12 + 1/2."""
    outcome = Outcome(np.array([1.0, 2, 3, 4]), np.array([True, False, True, False]))
    curve, lower, upper = kaplan_meier_band(outcome, np.array([0.5, 1, 3]))
    assert curve.tolist() == pytest.approx([1, 3 / 4, 3 / 8])
    for place, total in ((1, 1 / 12), (2, 1 / 12 + 1 / 2)):
        width = 1.959963984540054 * np.sqrt(total) / abs(np.log(curve[place]))
        assert [lower[place], upper[place]] == pytest.approx([curve[place] ** np.exp(width), curve[place] ** np.exp(-width)])
    assert (lower[0], upper[0]) == (1, 1)


def test_nobody_left_and_nobody_lost():
    outcome = Outcome(np.array([1.0, 2]), np.array([True, True]))
    assert [part[-1] for part in kaplan_meier_band(outcome, np.array([1.0, 2]))] == [0, 0, 0]
    outcome = Outcome(np.array([1.0, 2]), np.array([False, False]))
    assert [part.tolist() for part in kaplan_meier_band(outcome, np.array([1.0, 2]))] == [[1, 1]] * 3
