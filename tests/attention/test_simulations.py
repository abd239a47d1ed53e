"""What the simulations count: masses, gains, thresholds, curves, arms; by hand and against scikit-learn."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score, roc_curve

from workflow_scripts.lib.attention import pruning
from workflow_scripts.lib.attention.dynamics import masses, mini_batches, pattern_worlds, seeds_of, simulate_dynamics
from workflow_scripts.lib.attention.pruning import pruning_world, simulate_pruning, top, true_mask
from workflow_scripts.lib.attention.recovery import Gains, area, gain, recovered, sensitivity_at, simulate_recovery
from workflow_scripts.lib.attention.summary import BACKGROUND_WORDS
from workflow_scripts.lib.config.attention import AttentionConfig, DynamicsConfig, PruningConfig, RecoveryConfig, TokensConfig

SMALL = AttentionConfig(
    seeds=2,
    patients=40,
    tokens=TokensConfig(tokens=6, relevant=2, confusion=1),
    dynamics=DynamicsConfig(patterns=5, iterations=10, every=5, batch_size=8),
    recovery=RecoveryConfig(iterations=10),
    pruning=PruningConfig(width=8, validation=30, test=50, keep=3, horizons=[4, 6], iterations=8, every=2),
)
GAINS = Gains(np.array([0.3, 0.1, -0.2, 0.5]), np.array([0.2, 0.1, -0.1, -0.3, 0.0]))
PATCHES = np.random.default_rng(3).standard_normal((200, 8))


def test_masses_are_summed_over_tokens_and_averaged_over_patients():
    received = np.array([[[0.1, 0.2, 0.3, 0.2, 0.1, 0.1], [0.3, 0.2, 0.1, 0.2, 0.1, 0.1]]])
    found = masses(received, SMALL.tokens)
    assert {kind: values.tolist() for kind, values in found.items()} == {
        "relevant": [pytest.approx(0.4)],
        "confusion": [pytest.approx(0.2)],
        "irrelevant": [pytest.approx(0.4)],
    }


def test_dynamics_begin_alike_and_sum_to_one():
    rows = simulate_dynamics(SMALL, 1)
    assert rows.groupby(["seed", "batch", "iteration"])["mass"].sum().to_numpy() == pytest.approx(np.ones(2 * 2 * 3), abs=1e-5)
    first = rows[rows["iteration"] == 0].pivot(index=["seed", "kind"], columns="batch", values="mass")
    assert (first["full"] == first["mini"]).all()
    assert sorted(rows["iteration"].unique()) == [0, 5, 10]


def test_attention_on_relevant_tokens_rises_and_all_patients_at_once_lead():
    cfg = AttentionConfig(seeds=3, dynamics=DynamicsConfig(iterations=80, every=80))
    mass = simulate_dynamics(cfg, 3).pivot(index="seed", columns=["kind", "batch", "iteration"], values="mass")
    for batch in ("full", "mini"):
        assert (mass["relevant", batch, 80] > mass["relevant", batch, 0] + 0.03).all()
    assert (mass["relevant", "full", 80] > mass["relevant", "mini", 80]).all()


def test_another_beta_moves_hazards_only():
    strong, weak = (pattern_worlds(SMALL, beta, 1) for beta in (3.0, 0.25))
    assert (strong.tokens == weak.tokens).all()
    assert (strong.log_hazard == 12 * weak.log_hazard).all()


def test_more_seeds_leave_the_first_as_they_were():
    more = SMALL.model_copy(update={"seeds": 3})
    assert seeds_of(more, 1, "world")[:2] == seeds_of(SMALL, 1, "world")
    assert len({*seeds_of(more, 1, "world"), *seeds_of(more, 1, "model"), *seeds_of(more, 2, "world")}) == 9


def test_batches_are_without_repeats_and_differ():
    found = mini_batches(SMALL, 1)
    assert found.shape == (2, 10, 8)
    assert all(len(set(batch)) == 8 for batch in found.reshape(-1, 8).tolist())
    assert len({tuple(sorted(batch)) for batch in found.reshape(-1, 8).tolist()}) == 20


def test_gain_is_in_units_of_an_even_share():
    assert gain(np.array([0.25, 0.25, 0.25, 0.25]), np.array([0.5, 0.25, 0.125, 0.125])).tolist() == [1, 0, -0.5, -0.5]


@pytest.mark.parametrize(("threshold", "sensitivity", "specificity"), [(0.0, 3 / 4, 3 / 5), (0.1, 2 / 4, 4 / 5), (0.4, 1 / 4, 1.0)])
def test_sensitivity_and_specificity_by_hand(threshold, sensitivity, specificity):
    assert recovered(GAINS, threshold) == {"sensitivity": sensitivity, "specificity": specificity}


def test_curve_by_hand():
    """Of five others none may be called relevant: a gain must be above .2. One may (.2): above .1; two: above 0; four: above -.3."""
    assert sensitivity_at(GAINS, np.array([0, 0.19, 0.2, 0.4, 0.6, 0.8])).tolist() == [0.5, 0.5, 0.5, 0.75, 0.75, 1]


def test_curve_and_area_are_those_of_scikit_learn():
    rng = np.random.default_rng(1)
    gains = Gains(rng.normal(0.5, 1, 80).round(1), rng.normal(0, 1, 120).round(1))
    truth, score = np.repeat([True, False], [80, 120]), np.concatenate(gains)
    assert area(gains) == pytest.approx(roc_auc_score(truth, score))
    fpr, tpr, _ = roc_curve(truth, score, drop_intermediate=False)
    best = pd.Series(tpr).groupby(fpr).max()
    assert sensitivity_at(gains, best.index.to_numpy()) == pytest.approx(best.to_numpy())


def test_recovery_has_every_threshold_and_a_rising_curve():
    rows, curves = simulate_recovery(SMALL, 1)
    assert rows.groupby("signal")["threshold"].unique().map(list).to_dict() == {"strong": [0, 0.2, 0.5], "weak": [0, 0.005, 0.01]}
    for _, one in curves.groupby(["seed", "signal"]):
        assert (np.diff(one["sensitivity"]) >= 0).all()
        assert one["sensitivity"].iloc[-1] == 1
    area_below = curves.groupby(["seed", "signal"])["sensitivity"].mean().to_numpy()
    assert rows.groupby(["seed", "signal"])["auc"].first().to_numpy() == pytest.approx(area_below, abs=0.02)


def test_top_keeps_what_gained_most():
    gains = np.array([[0.1, 0.5, -0.1, 0.3], [0.0, 0.0, 0.0, 0.1]])
    assert top(gains, 2).tolist() == [[1, 3], [3, 0]]


def test_true_mask_keeps_exactly_the_relevant_tokens():
    world = pruning_world(np.random.default_rng(1), SMALL, "noise", PATCHES)
    assert true_mask(SMALL, (1, 3)).tolist() == [[[0, 1]] * 3]
    assert (world.keeping(true_mask(SMALL, (1, 120))[0]).tokens == world.tokens[:, :2]).all()


@pytest.mark.parametrize("background", BACKGROUND_WORDS)
def test_pruning_worlds(background):
    world = pruning_world(np.random.default_rng(1), SMALL, background, PATCHES)
    assert world.tokens.shape == (120, 6, 8)
    others = world.tokens[:, 3:]
    assert np.linalg.norm(others, axis=-1) == pytest.approx(np.full((120, 3), 2.5), abs=1e-5)
    lengths = 2.5 * PATCHES / np.linalg.norm(PATCHES, axis=1, keepdims=True)
    is_patch = np.abs(others.reshape(-1, 1, 8) - lengths).max(axis=-1).min(axis=-1) < 1e-5
    assert is_patch.all() if background == "patches" else not is_patch.any()
    first = world.tokens[world.log_hazard > 0, 0].mean(axis=0)
    found = (lengths @ first / 2.5).max() > 0.98
    assert found == (background != "noise")


def test_patterns_are_no_part_of_a_background_of_patches():
    """Of three patches two are patterns: the background is the third."""
    world = pruning_world(np.random.default_rng(1), SMALL, "patches", PATCHES[:3])
    assert len(np.unique(world.tokens[:, 3:].reshape(-1, 8).round(4), axis=0)) == 1


def test_every_arm_is_scored_at_the_horizon_and_when_stopped():
    rows = simulate_pruning(SMALL, "patches", PATCHES, 1)
    assert len(rows) == 2 * 4 * 2
    assert set(rows[rows["stop"] == "horizon"]["iteration"]) == {4}
    assert set(rows[rows["stop"] == "validation"]["iteration"]) <= {0, 2, 4, 6, 8}
    kept = rows.groupby("arm")["relevant_kept"].mean()
    assert kept["all"] == kept["mask"] == 1
    assert kept["random"] == pytest.approx(0.5, abs=0.08)  # 3 of 6 tokens
    pd.testing.assert_frame_equal(rows, simulate_pruning(SMALL, "patches", PATCHES, 1))


def test_test_patients_decide_nothing(monkeypatch):
    """Other outcomes of test patients move test C and neither the step nor the tokens that are kept."""
    drawn = pruning.pruning_world

    def swapped(rng, cfg, background, patches):
        world = drawn(rng, cfg, background, patches)
        last = cfg.patients + cfg.pruning.validation
        world.days[last:] = world.days[last:][::-1].copy()
        return world

    before = simulate_pruning(SMALL, "noise", PATCHES, 1)
    monkeypatch.setattr(pruning, "pruning_world", swapped)
    after = simulate_pruning(SMALL, "noise", PATCHES, 1)
    assert (before["c"] != after["c"]).all()
    pd.testing.assert_frame_equal(before.drop(columns="c"), after.drop(columns="c"))


def test_validation_picks_the_step_of_its_best_c():
    """A model whose steps are known: C on validation patients is best at step 4."""
    cfg = SMALL.model_copy(update={"seeds": 1})
    world = pruning.stacked([pruning_world(np.random.default_rng(1), cfg, "noise", PATCHES)])
    asked, last = cfg.pruning, cfg.patients + cfg.pruning.validation
    model = pruning.new_models([5], asked.width, cfg.model)
    train, valid, test = (world.patients(rows) for rows in (slice(40), slice(40, last), slice(last, None)))
    path = {}
    for step in pruning.descend(model, train, asked.iterations, cfg.model.learning_rate):
        if step % asked.every == 0:
            path[step] = (model.concordance(valid)[0], model.concordance(test)[0])
    best = max(path, key=lambda step: path[step][0])
    found = pruning.fit(world, [5], cfg)
    assert found.validation == pytest.approx([path[best][0]])
    assert len(found.gains) == 2
    assert found.stopped.tolist() == [best]
    assert found.when_stopped == pytest.approx([path[best][1]])
    assert found.at_horizon == pytest.approx([path[4][1]])


def test_among_several_choices_of_tokens_validation_picks():
    """Two fits of two worlds: the second choice is better on validation patients in the second world only, and worse on test patients."""
    fits = [
        pruning.Fit(np.array([0.5, 0.6]), np.array([0.7, 0.8]), np.array([2, 4]), np.array([0.9, 0.6]), []),
        pruning.Fit(np.array([0.1, 0.1]), np.array([0.1, 0.2]), np.array([6, 8]), np.array([0.8, 0.7]), []),
    ]
    first, second = np.broadcast_to([0, 1, 5], (2, 4, 3)), np.broadcast_to([0, 4, 5], (2, 4, 3))
    rows = pd.DataFrame(pruning._rows("pruned", fits, [first, second], SMALL)).set_index(["stop", "seed"])
    assert rows.loc["horizon", "c"].tolist() == [0.5, 0.6]
    assert rows.loc["horizon", "iteration"].tolist() == [4, 4]
    assert rows.loc["validation", "c"].tolist() == [0.7, 0.2]
    assert rows.loc["validation", "iteration"].tolist() == [2, 8]
    assert rows.loc["validation", "relevant_kept"].tolist() == [1, 0.5]
