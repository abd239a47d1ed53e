"""Brier score over time: how far predicted curves are from what happened."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from workflow_scripts.lib.evaluate.answers import Answers, Fold
from workflow_scripts.lib.evaluate.shown import Shown
from workflow_scripts.lib.evaluate.style import GREY, PALE, TALLEST, TEACHER, looks, time_unit
from workflow_scripts.lib.survival.metrics.brier import brier_terms
from workflow_scripts.lib.survival.metrics.kaplan_meier import kaplan_meier
from workflow_scripts.lib.survival.outcome import Outcome

POINTS = 80


def brier_of(answers: Sequence[Answers], days: np.ndarray) -> np.ndarray:
    """Mean Brier score at ``days`` (q,) over the patients answered, each weighted by G of the fold's training patients: (q,)."""
    terms = [brier_terms(one.fold.grid.survival_at(one.said.survival, days), one.outcome, days, one.fold.censoring) for one in answers]
    return np.concatenate(terms).mean(axis=0)


def brier_of_kaplan_meier(folds: Sequence[Fold], everybody: Outcome, days: np.ndarray) -> np.ndarray:
    """The same for a prediction that knows no patient: the Kaplan-Meier curve of the fold's training patients for everybody."""
    terms = []
    for fold in folds:
        train = everybody[np.setdiff1d(np.arange(len(everybody)), fold.rows)]
        curve = kaplan_meier(train, np.ones((1, len(train))), days)  # (1, q)
        terms.append(brier_terms(np.repeat(curve, len(fold.outcome), axis=0), fold.outcome, days, fold.censoring))
    return np.concatenate(terms).mean(axis=0)


def draw_brier(shown: Shown) -> Figure:
    """Above, the score of every family and of Kaplan-Meier; below, the part of Kaplan-Meier's score that a family saves."""
    unit, unit_name = time_unit(shown.last_day)
    days = np.linspace(0, shown.last_day, POINTS + 1)[1:]
    reference, styles = brier_of_kaplan_meier(shown.folds, shown.outcome, days), looks(list(shown.answers))
    figure = Figure(figsize=(9, TALLEST))
    score, gain = figure.subplots(2, 1, sharex=True)
    score.plot(days / unit, reference, color=GREY, linestyle=(0, (1, 1)), linewidth=2.2, label="Kaplan-Meier (knows no patient)")
    gain.axhline(0, color=GREY, linestyle=(0, (1, 1)), linewidth=2.2)
    for name, answers in shown.answers.items():
        if sum(len(one.outcome) for one in answers):
            values = brier_of(answers, days)
            look = {"color": styles[name].colour, "linestyle": styles[name].line}
            if name.startswith(TEACHER):  # wide and behind, so that a student who repeats it stays visible
                look |= {"linewidth": 3.6, "zorder": 1}
            score.plot(days / unit, values, label=name, **look)
            gain.plot(days / unit, reference - values, label=name, **look)
    score.set_ylabel("Brier score (lower is better)")
    score.set_ylim(bottom=0)
    gain.set_ylabel("gain over Kaplan-Meier\n(higher is better)")
    gain.set_xlabel(unit_name)
    gain.set_xlim(0, shown.last_day / unit)
    for axes in (score, gain):
        axes.grid(axis="y", color=PALE, linewidth=0.6)
    figure.legend(handles=score.get_lines(), loc="outside right upper")
    return figure
