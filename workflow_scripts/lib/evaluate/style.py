"""The house style of every figure: readable, told apart by the colour-blind, and the same bytes each time."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import product
from math import isfinite
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from workflow_scripts.lib.contracts.files import atomic_path

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")  # Okabe and Ito
INK, GREY, PALE = "#222222", "#777777", "#DDDDDD"
TEACHER, ORACLE = "teacher", "oracle"
TALLEST = 6.3  # inches: the report centres figures, and cuts the top off those that are taller than the window
DAYS_PER_YEAR, DAYS_PER_MONTH = 365.25, 365.25 / 12

mpl.rcParams.update({
    "font.family": "sans-serif", "font.sans-serif": ["DejaVu Sans", "Verdana", "Helvetica", "Arial"], "font.size": 10,
    "axes.titlesize": 11, "axes.titlelocation": "left", "axes.labelsize": 10, "axes.edgecolor": GREY, "axes.linewidth": 0.8,
    "axes.spines.top": False, "axes.spines.right": False, "text.color": INK, "axes.labelcolor": INK,
    "xtick.color": INK, "ytick.color": INK, "xtick.labelsize": 9, "ytick.labelsize": 9,
    "legend.frameon": False, "legend.fontsize": 9, "lines.linewidth": 1.7, "figure.constrained_layout.use": True,
    "svg.fonttype": "none",  # words stay words: they can be searched and read aloud
    "svg.hashsalt": "survdistill",
})  # fmt: skip


@dataclass(frozen=True)
class Look:
    """How a family is drawn in every figure."""

    colour: str
    line: str


def looks(names: Sequence[str]) -> dict[str, Look]:
    """By name (see ``name_of``), colours in the order of the config; teachers are black, and so is the oracle of a simulated cohort."""
    once = dict.fromkeys(names)
    ours = [name for name in once if not name.startswith((TEACHER, ORACLE))]
    theirs = [name for name in once if name.startswith((TEACHER, ORACLE))]
    styles = [Look(colour, line) for line, colour in product(("-", "--", ":"), PALETTE)]
    taught = [Look("black", line) for line in ("-", "--", ":", "-.")]
    repeated = {name: styles[place % len(styles)] for place, name in enumerate(ours)}
    return {**repeated, **{name: taught[place % len(taught)] for place, name in enumerate(theirs)}}


def name_of(family: str, output: str | None = None) -> str:
    """What a family, or one of its outputs, is called in figures."""
    words = family.replace("_", " ")
    return words if output is None else f"{words}: {output.replace('_', ' ')}"


def time_unit(last_day: float) -> tuple[float, str]:
    """Days per unit, and the unit that a clinician would use for follow-up this long."""
    return (DAYS_PER_YEAR, "years") if last_day >= 2 * DAYS_PER_YEAR else (DAYS_PER_MONTH, "months")


def say_number(value: float, signed: bool = False, places: int = 3) -> str:
    """A number with a true minus and no negative zero; a dash where it is undefined."""
    if not isfinite(value):
        return "–"
    rounded = round(float(value), places) + 0.0
    return f"{rounded:{'+' if signed else ''}.{places}f}".replace("-", "−")


def quiet(axes: Axes) -> None:
    """Take the ticks off a categorical axis and draw light lines to read values against."""
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=PALE, linewidth=0.6)
    axes.set_axisbelow(True)


PLAIN = {"format": "svg", "metadata": {"Date": None, "Creator": None}}


def save_svg(figure: Figure, path: str | Path) -> None:
    """Write ``figure`` as SVG whose bytes depend on nothing but what is drawn."""
    with atomic_path(path) as part:
        figure.savefig(part, **PLAIN)


def svg_text(figure: Figure) -> str:
    """``figure`` as an SVG element, to stand in a page."""
    with BytesIO() as written:
        figure.savefig(written, **PLAIN)
        text = written.getvalue().decode()
    return text[text.index("<svg") :]


def photo(figure: Figure) -> str:
    """``figure`` as a JPEG inside an HTML element: a quarter of the size that chest X-rays under maps have as SVG."""
    with BytesIO() as written:
        figure.savefig(written, format="jpeg", bbox_inches="tight", pil_kwargs={"quality": 75})
        return f'<img alt="" style="max-width: 100%" src="data:image/jpeg;base64,{b64encode(written.getvalue()).decode()}">'
