"""Where a model looks: pictures of a few patients, and how well all agree with their masks."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from workflow_scripts.lib.evaluate.figures.dots import draw_row, height_of, prepare_rows
from workflow_scripts.lib.evaluate.figures.examples import spread_over_risk
from workflow_scripts.lib.evaluate.figures.hidden import percentiles
from workflow_scripts.lib.evaluate.figures.pages import page
from workflow_scripts.lib.evaluate.interpreting import ALL_GROUPS, PIXELS, mask_paths, read_grey, with_all_groups
from workflow_scripts.lib.evaluate.style import GREY, INK, PALETTE, TALLEST, photo, say_number

MOST_PATIENTS = 3  # the lowest, the middle and the highest risk
COLUMNS, INCHES = 5, 2.0  # of the maps of a patient
MAP, OUTLINE = "PuOr_r", "#009E73"  # orange is more than an even share, purple less
SCALE = LogNorm(1 / 4, 4)
CHANCE = {"auc": 0.5, "gain": 1.0}
TITLES = {
    "auc": "AUC of attention for\npatches in the mask",
    "gain": "attention on patches in the mask,\nin multiples of an even share",
}


@dataclass(frozen=True)
class Looked:
    """One patient: the ``image`` (side, side) and its ``mask``, if any; ``attention`` (patches, patches) by view; by branch its part of the
    log-risk; and the percentile of their sum among the fold's test patients."""

    image: np.ndarray
    mask: np.ndarray | None
    attention: dict[str, np.ndarray]
    parts: dict[str, float]
    percentile: float
    fold: str


def looks_of(attention: pd.DataFrame, risks: pd.DataFrame, standardised: pd.DataFrame, folder: Path, count: int) -> list[Looked]:
    """``count`` patients, three at most, at even steps from the lowest to the highest risk; from rows of the contracts of these names.

    ``attention`` and ``risks`` have their ``fold``; risks are compared as percentiles, for each fold's model has a scale of its own.
    """
    by_patient = risks.groupby(["fold", "patient_id"])["log_risk"].sum()
    ranked = by_patient.groupby("fold").transform(lambda own: percentiles(own.to_numpy()))
    images = standardised.set_index("patient_id")["path"]
    found = []
    for fold, patient in spread_over_risk(ranked, min(count, MOST_PATIENTS)):
        own = with_all_groups(attention[(attention["fold"] == fold) & (attention["patient_id"] == patient)])
        maps = {view: values.reshape(side, side) for view, side, values in zip(own["view"], own["patches"], own["values"], strict=True)}
        mask = [read_grey(path) for path in mask_paths(standardised, folder, [patient]).values()]
        mine = risks[(risks["fold"] == fold) & (risks["patient_id"] == patient)]
        parts = dict(zip(mine["branch"], mine["log_risk"], strict=True))
        image = read_grey(folder / images[patient])
        found.append(Looked(image, mask[0] if mask else None, maps, parts, ranked[fold, patient], fold))
    return found


def ordered(views: Sequence[str]) -> list[str]:
    """Pixels, the mean over all groups, and the groups by name."""
    first = [view for view in (PIXELS, ALL_GROUPS) if view in views]
    return first + sorted(set(views) - set(first))


def draw_looked(looked: Looked) -> Figure:
    """The image, and over it what each view attends to, on one scale; the mask's outline on all."""
    views = ordered(list(looked.attention))
    rows = -(-(1 + len(views)) // COLUMNS)
    figure = Figure(figsize=(COLUMNS * INCHES + 1.2, min(TALLEST, max(rows, 2) * (INCHES + 0.08))), dpi=110)
    panels = figure.subplots(rows, COLUMNS, squeeze=False)
    for axes in panels.ravel():
        axes.axis("off")
    _draw_image(panels[0, 0], looked, "image" if looked.mask is None else "image, mask outlined")
    for axes, view in zip(panels.ravel()[1:], views, strict=False):
        times = looked.attention[view] * looked.attention[view].size
        _draw_image(axes, looked, f"{view}, up to {times.max():.1f}×")
        extent = (-0.5, len(looked.image) - 0.5, len(looked.image) - 0.5, -0.5)
        axes.imshow(times.clip(SCALE.vmin), cmap=MAP, norm=SCALE, alpha=0.55, extent=extent, interpolation="nearest")
    ticks = {0.25: "¼×", 0.5: "½×", 1: "even", 2: "2×", 4: "4×"}
    bar = figure.colorbar(ScalarMappable(SCALE, MAP), ax=panels, label="attention, in multiples of an even share", shrink=0.8, aspect=30)
    bar.set_ticks(list(ticks), labels=list(ticks.values()))
    bar.minorticks_off()
    return figure


def _draw_image(axes: Axes, looked: Looked, title: str) -> None:
    from scipy.ndimage import binary_fill_holes

    axes.imshow(looked.image, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    if looked.mask is not None:
        axes.contour(binary_fill_holes(looked.mask), levels=[0.5], colors=OUTLINE, linewidths=1)
    axes.set_title(title, fontsize=8)


def attention_page(cohort: str, family: str, looks: Sequence[Looked]) -> str:
    """The page of these patients."""
    parts = []
    for place, looked in enumerate(looks, 1):
        risk = ", ".join(f"{branch} {say_number(part, signed=True, places=2)}" for branch, part in sorted(looked.parts.items()))
        heading = f"Patient {place} of {len(looks)}: risk percentile {looked.percentile:.0f} among the test patients of {looked.fold}"
        parts.append(f'<div class="patient"><h2>{escape(heading)}</h2><p>Log-risk: {escape(risk)}.</p>{photo(draw_looked(looked))}</div>')
    return page(f"{cohort}: what {family} looks at", "\n".join(parts))


def draw_agreement_with_masks(scores: pd.DataFrame) -> Figure:
    """A row per view: the mean over folds with its interval over patients, and the folds; from rows of the explanation_scores contract."""
    views = ordered(list(scores["view"].unique()))
    figure = Figure(figsize=(9.5, height_of(len(views))))
    panels = figure.subplots(1, len(CHANCE), sharey=True)
    colours = {PIXELS: PALETTE[0], ALL_GROUPS: PALETTE[1]}
    for axes, (metric, chance) in zip(panels, CHANCE.items(), strict=True):
        prepare_rows(axes, views, TITLES[metric])
        axes.axvline(chance, color=GREY, linewidth=1, linestyle=":")
        for place, view in enumerate(views):
            own = scores[(scores["metric"] == metric) & (scores["view"] == view)].set_index("fold")
            whole, folds = own.loc["all"], own.drop("all")["value"]
            draw_row(axes, place, whole["value"], colours.get(view, INK), folds, (whole["lower"], whole["upper"]))
    if not views:
        figure.suptitle("no test patient has a mask", x=0.01, ha="left")
    return figure
