"""Kaplan-Meier curves of predicted thirds, with what was predicted beside what happened."""

from collections.abc import Sequence
from math import ceil, floor

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from workflow_scripts.lib.evaluate.answers import Answers
from workflow_scripts.lib.evaluate.shown import Shown, pooled_outcome, thirds
from workflow_scripts.lib.evaluate.style import GREY, TALLEST, time_unit
from workflow_scripts.lib.survival.metrics.bands import kaplan_meier_band
from workflow_scripts.lib.survival.outcome import Outcome

THIRDS = (("lowest third", "#0072B2"), ("middle third", "#E69F00"), ("highest third", "#D55E00"))
POINTS = 120


def predicted_curve(answers: Sequence[Answers], third: np.ndarray, which: int, days: np.ndarray) -> np.ndarray:
    """Mean predicted probability of being event-free at ``days`` (q,) over the patients of one ``third``: (q,)."""
    survival = np.concatenate([one.fold.grid.survival_at(one.said.survival, days) for one in answers])
    return survival[third == which].mean(axis=0)


def draw_student(shown: Shown, name: str) -> Figure:
    """One family, large, with the number of patients still at risk under the time axis."""
    figure = Figure(figsize=(8.5, TALLEST))
    axes, table = figure.subplots(2, 1, height_ratios=(5, 1), sharex=True)
    answers = shown.answers[name]
    outcome, third = pooled_outcome(answers), thirds(answers)
    _show_from(_draw_curves(axes, shown, answers, linewidth=2.0), axes)
    axes.set_title(f"{name}: what happened to each third of predicted risk")
    axes.set_ylabel("event-free")
    axes.plot([], [], color=GREY, linestyle="--", label="predicted, on average")
    axes.legend(loc="lower left")
    _draw_at_risk(table, outcome, third, axes.get_xticks(), shown.last_day)
    return figure


def draw_families(shown: Shown) -> Figure:
    """Every family and teacher, small, on the same axes."""
    names, columns = list(shown.answers), max(4, ceil(len(shown.answers) / 2))
    rows = ceil(len(names) / columns)
    figure = Figure(figsize=(3.2 * columns, TALLEST * rows / 2))
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    _show_from(min(_draw_curves(axes, shown, shown.answers[name], 1.4) for axes, name in zip(panels, names, strict=False)), panels[0])
    for axes, name in zip(panels, names, strict=False):
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
    for axes in panels[::columns]:
        axes.set_ylabel("event-free")
    return figure


def _show_from(lowest: float, axes: Axes) -> None:
    """Start the axis at 0, a quarter, a half or three quarters, whichever is the highest below ``lowest``."""
    axes.set_ylim(max(0.0, floor(4 * (lowest - 0.02)) / 4), 1.005)
    axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:g} %")


def _draw_curves(axes: Axes, shown: Shown, answers: Sequence[Answers], linewidth: float) -> float:
    """Draw the thirds; returns the lowest value of any band or curve."""
    outcome, third, (unit, _) = pooled_outcome(answers), thirds(answers), time_unit(shown.last_day)
    days, lowest = np.linspace(0, shown.last_day, POINTS), 1.0
    for which, (label, colour) in enumerate(THIRDS):
        held = np.flatnonzero(third == which)
        if held.size:
            steps = step_days(outcome[held], shown.last_day)
            curve, lower, upper = kaplan_meier_band(outcome[held], steps)
            axes.fill_between(steps / unit, lower, upper, step="post", color=colour, alpha=0.15, linewidth=0)
            axes.step(steps / unit, curve, where="post", color=colour, linewidth=linewidth, label=label)
            predicted = predicted_curve(answers, third, which, days)
            axes.plot(days / unit, predicted, color=colour, linestyle="--", linewidth=1.2)
            lowest = min(lowest, float(lower.min()), float(predicted.min()))
    axes.set_xlim(0, shown.last_day / unit)
    return lowest


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
