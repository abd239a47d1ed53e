"""A row per thing, a dot for its value, a whisker for its interval and small dots for its folds."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from workflow_scripts.lib.evaluate.style import INK, TALLEST, quiet, say_number

ROW_INCHES = 0.34


def height_of(rows: int) -> float:
    """How tall a figure of so many rows is, in inches."""
    return min(TALLEST, 1.5 + ROW_INCHES * max(rows, 1))


def prepare_rows(axes: Axes, labels: Sequence[str], title: str) -> None:
    """A row per label, the first on top."""
    quiet(axes)
    axes.spines["left"].set_visible(False)
    axes.set_title(title)
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(max(len(labels), 1) - 0.5, -0.5)
    axes.locator_params(axis="x", nbins=4)


def draw_row(
    axes: Axes,
    place: int,
    value: float,
    colour: str,
    folds: Sequence[float] = (),
    interval: tuple[float, float] = (np.nan, np.nan),
    places: int = 3,
) -> None:
    """The row at ``place``; its value stands at the right edge in numbers, with so many decimal ``places``."""
    axes.plot(folds, np.full(len(folds), place), "o", color=colour, alpha=0.35, markersize=4.5, markeredgewidth=0)
    if np.isfinite(interval).all():
        axes.hlines(place, *interval, color=colour, linewidth=1.8)
    if np.isfinite(value):
        axes.plot(value, place, "o", color=colour, markersize=7)
    words = say_number(value, places=places)
    axes.text(1.02, place, words, transform=axes.get_yaxis_transform(), va="center", fontsize=8.5, color=INK)
