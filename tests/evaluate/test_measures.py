"""Numbers in prose by what they measure, worked by hand: 80 percent live on for a year and 60 for two; the patient is 71."""

import numpy as np
import pytest

from tests.evaluate.told import CURVE, FIRST, GRID, SECOND, broken, cases, judged, said
from workflow_scripts.lib.evaluate.faithfulness import is_in, judge_fold
from workflow_scripts.lib.survival.outcome import TimeGrid

LINE = "1 year 80, 2 years 60. "
MEASURED = {
    "report": "Report: tumour of 25 mm; marker 3.8 ng/mL; ejection fraction 55 %; histologic grade 3.",
    "patient": " patient; age 71 years.",
    "findings": [],
}


def numbers(text: str, grid: TimeGrid = GRID, survival: list[float] = CURVE) -> set[str]:
    """The numbers of the first patient's ``text``, behind the line, that are not so."""
    one = judge_fold(cases(MEASURED, SECOND), said(LINE + text, survival=survival), grid, 2.0, True)[0]
    return {number for check, number in broken(one) if check == "number"}


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("Chance to be alive at 2 years is 60 percent: a high risk.", set()),
        ("Chance to be alive at 2 years is 80 percent: a high risk.", {"80"}),
        ("Chance to be alive at 1 year is 60%.", {"60"}),
        ("Within 12 months 80 per cent live.", set()),
        ("The 2-year survival is 61.5 %.", set()),
        ("The 2-year survival is 63 %.", {"63"}),
        ("Survival is 80 %. After 2 years many are dead.", set()),  # no horizon in the sentence
        ("Survival is 70 %.", {"70"}),
        ("At 1 year 80 % and at 2 years 60 % are alive.", set()),
        ("At 1 year 60 % and at 2 years 80 % are alive.", {"60", "80"}),
        ("At 1 and 2 years, 80 % and 60 % are alive.", set()),
        ("Alive are 80 % (1 year) and 60 % (24 months); the ejection fraction is 55 %.", set()),
        ("Alive are 80 % for 1 year and 60 % for 2.", set()),
        ("Alive are 60 % for 1 year and 80 % for 2.", {"60", "80"}),
        ("At 2 years 60 %, that is 59.5 %, live.", set()),
        ("Survival at 3 years is 1.2.3 %.", {"1.2.3"}),
    ],
)
def test_a_percentage_lies_on_the_curve_at_the_horizon_that_is_named(text, wrong):
    assert numbers(text) == wrong


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("There is a 40 % risk of death at 2 years.", set()),
        ("There is a 60 % risk of death at 2 years.", {"60"}),
        ("Mortality at 1 year: 20 percent.", set()),
        ("At 2 years 60 % are alive and 40 % are dead.", set()),
        ("At 2 years 40 % are alive and 60 % are dead.", {"40", "60"}),
        ("At 2 years 60 % are free of death.", set()),
        ("At 2 years 40 % are not alive.", set()),
        ("A high risk, 40 % at 2 years.", {"40"}),
        ("The 2-year risk is 40 %.", set()),
    ],
)
def test_of_those_who_die_it_is_the_rest(text, wrong):
    assert numbers(text) == wrong


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("A 71-year-old with a 25-mm tumour, marker 3.8 ng / mL, in other words 3.8 ng/ml.", set()),
        ("Aged 71, at 71 years of age, 71 yrs; tumour 25 millimetres.", set()),
        ("The tumour measures 71 mm.", {"71"}),
        ("The tumour measures 25 cm; marker 3.8 g/dL.", {"25", "3.8"}),
        ("The tumour measures 80 mm.", {"80"}),  # of the line
        ("Ejection fraction 55 %, grade 3 of 3; 3 mm.", set()),  # with which unit 3 was read is not said
        ("Within 12 months, or 730 days, or 2 yrs.", set()),
        ("Within 13 months.", {"13"}),
    ],
)
def test_a_measure_has_the_unit_that_was_read(text, wrong):
    assert numbers(text) == wrong


def test_beyond_the_grid_a_percentage_is_that_of_the_line():
    short = TimeGrid(np.array([0.0, 100, 365, 700]))
    assert numbers("At 2 years 60 %.", short, [0.9, 0.8, 0.7]) == set()
    assert numbers("At 2 years 70 %.", short, [0.9, 0.8, 0.7]) == {"70"}


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("High-risk disease.", set()),
        ("Low-risk disease.", {("level", "Low")}),
        ("The risk is not a high risk.", {("level", "high")}),
        ("This isn't a low-risk disease, there is no medium risk.", set()),
        ("Of notable high risk.", set()),
    ],
)
def test_a_level_may_be_hyphenated_or_denied(text, wrong):
    one = judged(LINE + text)[0]
    assert broken(one) == wrong
    assert [verdict.claim.said for verdict in one.verdicts if verdict.check == "level"]


def test_an_item_does_not_begin_within_a_number():
    assert not is_in("5 cm", "Report: size 2.5 cm.")
    assert not is_in("5 cm", "Report: size 2,5 cm.")
    assert is_in("5 cm", "Report:5 cm.")
    assert is_in("age 71 years", FIRST["patient"])
