"""A language model as the speaker: by hand."""

import numpy as np
import pandas as pd
import pytest

from workflow_scripts.lib.config.cases import CasesConfig
from workflow_scripts.lib.prompts.prognosis import load_case_template
from workflow_scripts.lib.prompts.speaking import let_speak
from workflow_scripts.lib.survival.outcome import TimeGrid

TEMPLATE = load_case_template(CasesConfig().template)
GRID = TimeGrid(np.array([0.0, 50, 100, 200]))
CASES = pd.DataFrame(
    {
        "patient_id": ["a", "a", "b", "c"],
        "copy": [0, 1, 0, 0],
        "numbers": [np.array([50.0, 40.0])] * 4,
        "completion": ["old"] * 4,
        "teacher_survival": [[0.5, 0.4, 0.3]] * 4,
    }
)
ANSWERS = pd.DataFrame(
    {
        "patient_id": ["c", "b", "a"],
        "horizon_days": [[100.0, 200.0]] * 3,
        "probability": [[1.0, 0.996], None, [0.5, 0.25]],
        "rationale": ["Young.", None, "Old."],
    }
)


@pytest.mark.parametrize("family", ["weibull", "exponential"])
def test_who_is_answered_for_has_the_models_curve_line_and_words(family):
    """Half are left after 100 days and a quarter after 200: .5^(t/100); b has no answer, and the copy was not asked about."""
    said = let_speak(CASES, ANSWERS, TEMPLATE, GRID, family)
    assert list(said["speaker"]) == ["language", "embedded", "embedded", "language"]
    assert list(said["completion"]) == ["100 days 50, 200 days 25. Old.", "old", "old", "100 days 99, 200 days 99. Young."]
    np.testing.assert_allclose(said["teacher_survival"][0], 0.5 ** np.array([0.5, 1, 2]), atol=1e-6)
    assert list(said["numbers"][3]) == [99.0, 99.0]
    assert min(said["teacher_survival"][3]) > 0.98
    for name in ("numbers", "teacher_survival"):
        assert said[name][1:3].map(list).tolist() == CASES[name][1:3].map(list).tolist()
    assert list(CASES["completion"]) == ["old"] * 4


def test_the_curve_is_that_of_the_config():
    """Probabilities that fall ever faster are not those of an exponential."""
    answers = ANSWERS.assign(probability=[[0.9, 0.1], None, [0.9, 0.1]])
    weibull, exponential = (
        let_speak(CASES, answers, TEMPLATE, GRID, family)["teacher_survival"][0] for family in ("weibull", "exponential")
    )
    np.testing.assert_allclose(weibull[1:], [0.9, 0.1], atol=0.01)
    assert exponential[1] < 0.8


@pytest.mark.parametrize("answers", [None, ANSWERS[ANSWERS["patient_id"] == "b"], ANSWERS.iloc[:0]])
def test_without_an_answer_nothing_changes_but_the_column(answers):
    said = let_speak(CASES, answers, TEMPLATE, GRID, "weibull")
    assert (said.pop("speaker") == "embedded").all()
    pd.testing.assert_frame_equal(said, CASES)
