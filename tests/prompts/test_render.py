"""Prompts with their completions."""

import numpy as np
import pandas as pd
import pytest

from tests.world import GRID, WORDS, cohort, roles
from workflow_scripts.lib.config.prompts import PromptsConfig
from workflow_scripts.lib.prompts.render import Renderer, augmented_prompts, complete, own_prompts
from workflow_scripts.lib.prompts.template import load_template
from workflow_scripts.lib.survival.estimators import Prognosis
from workflow_scripts.lib.survival.scale import RiskScale

SCALE = RiskScale(np.arange(101) / 10)  # quantile j is j / 10
TWO = cohort().take(["p001", "p010"])
SAID = Prognosis(np.array([0.33, 7.0]), np.array([[0.99, 0.95, 0.9, 0.5, 0.104], [1.0, 1.0, 1.0, 0.999, 0.0]]))


def renderer(target: str = "percentile", **settings: object) -> Renderer:
    cfg = PromptsConfig(target=target, augmented=250, **settings)
    return Renderer(load_template(cfg.template), cfg, **WORDS, scale=SCALE, grid=GRID)


def own(target: str) -> pd.DataFrame:
    return own_prompts(renderer(target), TWO, SAID, np.random.default_rng(1))


def test_percentile_by_hand():
    rows = own("percentile")
    first, second = TWO.values.itertuples()
    said = [f"tumour size {first.size} mm, grade {'I' * int(first.grade)}", f"tumour size not recorded, grade {'I' * int(second.grade)}"]
    assert list(rows["prompt"]) == [
        f"patient; age {patient.age:.0f} years, {words}, site {patient.site}. Risk percentile: "
        for patient, words in zip((first, second), said, strict=True)
    ]
    assert list(rows["completion"]) == ["03", "70"]
    assert [list(numbers) for numbers in rows["numbers"]] == [[3], [70]]
    assert list(rows["pieces"]) == [["", ""]] * 2
    assert list(rows["teacher_log_risk"]) == [0.33, 7.0]
    assert list(rows["patient_id"]) == ["p001", "p010"]
    assert set(rows["copy"]) == {0}


def test_horizons_by_hand():
    """Days 365 and 731 of edges 200, 400, 700, 1000: .95 - .05 * 165 / 200 = .90875, and .5 - .396 * 31 / 300 = .459."""
    rows = own("horizons")
    assert rows["prompt"].str.endswith("Percent free of death at: ").all()
    assert list(rows["completion"]) == ["1 year 91, 2 years 46", "1 year 99, 2 years 90"]
    assert list(rows["pieces"]) == [["1 year ", ", 2 years ", ""]] * 2


def test_a_completion_is_its_numbers_between_its_pieces():
    assert complete(["a ", ", b ", "."], [7, 42]) == "a 07, b 42."
    for target in ("percentile", "horizons"):
        for _, row in own(target).iterrows():
            assert complete(row["pieces"], row["numbers"]) == row["completion"]


def test_augmented_prompts_are_labelled_by_who_speaks():
    """The speaker here says the age, 0 where it is missing; the number must be the age that stands in the prompt."""
    train = cohort().take(roles().query("role == 'train'")["patient_id"])

    def speak(values: pd.DataFrame) -> Prognosis:
        return Prognosis(values["age"].fillna(0).to_numpy() / 10, np.ones((len(values), len(GRID))))

    rows = augmented_prompts(renderer(), train, speak, np.random.default_rng(1))
    assert len(rows) == 250
    age = rows["prompt"].str.extract(r"age (\d+) years")[0].astype(float).fillna(0)
    assert np.array_equal(rows["numbers"].str[0], np.minimum(age, 99))
    assert not rows.duplicated(["patient_id", "copy"]).any()
    assert list(rows["patient_id"][:80]) == list(train.rows.index)
    assert list(rows["copy"].unique()) == [1, 2, 3, 4]


def test_shuffling_changes_the_order_and_nothing_else():
    fixed, shuffled = (
        own_prompts(renderer(order=order), cohort(), Prognosis(np.zeros(120), np.ones((120, 5))), np.random.default_rng(1))
        for order in ("fixed", "shuffled")
    )
    assert fixed["completion"].equals(shuffled["completion"])
    assert (fixed["prompt"] != shuffled["prompt"]).mean() > 0.8
    assert [sorted(text) for text in fixed["prompt"]] == [sorted(text) for text in shuffled["prompt"]]


@pytest.mark.parametrize("target", ["percentile", "horizons"])
def test_no_augmented_prompts_are_an_empty_table_of_the_same_columns(target):
    none = renderer(target).cfg.model_copy(update={"augmented": 0})
    quiet = Renderer(load_template(none.template), none, **WORDS, scale=SCALE, grid=GRID)
    rows = augmented_prompts(
        quiet, cohort(), lambda values: Prognosis(np.zeros(len(values)), np.ones((len(values), 5))), np.random.default_rng(1)
    )
    assert len(rows) == 0
    assert set(rows.columns) == set(own(target).columns)
