"""What is written of a patient: by hand, and templates that are none."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from workflow_scripts.lib.config.cases import CasesConfig
from workflow_scripts.lib.errors import ConfigError
from workflow_scripts.lib.prompts.prognosis import Narrator, load_case_template
from workflow_scripts.lib.survival.scale import RiskScale

SHIPPED = CasesConfig().template


def test_the_line_ends_where_the_prose_begins():
    assert load_case_template(SHIPPED).pieces([365, 1096]) == ["1 year ", ", 3 years ", ". "]


def test_prose_by_hand():
    """The strongest first on each side; what is not said, or adds less than is named, is left out."""
    narrator = Narrator(load_case_template(SHIPPED), CasesConfig(most_reasons=1, least_reason=0.1), RiskScale(np.linspace(0, 1, 101)))
    reasons = pd.DataFrame({"age": [0.2, 0.05], "grade": [0.9, 0.0], "genes": [-0.3, 0.0]})
    words = pd.DataFrame({"age": ["age 80 years", "age 60 years"], "grade": ["grade 3", None], "genes": ["gene expression", None]})
    assert narrator.prose(np.array([0.95, 0.1]), reasons, words) == [
        ". High risk. Worse: grade 3. Better: gene expression.",
        ". Low risk. Worse: nothing. Better: nothing.",
    ]


@pytest.mark.parametrize(("text", "words"), [(None, "there is no"), ("id: [", "not valid YAML"), ("id: mine", "Field required")])
def test_what_is_no_template_is_said(tmp_path, text, words):
    path = tmp_path / "mine.yaml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=words):
        load_case_template(path)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("question", " Free of {endpont}:", r"question: unknown placeholder \{endpont\}; did you mean 'endpoint'"),
        ("covariate", "{label}", "covariate: String should match"),
        ("horizon", "{tme} {number}", r"horizon: unknown placeholder \{tme\}"),
        ("prose", ". {level} risk. {why} Worse: {worse}. Better: {better}.", "prose: String should match"),
        ("prose", ". {level} risk. Worse: {worse}. Better: {better}", "prose: String should match"),  # nothing would end the list
        ("prose", ". {level} {worse}. Better: {better}.", "prose: String should match"),
    ],
)
def test_a_template_that_would_not_hold_is_refused_before_anything_runs(tmp_path, name, text, words):
    found = yaml.safe_load(Path(SHIPPED).read_text(encoding="utf-8")) | {name: text}
    (tmp_path / "template.yaml").write_text(yaml.safe_dump(found), encoding="utf-8")
    with pytest.raises(ConfigError, match=words):
        load_case_template(tmp_path / "template.yaml")
