"""Folds: everybody once, balanced, seeded, and refused where a part would have no event."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.survival.outcome import Outcome
from workflow_scripts.lib.survival.splitting import balanced_order, deal_sites, draw_valid, repeated_folds, time_bin

SETTINGS = {"folds": 5, "repeats": 2, "valid_fraction": 0.2, "time_bins": 4, "seed": 1}


def cohort(n=200, events=80, seed=0):
    rng = np.random.default_rng(seed)
    return Outcome(rng.integers(1, 1000, n), rng.permutation(np.arange(n) < events))


def test_everybody_is_tested_once_per_repeat():
    roles = repeated_folds(cohort(), **SETTINGS)
    assert list(roles) == [f"r{repeat}f{fold}" for repeat in (1, 2) for fold in (1, 2, 3, 4, 5)]
    for repeat in ("r1", "r2"):
        tested = sum((role == "test").astype(int) for label, role in roles.items() if label.startswith(repeat))
        assert (tested == 1).all()


@given(st.integers(40, 120), st.floats(0.3, 0.7), st.integers(2, 4), st.integers(1, 6), st.integers(0, 1000))
def test_parts_are_balanced(n, share, folds, time_bins, seed):
    outcome = cohort(n, int(n * share), seed)
    roles = repeated_folds(outcome, folds=folds, repeats=1, valid_fraction=0.25, time_bins=time_bins, seed=seed)
    for role in roles.values():
        test, valid, training = role == "test", role == "valid", role != "test"
        assert abs(test.sum() - n / folds) < 1
        assert abs(outcome.event[test].sum() - outcome.event.sum() / folds) < 1
        assert abs(valid.sum() - training.sum() / 4) <= 1
        assert abs(outcome.event[valid].sum() - outcome.event[training].sum() / 4) <= 1


def test_long_and_short_follow_up_are_in_every_test_part():
    days = np.arange(1, 101)
    roles = repeated_folds(Outcome(days, days % 2 == 0), folds=5, repeats=1, valid_fraction=0.2, time_bins=5, seed=3)
    for role in roles.values():
        for group in (days % 2 == 0, days % 2 == 1):
            tested = days[(role == "test") & group]
            assert [int(((tested > low) & (tested <= low + 20)).sum()) for low in range(0, 100, 20)] == [2] * 5


def test_balanced_order_by_hand():
    outcome = Outcome(np.array([5, 1, 9, 2, 8, 7]), np.array([True, True, False, False, True, True]))
    order = balanced_order(outcome, time_bins=2, seed=0).tolist()
    assert ({*order[:2]}, {*order[2:4]}, order[4:]) == ({1, 0}, {5, 4}, [3, 2])


def test_seed_and_repeat_have_their_own_streams():
    first, again = (repeated_folds(cohort(), **SETTINGS) for _ in range(2))
    assert all((first[label] == again[label]).all() for label in first)
    more = repeated_folds(cohort(), **{**SETTINGS, "repeats": 3})
    assert all((first[label] == more[label]).all() for label in first)
    assert (first["r1f1"] != first["r2f1"]).any()
    other = repeated_folds(cohort(), **{**SETTINGS, "seed": 2})
    assert (first["r1f1"] != other["r1f1"]).any()


def test_validation_never_looks_at_test_outcomes():
    outcome, test = cohort(), np.arange(200) % 4 == 0
    changed = Outcome(np.where(test, 1001 - outcome.days, outcome.days), outcome.event ^ test)
    before, after = (draw_valid(each, test, 0.2, 4, seed=1) for each in (outcome, changed))
    assert before.tolist() == after.tolist()


def test_parts_without_event_are_named():
    settings = {"repeats": 1, "time_bins": 1, "seed": 1}
    with pytest.raises(StageRefusal) as refusal:
        repeated_folds(cohort(60, 3), folds=5, valid_fraction=0.2, **settings)
    assert str(refusal.value) == (
        "no event in r1f1 valid, r1f2 valid, r1f3 valid, r1f4 test, r1f5 test: 3 events among 60 patients are too few "
        "for 5 folds with 0.2 kept for validation; lower splits.folds or raise splits.valid_fraction"
    )
    with pytest.raises(StageRefusal, match=r"^no event in r1f1 train, r1f1 valid, r1f2 valid, r1f2 test: 1 events among 4 patients"):
        repeated_folds(Outcome(np.arange(1, 5), np.arange(4) == 0), folds=2, valid_fraction=0.3, **settings)


def test_a_single_fold_is_for_a_published_split():
    with pytest.raises(StageRefusal, match=r"splits\.folds: found 1, expected at least 2: only a published split"):
        repeated_folds(cohort(), **{**SETTINGS, "folds": 1})


def sites_of(n, many, seed=0):
    """A hospital for each of n patients, some much larger than others."""
    rng = np.random.default_rng(seed)
    size = np.exp(rng.normal(0, 0.7, many))
    return np.unique(rng.choice(many, n, p=size / size.sum()), return_inverse=True)[1]


@given(st.integers(200, 400), st.integers(12, 60), st.integers(2, 5), st.integers(0, 1000))
def test_sites_are_whole_and_everybody_is_tested_once(n, many, folds, seed):
    site = sites_of(n, many, seed)
    roles = repeated_folds(cohort(n, n // 2, seed), folds=folds, repeats=1, valid_fraction=0.2, time_bins=2, seed=seed, site=site)
    assert (sum((role == "test").astype(int) for role in roles.values()) == 1).all()
    for role in roles.values():
        assert all(len({*role[site == one]}) == 1 for one in np.unique(site))
        assert {*role} == {"train", "valid", "test"}


def test_parts_of_many_sites_are_balanced():
    """As good as cards dealt one by one, to within the size of a small site."""
    outcome, site = cohort(3000, 1200), sites_of(3000, 100)
    shares = np.array([0.5, 0.3, 0.2])
    part = deal_sites(outcome, site, shares, time_bins=4, seed=1)
    for group in (outcome.event, ~outcome.event, time_bin(outcome, 4) == 0, time_bin(outcome, 4) == 3):
        assert np.bincount(part[group], minlength=3) / group.sum() == pytest.approx(shares, abs=0.03)


def test_sites_of_long_and_of_short_follow_up_are_in_every_part():
    """Twenty sites of ten patients each, all alike but that in half of them follow-up is long."""
    site = np.arange(200) // 10
    outcome = Outcome(np.where(site % 2 == 0, 10, 1000) + np.arange(200) % 10, np.arange(200) % 2 == 0)
    part = deal_sites(outcome, site, np.full(5, 0.2), time_bins=2, seed=1)
    assert [int((outcome.days[part == one] > 500).sum()) for one in range(5)] == [20] * 5


def test_no_part_stays_empty_where_sites_are_few():
    outcome = cohort(100, 50)
    part = deal_sites(outcome, np.arange(100) % 2, np.array([0.9, 0.1]), time_bins=1, seed=1)
    assert {*part} == {0, 1}


def test_repeats_deal_sites_anew():
    roles = repeated_folds(cohort(), **SETTINGS, site=sites_of(200, 40))
    assert any((roles[f"r1f{fold}"] == "test").tolist() != (roles[f"r2f{fold}"] == "test").tolist() for fold in range(1, 6))


def test_too_few_sites():
    with pytest.raises(StageRefusal, match=r"splits\.grouped_by_site: 4 sites, expected at least 5 for 5 folds"):
        repeated_folds(cohort(), **SETTINGS, site=np.arange(200) % 4)
    with pytest.raises(StageRefusal, match=r"2 sites, expected at least 3 for 2 folds that test, train and validate on different sites"):
        repeated_folds(cohort(), **{**SETTINGS, "folds": 2}, site=np.arange(200) % 2)


def test_a_site_without_events_that_is_tested_alone_is_named():
    outcome = Outcome(np.arange(1, 61), np.arange(60) < 40)
    with pytest.raises(StageRefusal, match=r"no event in .*r1f\d test.*: 40 events among 60 patients of 3 sites are too few for 3 folds"):
        repeated_folds(outcome, **{**SETTINGS, "folds": 3, "repeats": 1}, site=np.arange(60) // 20)
