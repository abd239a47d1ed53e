"""Ours beside what was published: means, intervals, differences in the same worlds; the page and the figures say them."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.architecture.tree import ROOT
from workflow_scripts.lib.attention.figures import draw_pruning, draw_recovery
from workflow_scripts.lib.attention.page import simulations_page
from workflow_scripts.lib.attention.summary import Published, PublishedValue, interval, read_published, summary
from workflow_scripts.lib.config.attention import AttentionConfig
from workflow_scripts.lib.errors import ConfigError

FILE = ROOT / "resources/attention/published.yaml"
C = {"all": [0.60, 0.64], "pruned": [0.66, 0.68], "random": [0.5, 0.52], "mask": [0.7, 0.71]}


@pytest.fixture(scope="module")
def tables():
    mass = pd.DataFrame([
        {"seed": seed, "batch": batch, "iteration": step, "kind": kind, "mass": (0.2 if batch == "full" else 0.1) * (step > 0) + 0.1 * seed}
        for seed in (1, 2) for batch in ("full", "mini") for step in (0, 4, 8, 12) for kind in ("relevant", "confusion", "irrelevant")
    ])  # fmt: skip
    recovery = pd.DataFrame([
        {"seed": seed, "signal": signal, "threshold": threshold, "sensitivity": 0.9 + 0.02 * seed, "specificity": 0.6, "auc": 0.8}
        for seed in (1, 2) for signal, thresholds in (("strong", (0.0, 0.2)), ("weak", (0.005,))) for threshold in thresholds
    ])  # fmt: skip
    pruning = pd.DataFrame([
        {"seed": seed + 1, "arm": arm, "stop": stop, "iteration": 60, "c": c, "relevant_kept": 1.0}
        for arm, values in C.items() for seed, c in enumerate(values) for stop in ("horizon", "validation")
    ])  # fmt: skip
    return mass, recovery, {"noise": pruning, "patches_in_noise": pruning}


@pytest.fixture(scope="module")
def found(tables):
    return summary(*tables, read_published(FILE)).set_index(["simulation", "setting", "quantity"])


def test_interval_is_that_of_scipy():
    values = np.array([0.3, 0.5, 0.4, 0.45])
    mean, sd, lower, upper = interval(values)
    assert (mean, sd) == (pytest.approx(values.mean()), pytest.approx(values.std(ddof=1)))
    assert (lower, upper) == pytest.approx(stats.t.interval(0.95, 3, values.mean(), stats.sem(values)))


def test_interval_of_a_share_stays_a_share():
    assert interval(np.array([0.9, 1.0]))[3] == 1
    assert interval(np.array([0.0, 0.1]))[2] == 0
    assert interval(np.array([0.0, 0.1]), least=-1)[2] < 0


def test_differences_are_paired(found):
    row = found.loc["pruning", "patterns in noise, fixed step", "pruned − all tokens"]
    assert (row["mean"], row["sd"]) == (pytest.approx(0.05), pytest.approx(np.std([0.06, 0.04], ddof=1)))
    assert (row["above_zero"], row["seeds"]) == (2, 2)
    assert found.loc["pruning", "patterns in noise, fixed step", "random tokens − all tokens"]["above_zero"] == 0


def test_masses_at_the_beginning_half_way_and_at_the_end(found):
    settings = found.loc["dynamics"].index.get_level_values("setting").unique()
    assert [name for name in settings if name.startswith("all patients")] == [f"all patients at once, step {step}" for step in (0, 8, 12)]
    assert found.loc["dynamics", "all at once − mini-batches, step 8", "relevant"]["mean"] == pytest.approx(0.1)
    assert ("dynamics", "all at once − mini-batches, step 0", "relevant") not in found.index


def test_published_values_stand_beside_their_own(found):
    row = found.loc["recovery", "strong signal, threshold 0.2", "sensitivity"]
    assert (row["published"], row["published_sd"], row["mean"]) == (0.974, 0.051, pytest.approx(0.93))
    assert found.loc["pruning", "patches in noise, fixed step", "C, pruned"]["published"] == 0.7
    assert np.isnan(found.loc["pruning", "patterns in noise, fixed step", "C, pruned"]["published"])
    assert found.loc["recovery", "strong signal, threshold 0", "false positive rate"]["mean"] == pytest.approx(0.4)


def test_every_published_value_has_its_place():
    """In the tables of the default settings: else it would silently not be shown."""
    cfg, known = AttentionConfig(), read_published(FILE)
    settings = {f"{signal} signal, threshold {at:g}" for signal in ("strong", "weak") for at in getattr(cfg.recovery, signal).thresholds}
    places = {("recovery", setting, quantity) for setting in settings for quantity in ("sensitivity", "specificity")}
    places |= {("pruning", "patches in noise, fixed step", f"C, {arm}") for arm in ("all tokens", "pruned")}
    assert {(one.simulation, one.setting, one.quantity) for one in known.values} == places


def test_a_file_of_published_values_that_is_wrong_is_refused(tmp_path):
    path = tmp_path / "published.yaml"
    path.write_text("source: x\nsaid: {}\nvalues: [{simulation: a, setting: b, quantity: c, valeu: 1}]\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="did you mean 'value'"):
        read_published(path)


def test_page_says_ours_and_theirs(tables):
    nasty = Published(source="<b>", said=dict.fromkeys(("dynamics", "recovery", "pruning"), "<i>"), values=read_published(FILE).values)
    page = simulations_page(summary(*tables, nasty), nasty)
    assert "<b>" not in page
    assert "published 0.974 ± 0.051" in page
    assert "published 0.700<" in page
    assert "+0.050 ± 0.014" in page
    assert "above 0 in 2 of 2" in page


def test_figures_draw_means_and_published_values(tables):
    _, recovery, pruning = tables
    known = Published(source="x", said={}, values=[
        PublishedValue(simulation="pruning", setting="patches in noise, fixed step", quantity="C, pruned", value=0.7),
        PublishedValue(simulation="recovery", setting="weak signal, threshold 0.005", quantity="sensitivity", value=0.5, sd=0.1),
        PublishedValue(simulation="recovery", setting="weak signal, threshold 0.005", quantity="specificity", value=0.4, sd=0.1),
    ])  # fmt: skip
    drawn = draw_pruning(pruning, known, AttentionConfig())
    assert [points(axes) for axes in drawn.axes] == [[], [], [(0.7, 1)], []]
    assert drawn.axes[0].get_title(loc="left").startswith("at step 60: pruned − all tokens +0.050")
    roc = pd.DataFrame([{"seed": seed, "signal": "weak", "fpr": x, "sensitivity": x} for seed in (1, 2) for x in (0.0, 1.0)])
    curves, sensitivity, specificity = draw_recovery(recovery, roc, known).axes
    assert points(curves) == [(0.6, 0.5)]
    assert points(sensitivity) == [(0.5, 2.13)]
    assert points(specificity) == [(0.4, 2.13)]


def points(axes):
    """Published values: hollow diamonds."""
    found = [line for line in axes.get_lines() if line.get_marker() == "D"]
    return [(float(line.get_xdata()[0]), float(line.get_ydata()[0])) for line in found]
