"""Worlds of tokens: how many of each kind, what they are copies of, and the hazards and follow-up that they lead to."""

import numpy as np
import pytest
from scipy.stats import binomtest

from workflow_scripts.lib.attention.world import copies, draw_world, follow, kinds_of, lengthened, orthonormal, pattern_world, stacked
from workflow_scripts.lib.config.attention import TokensConfig

CFG = TokensConfig(tokens=9, relevant=3, confusion=2, noise=0.1)
N = 400


@pytest.fixture(scope="module")
def world():
    """Eight patterns, which the axes themselves would be but for a turn."""
    return pattern_world(np.random.default_rng(3), CFG, N, 2.0, 8)


def nearest(tokens, patterns):
    return (tokens @ patterns.T).argmax(axis=-1)


def test_kinds_are_counted():
    assert kinds_of(CFG).tolist() == [0, 0, 0, 1, 1, 2, 2, 2, 2]
    assert kinds_of(TokensConfig(tokens=3, relevant=2, confusion=1)).tolist() == [0, 0, 1]


def test_patterns_are_orthonormal_and_turned():
    patterns = orthonormal(np.random.default_rng(1), 3, 5)
    assert patterns @ patterns.T == pytest.approx(np.eye(3), abs=1e-12)
    assert np.abs(patterns).max() < 0.99


def test_tokens_are_copies_of_what_their_kind_says():
    rng = np.random.default_rng(5)
    patterns = orthonormal(rng, 2, 6)
    background = np.full((N, 4, 6), 7.0)
    made = draw_world(rng, CFG, N, 2.0, patterns, background)
    harmful = made.log_hazard > 0
    assert harmful.sum() == N / 2
    assert (made.log_hazard == np.where(harmful, 2.0, -2.0)).all()
    dominant = np.where(harmful, 0, 1)
    assert (nearest(made.tokens[:, :3], patterns) == dominant[:, None]).all()
    assert (nearest(made.tokens[:, 3:5], patterns) == 1 - dominant[:, None]).all()
    assert (made.tokens[:, 5:] == 7).all()
    off = made.tokens[:, :3] - patterns[dominant][:, None]
    assert np.linalg.norm(off, axis=-1) == pytest.approx(np.full((N, 3), 0.1), abs=1e-6)


def test_every_copy_has_its_own_noise():
    found = copies(np.random.default_rng(1), np.zeros((5, 3)), 0.5)
    assert np.linalg.norm(found, axis=1) == pytest.approx(np.full(5, 0.5))
    assert len(np.unique(found.round(9), axis=0)) == 5


def test_the_background_of_a_pattern_world_has_no_pattern_that_matters():
    """The first two directions are those of the relevant tokens: background tokens are at right angles to them, but for noise."""
    made = pattern_world(np.random.default_rng(3), CFG, N, 2.0, 8)
    means = np.stack([made.tokens[made.log_hazard > 0, :3].mean((0, 1)), made.tokens[made.log_hazard < 0, :3].mean((0, 1))])
    assert np.abs(made.tokens[:, 5:] @ means.T).max() < 0.2
    assert np.linalg.norm(means, axis=1) == pytest.approx([1, 1], abs=0.02)


def test_hazards_order_the_events(world):
    late, early = (np.median(world.days[world.log_hazard == hazard]) for hazard in (-2, 2))
    assert early < late / 10


@pytest.mark.parametrize("censored", [0.1, 0.3, 0.5, 0.8])
@pytest.mark.parametrize("beta", [0.25, 3.0])
def test_censoring_is_as_asked_for(censored, beta):
    log_hazard = np.where(np.arange(20000) % 2, beta, -beta)
    days, event = follow(np.random.default_rng(2), log_hazard, censored)
    assert binomtest(int((~event).sum()), 20000, censored).pvalue > 1e-3
    assert (days > 0).all()


def test_times_are_exponential_with_the_hazard():
    """With hardly any censoring, mean time is one over the hazard."""
    log_hazard = np.where(np.arange(20000) % 2, 1.0, -1.0)
    days, _ = follow(np.random.default_rng(2), log_hazard, 0.001)
    for hazard in (1.0, -1.0):
        assert days[log_hazard == hazard].mean() == pytest.approx(np.exp(-hazard), rel=0.05)


def test_stacking_and_choosing(world):
    both = stacked([world, pattern_world(np.random.default_rng(4), CFG, N, 2.0, 8)])
    assert both.tokens.shape == (2, N, 9, 8)
    few = both.patients(slice(10, 13))
    assert (few.tokens[0] == world.tokens[10:13]).all()
    assert (few.days[0] == world.days[10:13]).all()
    kept = np.broadcast_to([[0, 8], [1, 7], [5, 2]], (2, 3, 2))
    assert (few.keeping(kept).tokens[0, 2] == world.tokens[12][[5, 2]]).all()


def test_concordance_is_of_each_world(world):
    other = pattern_world(np.random.default_rng(4), CFG, N, 2.0, 8)
    both = stacked([world, other])
    assert both.concordance(np.stack([-world.days, other.days])) == pytest.approx([1, 0])


def test_lengthened():
    assert lengthened(np.array([[3.0, 4.0]]), 2.5).tolist() == [[1.5, 2.0]]
