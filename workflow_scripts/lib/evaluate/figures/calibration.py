"""Predicted against observed risk: a point per group of patients, a panel per family and horizon."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from workflow_scripts.lib.evaluate.answers import Answers
from workflow_scripts.lib.evaluate.shown import Shown, pooled, pooled_outcome, shown_name
from workflow_scripts.lib.evaluate.style import GREY, TALLEST, Look, looks
from workflow_scripts.lib.prompts.wording import say_days
from workflow_scripts.lib.survival.metrics.bands import kaplan_meier_band
from workflow_scripts.lib.survival.metrics.calibration import grouped_risk, risk_groups

PANEL_INCHES = 1.85


@dataclass(frozen=True)
class Groups:
    """Per group of predicted risk (g,): mean predicted risk, and the observed one with its 95 % interval."""

    predicted: np.ndarray
    observed: np.ndarray
    lower: np.ndarray
    upper: np.ndarray


def groups_at(answers: Sequence[Answers], horizon: float, groups: int) -> Groups | None:
    """Groups of equal size by predicted risk at ``horizon``, folds together; None where no fold's grid reaches it.

    Observed risk is 1 - Kaplan-Meier inside the group: raw counts would take the censored for survivors.
    """
    reaching = [one for one in answers if horizon <= one.fold.grid.edges[-1] and len(one.outcome)]
    if not reaching:
        return None
    day = np.array([float(horizon)])
    predicted = pooled(reaching, lambda one: 1 - one.fold.grid.survival_at(one.said.survival, day)[:, 0])
    outcome, group = pooled_outcome(reaching), risk_groups(predicted, groups)
    expected, observed = grouped_risk(predicted, outcome, horizon, group, np.ones((1, len(outcome))))
    bands = np.array([kaplan_meier_band(outcome[group == number], day) for number in np.unique(group)])[:, :, 0]
    return Groups(expected[0], observed[0], 1 - bands[:, 2], 1 - bands[:, 1])


def draw_calibration(shown: Shown, horizons: Sequence[int], groups: int, words: dict[tuple[str, int], str]) -> Figure:
    """A row per horizon, a column per family; ``words`` by name and horizon are written into the panel."""
    names, styles = list(shown.answers), looks(list(shown.answers))
    figure = Figure(figsize=(PANEL_INCHES * len(names) + 0.6, min(PANEL_INCHES * len(horizons) + 0.9, TALLEST)))
    panels = figure.subplots(len(horizons), len(names), sharey="row", squeeze=False)
    for row, horizon in zip(panels, horizons, strict=True):
        found = {name: groups_at(shown.answers[name], horizon, groups) for name in names}
        highest = max([0.05, *(float(max(one.upper.max(), one.predicted.max())) for one in found.values() if one is not None)])
        for axes, name in zip(row, names, strict=True):
            _draw_panel(axes, found[name], styles[name], min(1.0, highest * 1.04))
            axes.text(0.98, 0.04, words.get((name, horizon), ""), transform=axes.transAxes, ha="right", fontsize=8, linespacing=1.4)
        row[0].set_ylabel(f"{say_days(horizon)}\nobserved risk")
    for axes, name in zip(panels[0], names, strict=True):
        axes.set_title(name)
    figure.supxlabel("predicted risk", fontsize=10)
    return figure


def _draw_panel(axes: Axes, found: Groups | None, look: Look, highest: float) -> None:
    axes.set_box_aspect(1)
    axes.set_xlim(0, highest)
    axes.set_ylim(0, highest)
    axes.axline((0, 0), slope=1, color=GREY, linewidth=1, linestyle="--")
    axes.locator_params(nbins=3)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: f"{100 * value:g} %")
    if found is None:
        axes.text(0.5, 0.5, "beyond the follow-up", transform=axes.transAxes, ha="center", fontsize=9, color=GREY)
        return
    axes.vlines(found.predicted, found.lower, found.upper, color=look.colour, linewidth=1.6)
    axes.plot(found.predicted, found.observed, "o", color=look.colour, markersize=5.5, markeredgecolor="white", clip_on=False)


def calibration_words(leaderboard: pd.DataFrame, shown: Sequence[tuple[str, str]], horizons: Sequence[int]) -> dict[tuple[str, int], str]:
    """Slope and ICI in words, by name and horizon, from a cohort's rows of the leaderboard contract."""
    means = leaderboard.set_index(["family", "output", "metric"])["mean"]
    found = {}
    for family, output in shown:
        for horizon in horizons:
            slope, distance = (means.get((family, output, f"{name}@{horizon}"), np.nan) for name in ("slope", "ici"))
            if np.isfinite([slope, distance]).all():
                found[shown_name(family, output), horizon] = f"slope a = {slope:.2f}\nICI {100 * distance:.1f} points"
    return found
