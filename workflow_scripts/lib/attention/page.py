"""The simulations as a page to read: ours beside what was published."""

from html import escape

import pandas as pd

from workflow_scripts.lib.attention.summary import Published
from workflow_scripts.lib.evaluate.figures.pages import page, table
from workflow_scripts.lib.evaluate.style import say_number

TITLES = {
    "dynamics": "Simulation 1: where attention goes during training",
    "recovery": "Simulation 2: which tokens gained attention",
    "pruning": "Simulation 3: training again on the tokens that gained most",
}
NOTE = (
    "<p>Mean ± standard deviation over {seeds} seeds; small, the 95 % t interval of the mean, and what was published. "
    "A difference is paired: both models were trained in the same worlds.</p>"
)


def simulations_page(found: pd.DataFrame, published: Published) -> str:
    """A table for each simulation of the contract simulations: a row per setting, a column per quantity."""
    parts = [NOTE.format(seeds=found["seeds"].max())]
    for simulation, title in TITLES.items():
        parts.append(f"<h2>{title}</h2><p>Published ({escape(published.source)}): {escape(published.said[simulation])}</p>")
        parts.append(_table(found[found["simulation"] == simulation]))
    return page("Attention under a Cox loss: three simulations", "\n".join(parts))


def _table(rows: pd.DataFrame) -> str:
    quantities = list(dict.fromkeys(rows["quantity"]))
    body = []
    for setting, own in rows.groupby("setting", sort=False):
        cells = {row["quantity"]: _cell(row) for _, row in own.iterrows()}
        body.append([escape(str(setting)), *(cells.get(quantity, "") for quantity in quantities)])
    return table(["", *quantities], body)


def _cell(row: pd.Series) -> str:
    """Mean, interval, and what was published or, for a difference, in how many seeds it is above 0."""
    signed = "−" in row["setting"] + row["quantity"]
    mean, lower, upper = (say_number(row[name], signed) for name in ("mean", "lower", "upper"))
    words = f"{mean} ± {say_number(row['sd'])}<small>{lower} to {upper}</small>"
    if signed:
        words += f"<small>above 0 in {row['above_zero']} of {row['seeds']}</small>"
    if pd.notna(row["published"]):
        spread = f" ± {say_number(row['published_sd'])}" if pd.notna(row["published_sd"]) else ""
        words += f"<small>published {say_number(row['published'])}{spread}</small>"
    return words
