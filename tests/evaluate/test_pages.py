"""The HTML pages: escaped, complete, and honest about what is unknown."""

from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from workflow_scripts.lib.contracts.ingest import Covariate
from workflow_scripts.lib.evaluate.comparing import COMPARED
from workflow_scripts.lib.evaluate.figures.examples import Example, examples_of, spread_over_risk
from workflow_scripts.lib.evaluate.figures.pages import hazards_page, leaderboard_page, p_words, prompts_page, words_of
from workflow_scripts.lib.survival.outcome import TimeGrid

NASTY = '<script>alert("x")</script> & co'
GRID = TimeGrid(np.array([0.0, 100, 400]))


class Reader(HTMLParser):
    """Tags that were opened and not closed, and every text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def cells(text: str) -> list[str]:
    return [found for found in Reader(text).texts if found.strip()]


def test_prompts_are_escaped():
    page = prompts_page(NASTY, NASTY, [Example(NASTY, ["", NASTY], [["answer", NASTY]])])
    found = Reader(page)
    assert not found.open
    assert "script" not in found.tags
    assert sum(NASTY in text for text in found.texts) == 5  # twice in the title, then prompt, header and cell


def test_patients_are_spread_over_risk():
    risk = pd.Series([5.0, 1, 4, 2, 3], index=list("abcde"))
    assert spread_over_risk(risk, 3) == ["b", "e", "a"]
    assert spread_over_risk(risk, 99) == ["b", "d", "e", "c", "a"]
    assert spread_over_risk(risk, 0) == []


@pytest.fixture
def examples() -> list[Example]:
    """Training risks 0 to 100, so that a log-risk is its own percentile; two test patients, one without a readable answer."""
    train = pd.DataFrame({"patient_id": [f"t{i}" for i in range(101)], "role": "train", "teacher_log_risk": np.arange(101.0)})
    test = pd.DataFrame({"patient_id": ["high", "low"], "role": "test", "teacher_log_risk": [80.0, 20.0]})
    prompts = pd.concat([train, test]).assign(copy=0, prompt="age 60", completion=" 55 ")
    answers = [
        ("high", "expectation", 70.0, None),
        ("high", "generated", np.nan, "pi"),
        ("low", "expectation", 25.5, None),
        ("low", "generated", 25.0, "25"),
    ]
    predictions = pd.DataFrame(answers, columns=["patient_id", "output", "log_risk", "text"]).assign(
        survival=[[0.5, 0.25], None, [0.9, 0.8], [0.9, 0.8]]
    )
    predictions["parsed"] = predictions["log_risk"].notna()
    teacher = pd.DataFrame(
        {"patient_id": ["high", "low"], "log_risk": [80.0, 20.0], "survival": [[0.4, 0.2], [0.95, 0.9]], "parsed": True, "text": None}
    )
    return examples_of(prompts, predictions, teacher, GRID, [100, 365, 9999], 2)


def test_examples_say_what_everybody_said(examples):
    low, high = examples
    assert low.header == ["", "teacher", "student: expectation", "student: generated"]
    assert low.rows[:2] == [["answer in words", "55", "–", "25"], ["risk, percentile", "20.0", "25.5", "25.0"]]
    assert low.rows[2] == ["event-free at 100 days", "95 %", "90 %", "90 %"]
    assert high.rows[0][3] == "pi"
    assert [row[3] for row in high.rows[1:]] == ["not read"] * 3


def test_a_horizon_beyond_the_grid_is_not_shown(examples):
    assert [row[0] for row in examples[0].rows[2:]] == ["event-free at 100 days", "event-free at 1 year"]


def board(family: str, shift: float, metrics: tuple[str, ...] = COMPARED) -> pd.DataFrame:
    return pd.DataFrame({
        "cohort": "small", "family": family, "output": "risk", "metric": metrics,
        "mean": 0.5 + shift, "lower": 0.4, "upper": 0.9, "n_patients": 90, "n_events": 40,
    })  # fmt: skip


def comparisons() -> pd.DataFrame:
    return pd.DataFrame({
        "cohort": "small", "family": "a", "reference": "teacher:cox", "metric": COMPARED,
        "difference": -0.0123, "lower": -0.03, "upper": np.nan, "p_value": [0.0004, 0.5, 0.5, 0.5, np.nan],
    })  # fmt: skip


def test_leaderboard_page():
    outputs = [("b", "risk"), ("a", "risk")]
    read = board("a", 0.25, ("parse_rate",)).assign(mean=0.975)
    page = leaderboard_page(pd.concat([board("a", 0.2), board("b", 0.1), read]), comparisons(), outputs)
    assert not Reader(page).open
    found = cells(page)
    assert "small: 90 held-out patients, 40 events" in found
    assert found.index("b: risk") < found.index("a: risk")
    assert page.count('<span class="best">0.700</span>') == 4  # a has every C and the AUC
    assert page.count('<span class="best">0.600</span>') == 1  # and b the lower Brier score
    assert "97.5 %" in found
    row = found[found.index("a − teacher: cox") :]
    assert row[1:] == ["−0.012", "−0.030 to –", "< 0.001", "−0.012", "−0.030 to –", "–"]


def test_an_oracle_is_shown_where_there_is_one_and_beats_nobody():
    outputs = [("a", "risk"), ("oracle", "truth")]
    truth = board("oracle", 0.3).replace({"output": {"risk": "truth"}})
    page = leaderboard_page(pd.concat([board("a", 0.2), truth]), comparisons(), outputs)
    assert "oracle: truth" in cells(page)
    assert page.count('class="best"') == page.count('<span class="best">0.700</span>') == 5  # a is the best model everywhere
    assert "oracle: truth" not in cells(leaderboard_page(board("a", 0.2), comparisons(), outputs))


def test_p_values_are_not_rounded_to_zero():
    assert [p_words(value) for value in (0.0001, 0.04, np.nan)] == ["&lt; 0.001", "0.040", "–"]


def test_hazards_are_counted_over_folds():
    checks = pd.DataFrame(
        {"fold": ["r1f1", "r1f2", "r1f3"] * 2, "column": ["age"] * 3 + ["g=2"] * 3, "p_value": [0.01, 0.02, 0.5, 0.04, 0.5, 0.6]}
    )
    page = hazards_page(checks, "small", {"age": "age at <diagnosis>", "g=2": "grade: II"})
    assert cells(page)[-8:] == ["age at <diagnosis>", "0.020", "0.010", "2 of 3", "grade: II", "0.500", "0.040", "1 of 3"]
    assert '<span class="alarm">2 of 3</span>' in page
    assert page.count("alarm") == 2  # its style and the one


def test_columns_in_words():
    covariates = [Covariate("age", "numeric", "age"), Covariate("g", "categorical", "grade", levels={"2": "II"})]
    found = words_of(["age", "g=2", "g=9", "age missing", "strange"], covariates)
    assert list(found.values()) == ["age", "grade: II", "grade: 9", "age: missing", "strange"]
