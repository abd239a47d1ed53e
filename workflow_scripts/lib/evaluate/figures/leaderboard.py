"""Dots and whiskers: every metric of every family, and the paired differences to their references."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from workflow_scripts.lib.evaluate.comparing import COMPARED
from workflow_scripts.lib.evaluate.style import GREY, INK, Look, looks, name_of, quiet, say_number

TITLES = {
    "harrell_c": "Harrell's C\nhigher is better",
    "uno_c": "Uno's C\nhigher is better",
    "c_td": "C of the curves\nhigher is better",
    "auc": "AUC over time\nhigher is better",
    "ibs": "Integrated Brier score\nlower is better",
}
ROW_INCHES = 0.34


@dataclass(frozen=True)
class Row:
    """One row of dots: its label, its look, by metric the value with its interval, and the metrics drawn filled."""

    label: str
    look: Look
    values: dict[str, tuple[float, float, float]]
    filled: frozenset[str] = frozenset(COMPARED)


def draw_leaderboard(leaderboard: pd.DataFrame, outputs: Sequence[tuple[str, str]]) -> Figure:
    """One row per [family, output] of ``outputs`` that a cohort's rows of the leaderboard have; dotted lines are at the first row."""
    by_output = dict(iter(leaderboard.groupby(["family", "output"])))
    outputs = [pair for pair in outputs if pair in by_output]  # only a simulated cohort has an oracle
    styles = looks([name_of(family) for family, _ in outputs])
    rows = [Row(name_of(family, output), styles[name_of(family)], _values(by_output[family, output], "mean")) for family, output in outputs]
    return _draw(rows, {metric: rows[0].values[metric][0] for metric in COMPARED})


def draw_differences(comparisons: pd.DataFrame, families: Sequence[str]) -> Figure:
    """One row per pair of a cohort's rows of the comparisons contract, in the order of ``families``; filled where p < 0.05."""
    styles = looks([name_of(family) for family in families])
    rows = []
    for family in families:
        for reference, pair in comparisons[comparisons["family"] == family].groupby("reference", sort=True):
            label = f"{name_of(family)} − {str(reference).replace('_', ' ').replace(':', ': ')}"
            beyond_chance = frozenset(pair.loc[pair["p_value"] < 0.05, "metric"])
            rows.append(Row(label, styles[name_of(family)], _values(pair, "difference"), beyond_chance))
    return _draw(rows, dict.fromkeys(COMPARED, 0.0), signed=True)


def _values(rows: pd.DataFrame, column: str) -> dict[str, tuple[float, float, float]]:
    found = rows.set_index("metric").reindex(COMPARED)[[column, "lower", "upper"]]
    return {str(metric): tuple(values) for metric, values in zip(found.index, found.to_numpy(dtype=float), strict=True)}


def _draw(rows: Sequence[Row], lines: dict[str, float], signed: bool = False) -> Figure:
    figure = Figure(figsize=(13, 1.3 + ROW_INCHES * max(len(rows), 1)))
    panels = figure.subplots(1, len(COMPARED), sharey=True, squeeze=False)[0]
    for axes, metric in zip(panels, COMPARED, strict=True):
        _draw_metric(axes, metric, rows, lines[metric], signed)
    panels[0].set_yticks(range(len(rows)), [row.label for row in rows])
    panels[0].set_ylim(len(rows) - 0.5, -0.5)
    return figure


def _draw_metric(axes: Axes, metric: str, rows: Sequence[Row], line: float, signed: bool) -> None:
    quiet(axes)
    axes.spines["left"].set_visible(False)
    axes.set_title(TITLES[metric])
    axes.axvline(line, color=GREY, linewidth=1, linestyle="-" if signed else ":")
    for place, row in enumerate(rows):
        value, lower, upper = row.values[metric]
        axes.text(1.02, place, say_number(value, signed), transform=axes.get_yaxis_transform(), va="center", fontsize=8.5, color=INK)
        if not np.isnan([value, lower, upper]).any():
            axes.hlines(place, lower, upper, color=row.look.colour, linewidth=1.8)
            axes.plot(value, place, "o", color=row.look.colour, markersize=6.5, mfc=row.look.colour if metric in row.filled else "white")
    axes.locator_params(axis="x", nbins=4)
