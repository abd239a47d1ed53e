"""Figures of the three simulations: means over seeds with 95 % intervals, and what was published as hollow diamonds."""

from collections.abc import Mapping
from itertools import product

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from workflow_scripts.lib.attention.summary import ARM_WORDS, BACKGROUND_WORDS, STOP_WORDS, Published, interval
from workflow_scripts.lib.config.attention import AttentionConfig
from workflow_scripts.lib.evaluate.style import GREY, PALE, PALETTE, quiet, say_number

KIND_COLOURS = dict(zip(("relevant", "confusion", "irrelevant"), PALETTE, strict=False))
SIGNAL_COLOURS = dict(zip(("strong", "weak"), PALETTE, strict=False))
PUBLISHED = {"marker": "D", "markersize": 6, "mfc": "white", "linestyle": "none"}


def _curve(axes: Axes, wide: pd.DataFrame, colour: str, least: float = 0.0, **look: str) -> None:
    """The mean of a table of seeds by x, and its interval as a band."""
    mean, _, lower, upper = np.array([interval(wide[x].to_numpy(), least) for x in wide]).T
    axes.fill_between(wide.columns, lower, upper, color=colour, alpha=0.18, linewidth=0)
    axes.plot(wide.columns, mean, color=colour, **look)


def _by_seed(rows: pd.DataFrame, x: str, y: str) -> pd.DataFrame:
    return rows.pivot(index="seed", columns=x, values=y)


def draw_dynamics(mass: pd.DataFrame, cfg: AttentionConfig) -> Figure:
    """Left, attention on each kind of token; right, how far all patients at once are ahead of mini-batches."""
    figure = Figure(figsize=(12, 4.8))
    left, right = figure.subplots(1, 2, width_ratios=(1.25, 1))
    batches = (("full", "-", "all patients at once"), ("mini", "--", f"mini-batches of {cfg.dynamics.batch_size}"))
    for (kind, colour), (batch, line, words) in product(KIND_COLOURS.items(), batches):
        rows = mass[(mass["kind"] == kind) & (mass["batch"] == batch)]
        _curve(left, _by_seed(rows, "iteration", "mass"), colour, linestyle=line, label=f"{kind}, {words}")
    left.set_ylim(bottom=0)
    left.set_title("share of attention that tokens receive")
    right.axhline(0, color=GREY, linewidth=1)
    of_batch = {batch: _by_seed(rows[rows["kind"] == "relevant"], "iteration", "mass") for batch, rows in mass.groupby("batch")}
    _curve(right, of_batch["full"] - of_batch["mini"], KIND_COLOURS["relevant"], least=-1.0)
    right.set_title("relevant tokens: all at once − mini-batches")
    for axes in (left, right):
        axes.set_xlabel("steps")
        axes.grid(axis="y", color=PALE, linewidth=0.6)
    figure.legend(handles=left.get_lines(), loc="outside lower center", ncols=3)
    return figure


def draw_recovery(recovery: pd.DataFrame, roc: pd.DataFrame, published: Published) -> Figure:
    """Left, ROC curves with the thresholds on them; right, sensitivity and specificity by threshold beside the published ones."""
    known = {(one.setting, one.quantity): (one.value, one.sd) for one in published.values if one.simulation == "recovery"}
    figure = Figure(figsize=(12, 5))
    curves, *panels = figure.subplots(1, 3, width_ratios=(1.5, 1, 1))
    curves.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle=":")
    for signal, rows in roc.groupby("signal"):
        auc = recovery[recovery["signal"] == signal].groupby("seed")["auc"].first().to_numpy()
        mean, _, lower, upper = (say_number(value, places=2) for value in interval(auc))
        label = f"{signal} signal: AUC {mean} ({lower} to {upper})"
        _curve(curves, _by_seed(rows, "fpr", "sensitivity"), SIGNAL_COLOURS[str(signal)], label=label)
    settings = [(str(signal), float(threshold), rows) for (signal, threshold), rows in recovery.groupby(["signal", "threshold"])]
    for place, (signal, threshold, rows) in enumerate(settings):
        points = {
            quantity: known.get((f"{signal} signal, threshold {threshold:g}", quantity)) for quantity in ("sensitivity", "specificity")
        }
        colour = SIGNAL_COLOURS[signal]
        curves.plot(1 - rows["specificity"].mean(), rows["sensitivity"].mean(), "o", color=colour)
        if all(points.values()):
            curves.plot(1 - points["specificity"][0], points["sensitivity"][0], color=colour, **PUBLISHED)
        for axes, quantity in zip(panels, points, strict=True):
            _whisker(axes, place - 0.13, rows[quantity].mean(), rows[quantity].std(), colour, marker="o")
            if points[quantity]:
                _whisker(axes, place + 0.13, *points[quantity], colour, **PUBLISHED)
    _finish_recovery(curves, panels, [f"{signal} {threshold:g}" for signal, threshold, _ in settings])
    figure.legend(handles=_keys("ours", "published"), loc="outside lower right", ncols=2)
    return figure


def _whisker(axes: Axes, place: float, mean: float, sd: float | None, colour: str, **marker) -> None:
    axes.hlines(place, max(mean - (sd or 0), 0), min(mean + (sd or 0), 1), color=colour, linewidth=1.6)
    axes.plot(mean, place, color=colour, **marker)


def _finish_recovery(curves: Axes, panels: list[Axes], labels: list[str]) -> None:
    curves.set_xlabel("1 − specificity")
    curves.set_ylabel("sensitivity")
    curves.set_title("every threshold")
    curves.legend(loc="lower right")
    for axes, quantity in zip(panels, ("sensitivity", "specificity"), strict=True):
        quiet(axes)
        axes.set_title(quantity)
        axes.set_yticks(range(len(labels)), labels if quantity == "sensitivity" else [""] * len(labels))
        axes.set_ylim(len(labels) - 0.5, -0.5)
        axes.set_xlim(0, 1.04)
    panels[0].set_ylabel("signal and threshold")


def _keys(*labels: str) -> list:
    """Markers for a legend: ours filled, published hollow."""
    from matplotlib.lines import Line2D

    looks = ({"marker": "o", "linestyle": "none"}, PUBLISHED)
    return [Line2D([], [], color=GREY, label=label, **look) for label, look in zip(labels, looks, strict=True)]


def draw_pruning(pruning: Mapping[str, pd.DataFrame], published: Published, cfg: AttentionConfig) -> Figure:
    """A row per background, a column per way to stop: test C of each arm, every seed as a grey dot; in words, what pruning adds."""
    figure = Figure(figsize=(12, 1.2 + 1.65 * len(pruning)))
    panels = figure.subplots(len(pruning), len(STOP_WORDS), sharex=True, sharey=True, squeeze=False)
    for line, (background, rows) in zip(panels, pruning.items(), strict=True):
        for axes, (stop, words) in zip(line, STOP_WORDS.items(), strict=True):
            setting = f"{BACKGROUND_WORDS[background]}, {words}"
            known = {one.quantity: one.value for one in published.values if one.setting == setting}
            stopped = f"at step {cfg.pruning.horizons[0]}" if stop == "horizon" else words
            _draw_arms(axes, _by_seed(rows[rows["stop"] == stop], "arm", "c"), stopped, known)
        line[0].set_ylabel(BACKGROUND_WORDS[background])
    for axes in panels[-1]:
        axes.set_xlabel("Harrell's C of test patients")
    return figure


def _draw_arms(axes: Axes, wide: pd.DataFrame, stopped: str, known: Mapping[str, float]) -> None:
    quiet(axes)
    mean, _, lower, upper = (say_number(value, signed=True) for value in interval((wide["pruned"] - wide["all"]).to_numpy(), least=-1))
    axes.set_title(f"{stopped}: pruned − all tokens {mean} ({lower} to {upper})", fontsize=10)
    for place, (arm, words) in enumerate(ARM_WORDS.items()):
        middle, _, low, high = interval(wide[arm].to_numpy())
        colour = PALETTE[0] if arm == "pruned" else "black" if arm == "all" else GREY
        axes.plot(wide[arm], np.full(len(wide), place), ".", color=GREY, alpha=0.35, markersize=4)
        axes.hlines(place, low, high, color=colour, linewidth=2.4)
        axes.plot(middle, place, "o", color=colour)
        if f"C, {words}" in known:
            axes.plot(known[f"C, {words}"], place, color=colour, **PUBLISHED)
    axes.set_yticks(range(len(ARM_WORDS)), list(ARM_WORDS.values()))
    axes.set_ylim(len(ARM_WORDS) - 0.5, -0.5)
