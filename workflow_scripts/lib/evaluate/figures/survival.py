"""Kaplan-Meier curves of predicted thirds, with what was predicted beside what happened."""

from collections.abc import Sequence
from math import ceil

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from workflow_scripts.lib.evaluate.answers import Answers
from workflow_scripts.lib.evaluate.shown import Shown, pooled_outcome, thirds
from workflow_scripts.lib.evaluate.style import GREY, time_unit
from workflow_scripts.lib.survival.metrics.bands import kaplan_meier_band
from workflow_scripts.lib.survival.outcome import Outcome

THIRDS = (("lowest third", "#0072B2"), ("middle third", "#E69F00"), ("highest third", "#D55E00"))
COLUMNS = 4
POINTS = 120


def predicted_curve(answers: Sequence[Answers], third: np.ndarray, which: int, days: np.ndarray) -> np.ndarray:
    """Mean predicted probability of being event-free at ``days`` (q,) over the patients of one ``third``: (q,)."""
    survival = np.concatenate([one.fold.grid.survival_at(one.said.survival, days) for one in answers])
    return survival[third == which].mean(axis=0)


def draw_student(shown: Shown, name: str) -> Figure:
    """One family, large, with the number of patients still at risk under the time axis."""
    figure = Figure(figsize=(8.5, 6.2))
    axes, table = figure.subplots(2, 1, height_ratios=(5, 1), sharex=True)
    answers = shown.answers[name]
    outcome, third = pooled_outcome(answers), thirds(answers)
    _draw_curves(axes, shown, answers, linewidth=2.0)
    axes.set_title(f"{name}: what happened to each third of predicted risk")
    axes.set_ylabel("event-free")
    axes.plot([], [], color=GREY, linestyle="--", label="predicted, on average")
    axes.legend(loc="lower left")
    _draw_at_risk(table, outcome, third, axes.get_xticks(), shown.last_day)
    return figure


def draw_families(shown: Shown) -> Figure:
    """Every family and teacher, small, on the same axes."""
    names, rows = list(shown.answers), ceil(len(shown.answers) / COLUMNS)
    figure = Figure(figsize=(13, 0.7 + 3.1 * rows))
    panels = figure.subplots(rows, COLUMNS, sharex=True, sharey=True, squeeze=False).ravel()
    for axes, name in zip(panels, names, strict=False):
        _draw_curves(axes, shown, shown.answers[name], linewidth=1.4)
        axes.set_title(name)
        axes.tick_params(labelbottom=True)
        axes.set_xlabel(time_unit(shown.last_day)[1])
    for axes in panels[len(names) :]:
        axes.set_visible(False)
    handles = [
        *panels[0].get_legend_handles_labels()[0],
        *panels[0].plot([], [], color=GREY, linestyle="--", label="predicted, on average"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    for axes in panels[::COLUMNS]:
        axes.set_ylabel("event-free")
    return figure


def _draw_curves(axes: Axes, shown: Shown, answers: Sequence[Answers], linewidth: float) -> None:
    outcome, third, (unit, _) = pooled_outcome(answers), thirds(answers), time_unit(shown.last_day)
    days = np.linspace(0, shown.last_day, POINTS)
    for which, (label, colour) in enumerate(THIRDS):
        held = np.flatnonzero(third == which)
        if held.size:
            steps = step_days(outcome[held], shown.last_day)
            curve, lower, upper = kaplan_meier_band(outcome[held], steps)
            axes.fill_between(steps / unit, lower, upper, step="post", color=colour, alpha=0.15, linewidth=0)
            axes.step(steps / unit, curve, where="post", color=colour, linewidth=linewidth, label=label)
            axes.plot(days / unit, predicted_curve(answers, third, which, days), color=colour, linestyle="--", linewidth=1.2)
    axes.set_ylim(0, 1.02)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25 %", "50 %", "75 %", "100 %"])
    axes.set_xlim(0, shown.last_day / unit)


def step_days(outcome: Outcome, last_day: float) -> np.ndarray:
    """Where a Kaplan-Meier curve can fall, from 0 to ``last_day``."""
    return np.unique([0.0, *outcome.days[outcome.event & (outcome.days < last_day)], last_day])


def _draw_at_risk(axes: Axes, outcome: Outcome, third: np.ndarray, ticks: np.ndarray, last_day: float) -> None:
    unit, name = time_unit(last_day)
    for which, (label, colour) in enumerate(THIRDS):
        for tick in ticks[(ticks >= 0) & (ticks <= last_day / unit)]:
            count = int((outcome.days[third == which] >= tick * unit).sum())
            axes.text(tick, which, str(count), ha="center", va="center", fontsize=9, color=colour)
        axes.text(-0.035, which, label, transform=axes.get_yaxis_transform(), ha="right", va="center", fontsize=9, color=colour)
    axes.set_ylim(2.6, -0.6)
    axes.set_yticks([])
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.tick_params(axis="x", length=0)
    axes.set_title("patients still under observation", fontsize=9)
    axes.set_xlabel(name)
