"""How important each group of radiomic features is, by both norms of its effective coefficients."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from workflow_scripts.lib.evaluate.figures.dots import draw_row, height_of, prepare_rows
from workflow_scripts.lib.evaluate.style import looks, say_number

NORMS = {"mean_abs": "mean absolute coefficient\nper feature of the group", "l2": "L2 norm of the coefficients\nof the whole group"}


def draw_importance(groups: pd.DataFrame, shares: pd.DataFrame) -> Figure:
    """A row per group, from the largest L2 norm to the smallest; ``groups`` are rows of the group_importance contract with their ``fold``.

    ``shares`` are the rows of the explanation_scores contract that say how much of the risk is of which branch.
    """
    order = list(groups.groupby("group")["l2"].mean().sort_values(ascending=False).index)
    classes = groups.groupby("group")["feature_class"].first()
    colours = {name: look.colour for name, look in looks(sorted(classes.unique())).items()}
    figure = Figure(figsize=(9.5, height_of(len(order) + 1)))
    for axes, (norm, title) in zip(figure.subplots(1, 2, sharey=True), NORMS.items(), strict=True):
        prepare_rows(axes, order, title)
        for place, group in enumerate(order):
            values = groups.loc[groups["group"] == group, norm]
            draw_row(axes, place, values.mean(), colours[classes[group]], values, places=4)
        axes.set_xlim(left=0)
    handles = [Line2D([], [], color=colour, marker="o", linestyle="", label=name) for name, colour in colours.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), 7))
    figure.suptitle(share_words(shares), x=0.01, ha="left", fontsize=10)
    return figure


def share_words(shares: pd.DataFrame) -> str:
    """How much of the risk is radiomics, in words, with its interval over patients."""
    found = shares[(shares["view"] == "radiomics") & (shares["fold"] == "all")].iloc[0]
    value, lower, upper = (say_number(found[name], places=2) for name in ("value", "lower", "upper"))
    return f"radiomics share of the risk {value} ({lower} to {upper})"
