"""A student beside its teacher, patient by patient."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from workflow_scripts.lib.evaluate.answers import Answers
from workflow_scripts.lib.evaluate.figures.hidden import percentiles
from workflow_scripts.lib.evaluate.style import GREY, PALE, Look
from workflow_scripts.lib.prompts.wording import say_days

Pair = tuple[np.ndarray, np.ndarray]


def both_said(student: Sequence[Answers], teacher: Sequence[Answers]) -> list[Pair]:
    """Fold by fold, the positions in the student's and the teacher's answers of the patients both answered."""
    found = []
    for ours, theirs in zip(student, teacher, strict=True):
        both = ours.parsed & theirs.parsed
        found.append((np.flatnonzero(both[ours.parsed]), np.flatnonzero(both[theirs.parsed])))
    return found


def paired_percentiles(student: Sequence[Answers], teacher: Sequence[Answers]) -> Pair:
    """Risk percentiles within each fold's test patients (m,), the teacher's and the student's."""
    found = [
        (percentiles(theirs.said.log_risk[b]), percentiles(ours.said.log_risk[a]))
        for ours, theirs, (a, b) in zip(student, teacher, both_said(student, teacher), strict=True)
    ]
    return _stacked(found)


def paired_risks(student: Sequence[Answers], teacher: Sequence[Answers], day: float) -> Pair:
    """Probability of the event by ``day`` (m,), the teacher's and the student's."""
    at = np.array([float(day)])
    found = []
    for ours, theirs, (a, b) in zip(student, teacher, both_said(student, teacher), strict=True):
        grid = ours.fold.grid
        found.append((1 - grid.survival_at(theirs.said.survival[b], at)[:, 0], 1 - grid.survival_at(ours.said.survival[a], at)[:, 0]))
    return _stacked(found)


def _stacked(found: list[Pair]) -> Pair:
    return np.concatenate([one for one, _ in found]), np.concatenate([one for _, one in found])


def draw_agreement(student: Sequence[Answers], teacher: Sequence[Answers], day: int, look: Look, words: str) -> Figure:
    """Left, who is at higher risk; right, how high: the probability by ``day``, with how it is distributed along the edges."""
    figure = Figure(figsize=(11, 5.6))
    panels = figure.subplot_mosaic([[".", "top", "."], ["rank", "risk", "side"]], width_ratios=(5, 5, 0.7), height_ratios=(0.7, 5))
    ranks, risks = paired_percentiles(student, teacher), paired_risks(student, teacher, day)
    _draw_pairs(panels["rank"], ranks, look, 100.0)
    panels["rank"].set(xlabel="teacher's risk, percentile in the fold", ylabel="student's risk, percentile in the fold")
    panels["rank"].text(0.04, 0.97, words, transform=panels["rank"].transAxes, va="top", linespacing=1.5)
    highest = float(np.max([0.05, *risks[0], *risks[1]])) * 1.03
    _draw_pairs(panels["risk"], risks, look, highest)
    panels["risk"].set(xlabel=f"teacher: risk by {say_days(day)}", ylabel=f"student: risk by {say_days(day)}")
    for axis in (panels["risk"].xaxis, panels["risk"].yaxis):
        axis.set_major_formatter(lambda value, _: f"{100 * value:g} %")
    bins = np.linspace(0, highest, 31)
    panels["top"].hist(risks[0], bins, color=GREY)
    panels["side"].hist(risks[1], bins, color=look.colour, orientation="horizontal")
    panels["top"].sharex(panels["risk"])
    panels["side"].sharey(panels["risk"])
    for edge in ("top", "side"):
        panels[edge].axis("off")
    return figure


def _draw_pairs(axes: Axes, pair: Pair, look: Look, highest: float) -> None:
    axes.set_xlim(0, highest)
    axes.set_ylim(0, highest)
    axes.axline((0, 0), slope=1, color=GREY, linewidth=1, linestyle="--")
    axes.plot(*pair, "o", color=look.colour, alpha=0.45, markersize=4.5, markeredgewidth=0)
    axes.grid(color=PALE, linewidth=0.6)
    axes.set_axisbelow(True)


def agreement_words(leaderboard: pd.DataFrame, family: str, output: str) -> str:
    """Spearman and mean absolute error against the teacher, with intervals, from a cohort's rows of the leaderboard contract."""
    mine = leaderboard[(leaderboard["family"] == family) & (leaderboard["output"] == output)].set_index("metric")
    rank, error = mine.loc["spearman_teacher"], mine.loc["mae_teacher"]
    return (
        f"Spearman {rank['mean']:.3f} ({rank['lower']:.3f} to {rank['upper']:.3f})\n"
        f"curves {100 * error['mean']:.1f} points apart ({100 * error['lower']:.1f} to {100 * error['upper']:.1f})"
    )
