"""All hybrids of a config beside each other."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from workflow_scripts.lib.evaluate.figures.dots import draw_row, height_of, prepare_rows
from workflow_scripts.lib.evaluate.style import INK, PALETTE

LETTERS = {"mixing": "α", "contrast": "λ", "temperature": "τ"}
RANKS = "viridis"  # dark is the first


def label_of(mixture: Mapping[str, float]) -> str:
    """A hybrid's settings, in the letters of the literature (`shi2026`)."""
    return ", ".join(f"{letter} {mixture[name]:.2f}" for name, letter in LETTERS.items())


def draw_hybrids(mixtures: Mapping[str, Mapping[str, float]], board: pd.DataFrame, shares: pd.DataFrame, groups: pd.DataFrame) -> Figure:
    """A row per hybrid, in the order of its settings: C with its interval, the radiomics share, and the mean rank of each group.

    ``board`` are rows of the leaderboard contract of one cohort and metric, ``shares`` of explanation_scores and ``groups`` of
    group_importance, these two with their ``family`` and, for groups, their ``fold``.
    """
    order = sorted(mixtures, key=lambda name: [*(mixtures[name][knob] for knob in LETTERS), name])
    figure = Figure(figsize=(14, height_of(len(order) + 2)))
    panels = figure.subplots(1, 3, width_ratios=(3, 3, 7))
    prepare_rows(panels[0], [label_of(mixtures[name]) for name in order], "Harrell's C, held out\nhigher is better")
    prepare_rows(panels[1], [""] * len(order), "radiomics share\nof the risk")
    columns = ((panels[0], board, "mean", PALETTE[0]), (panels[1], shares, "value", PALETTE[1]))
    for axes, rows, column, colour in columns:
        found = rows.set_index("family")
        for place, name in enumerate(order):
            draw_row(axes, place, found.loc[name, column], colour, interval=tuple(found.loc[name, ["lower", "upper"]].astype(float)))
    _draw_ranks(panels[2], groups.groupby(["family", "group"])["rank_l2"].mean().unstack().loc[order])
    return figure


def _draw_ranks(axes: Axes, ranks: pd.DataFrame) -> None:
    """Mean ranks, a row per hybrid and a column per group, the most important on average first."""
    ranks = ranks[ranks.mean().sort_values(kind="stable").index]
    axes.imshow(ranks, cmap=RANKS, aspect="auto", vmin=1, vmax=ranks.shape[1])
    for (row, column), rank in pd.DataFrame(ranks.to_numpy()).stack().items():
        colour = "white" if rank < 0.7 * ranks.shape[1] else INK
        axes.text(column, row, f"{rank:.1f}", ha="center", va="center", fontsize=8, color=colour)
    axes.set_xticks(range(ranks.shape[1]), ranks.columns, rotation=40, ha="right")
    axes.set_yticks([])
    axes.set_title("rank of each group by the L2 norm of its coefficients,\nmean over folds; 1 counts most")
