"""Augmented covariates come from training patients alone."""

import numpy as np
import pandas as pd
import pytest

from tests.world import cohort, roles
from workflow_scripts.lib.config.prompts import PromptsConfig
from workflow_scripts.lib.contracts.ingest import Covariate
from workflow_scripts.lib.prompts.augment import WIDER, augment

COVARIATES = cohort().covariates
TRAIN = cohort().take(roles().query("role == 'train'")["patient_id"]).values
ROWS = np.arange(4000) % len(TRAIN)
PLAIN = {"swap_probability": 0.0, "jitter": False, "even_probability": 0.0, "missing_probability": 0.0}


def mixed(seed: int = 1, train: pd.DataFrame = TRAIN, **settings: object) -> pd.DataFrame:
    return augment(train, COVARIATES, ROWS, PromptsConfig(**{**PLAIN, **settings}), np.random.default_rng(seed))


def test_with_nothing_switched_on_patients_stay_themselves():
    pd.testing.assert_frame_equal(mixed(), TRAIN.iloc[ROWS].reset_index(drop=True))


def test_swapping_takes_half_of_the_values_from_anyone_covariate_by_covariate():
    own = TRAIN.iloc[ROWS].reset_index(drop=True)
    found = mixed(swap_probability=0.5)
    for name in TRAIN:
        assert set(found[name].dropna()) <= set(TRAIN[name].dropna())
    stays = (found["age"] == own["age"]).mean()  # half stay, and some are swapped with their like
    assert 0.5 < stays < 0.58
    moved = [(found[name] != own[name]) & ~(found[name].isna() & own[name].isna()) for name in ("age", "size")]
    assert (moved[0] & moved[1]).mean() == pytest.approx(moved[0].mean() * moved[1].mean(), abs=0.03)


def test_everything_at_once_keeps_to_categories_and_range_of_training_patients():
    found = mixed(swap_probability=0.5, jitter=True, even_probability=0.3)
    for covariate in COVARIATES:
        drawn, known = found[covariate.name].dropna(), TRAIN[covariate.name].dropna()
        if covariate.kind == "categorical":
            assert set(drawn) == set(known)
        else:
            reach = WIDER * np.ptp(known)
            assert drawn.between(max(known.min() - reach, 0), known.max() + reach).all()
            assert np.array_equal(drawn, drawn.round(covariate.decimals))


def test_jitter_meets_numbers_that_nobody_has_but_only_between_patients():
    found = mixed(jitter=True)["age"]
    assert found.between(TRAIN["age"].min(), TRAIN["age"].max()).all()
    assert len(set(found) - set(TRAIN["age"])) > 5


def test_missing_values_stay_about_as_frequent_under_jitter():
    assert mixed(swap_probability=0.5, jitter=True)["size"].isna().mean() == pytest.approx(TRAIN["size"].isna().mean(), abs=0.02)


def test_what_nobody_lacks_is_missing_now_and_then_each_covariate_by_itself():
    assert TRAIN["age"].notna().all()
    found = mixed(missing_probability=0.2).isna()
    assert found["age"].mean() == pytest.approx(0.2, abs=0.02)
    assert (found["age"] & found["grade"]).mean() == pytest.approx(0.04, abs=0.01)
    kept = mixed(missing_probability=0.2).dropna()
    pd.testing.assert_frame_equal(kept, TRAIN.iloc[ROWS].reset_index(drop=True).loc[kept.index])


def test_the_seed_decides():
    settings = {"swap_probability": 0.5, "jitter": True, "even_probability": 0.2, "missing_probability": 0.1}
    pd.testing.assert_frame_equal(mixed(1, **settings), mixed(1, **settings))
    assert not mixed(1, **settings).equals(mixed(2, **settings))


def test_a_covariate_that_no_training_patient_has_stays_missing():
    empty = TRAIN.assign(size=np.nan, site=None)
    found = mixed(train=empty, swap_probability=0.5, jitter=True, even_probability=0.5)
    assert found[["size", "site"]].isna().all(axis=None)


def test_negative_numbers_may_be_overshot_on_both_sides():
    train = pd.DataFrame({"change": [-4.0, 4.0]})
    cfg = PromptsConfig(**{**PLAIN, "even_probability": 1.0})
    drawn = augment(
        train, (Covariate("change", "numeric", "change", decimals=2),), np.zeros(3000, dtype=int), cfg, np.random.default_rng(1)
    )["change"]
    assert drawn.min() == pytest.approx(-8, abs=0.05)
    assert drawn.max() == pytest.approx(8, abs=0.05)
