"""C against the patches that a model looks at, and against what it costs."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from workflow_scripts.lib.evaluate.style import GREY, PALE, PALETTE

WORDS = {"attention": "each view's own, by attention", "random": "the same random ones"}


def draw_pruning(scores: pd.DataFrame) -> Figure:
    """From rows of the token_pruning contract: C by the number of patches, its difference from that of all, and the cost."""
    figure = Figure(figsize=(12, 3.9))
    panels = figure.subplots(1, 3)
    columns = (("c", "lower", "upper"), ("difference", "difference_lower", "difference_upper"))
    for axes, names in zip(panels, columns, strict=False):
        for (choice, own), colour in zip(scores.groupby("choice"), PALETTE, strict=False):
            rows = own.sort_values("kept")
            axes.fill_between(rows["kept"], rows[names[1]], rows[names[2]], color=colour, alpha=0.18, linewidth=0)
            axes.plot(rows["kept"], rows[names[0]], "o-", color=colour, label=WORDS[choice], markersize=4)
    panels[0].axhline(0.5, color=GREY, linewidth=0.8)
    panels[1].axhline(0, color=GREY, linewidth=0.8)
    cost = scores[scores["choice"] == scores["choice"].iloc[0]].sort_values("kept")
    panels[2].plot(cost["kept"], cost["multiply_adds"] / 1e6, "o-", color=GREY, markersize=4)
    panels[2].set_ylim(bottom=0)
    for axes, title in zip(
        panels, ("Harrell's C, test patients", "difference from all patches", "million multiply-adds per patient"), strict=True
    ):
        _by_patches(axes, sorted(scores["kept"].unique()), title)
    panels[0].legend(loc="lower right")
    return figure


def _by_patches(axes: Axes, numbers: list[int], title: str) -> None:
    axes.set_xscale("log", base=2)
    axes.set_xticks(numbers, [str(number) for number in numbers])
    axes.minorticks_off()
    axes.set_xlabel("patches kept in every view")
    axes.set_title(title)
    axes.grid(axis="y", color=PALE, linewidth=0.6)
