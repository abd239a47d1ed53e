"""Patients and times in words, letter by letter."""

import numpy as np
import pandas as pd
import pytest

from workflow_scripts.lib.contracts.ingest import Covariate
from workflow_scripts.lib.prompts.template import load_template
from workflow_scripts.lib.prompts.wording import say_covariate, say_days, say_patients

CLINICAL = load_template("resources/prompts/clinical.yaml")
NODES = Covariate("nodes", "numeric", "positive nodes")
BMI = Covariate("bmi", "numeric", "bmi", "kg/m2", 1)
SEX = Covariate("sex", "categorical", "sex", levels={"1": "male", "2": "female"})
VALUES = pd.DataFrame({"nodes": [3.0, np.nan, 12.0], "bmi": [24.96, 31.0, np.nan], "sex": ["2", None, "7"]}, index=["a", "b", "c"])
ALL = (NODES, BMI, SEX)


@pytest.mark.parametrize(
    ("value", "covariate", "said"),
    [
        (3.0, NODES, "positive nodes 3"),
        (2.5, BMI, "bmi 2.5 kg/m2"),
        (24.96, BMI, "bmi 25.0 kg/m2"),
        (1234567.25, BMI, "bmi 1,234,567.2 kg/m2"),
        (2380.0, NODES, "positive nodes 2,380"),
        (-0.3, NODES, "positive nodes 0"),
        (-12.0, NODES, "positive nodes -12"),
        (np.nan, BMI, "bmi not recorded"),
        ("2", SEX, "sex female"),
        ("7", SEX, "sex 7"),
        (None, SEX, "sex not recorded"),
        ("{label}", SEX, "sex {label}"),
    ],
)
def test_a_covariate(value, covariate, said):
    assert say_covariate(pd.Series([value]), covariate, CLINICAL).tolist() == [said]


def test_each_patient_gets_their_own_words():
    assert say_patients(VALUES, ALL, CLINICAL, None) == [
        "positive nodes 3, bmi 25.0 kg/m2, sex female",
        "positive nodes not recorded, bmi 31.0 kg/m2, sex not recorded",
        "positive nodes 12, bmi not recorded, sex 7",
    ]


def test_shuffled_lines_say_the_same_in_an_order_that_the_seed_fixes():
    many = pd.concat([VALUES] * 20)
    fixed = say_patients(many, ALL, CLINICAL, None)
    shuffled, again, other = (say_patients(many, ALL, CLINICAL, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert shuffled == again != other
    assert [sorted(line.split(", ")) for line in shuffled] == [sorted(line.split(", ")) for line in fixed]
    assert len({tuple(part.split()[0] for part in line.split(", ")) for line in shuffled}) == 6


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (365, "1 year"),
        (366, "1 year"),
        (1096, "3 years"),
        (1826, "5 years"),
        (182, "6 months"),
        (243, "8 months"),
        (30, "1 month"),
        (7, "1 week"),
        (84, "12 weeks"),
        (8, "8 days"),
        (1, "1 day"),
        (100, "100 days"),
        (400, "400 days"),
    ],
)
def test_days(days, said):
    assert say_days(days) == said
