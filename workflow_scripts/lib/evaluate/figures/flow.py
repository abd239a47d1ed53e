"""How many patients came how far: who was refused and why, who trains and is tested, and what is known of them."""

from textwrap import shorten

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Patch

from workflow_scripts.lib.evaluate.style import GREY, INK, PALE, PALETTE

WIDTH, HEIGHT, BAR = 11.0, 3.6, 0.44  # inches: of the figure, of its boxes, of each modality below them
LINE = 0.19
REASONS, LETTERS = 5, 60  # refusals that are named; letters in a line of them
OWN = ("source", "patients", "first fold", "train", "valid", "test")  # stages that are no modality
ROLES = {"train": "Train in the first fold", "valid": "Validate in it", "test": "Are tested in it"}
LEGEND = (("have it", PALETTE[0]), ("refused", PALETTE[1]), ("have none", PALE))


def draw_flow(flow: pd.DataFrame) -> Figure:
    """From rows of the flow contract: above, boxes from the source to the roles of the first fold; below, a bar for each modality."""
    modalities = [name for name in flow["stage"].drop_duplicates() if name not in OWN]
    figure = Figure(figsize=(WIDTH, HEIGHT + (0.45 + BAR * len(modalities) if modalities else 0)))
    heights = [HEIGHT, 0.45 + BAR * len(modalities)] if modalities else [HEIGHT]
    panels = figure.subplots(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
    _draw_boxes(panels[0], flow)
    if modalities:
        _draw_modalities(panels[1], flow, modalities)
    return figure


def refusal_lines(refused: pd.DataFrame, most: int = REASONS) -> list[str]:
    """The refusals of a stage, the most frequent first, in words that fit a box."""
    rows = refused.sort_values(["patients", "reason"], ascending=[False, True], kind="stable")
    lines = [f"{shorten(row.reason, LETTERS, placeholder=' …')} ({row.patients:,})" for row in rows.head(most).itertuples()]
    rest = rows.iloc[most:]
    return lines + ([f"other reasons ({rest['patients'].sum():,})"] if len(rest) else [])


def _of(flow: pd.DataFrame, stage: str, state: str) -> pd.DataFrame:
    return flow[(flow["stage"] == stage) & (flow["state"] == state)]


def _count(flow: pd.DataFrame, stage: str, state: str) -> int:
    return int(_of(flow, stage, state)["patients"].sum())


def _words(flow: pd.DataFrame, stage: str, state: str = "kept") -> str:
    events = int(_of(flow, stage, state)["events"].sum())
    return f"{_patients(_count(flow, stage, state))}, {events:,} event{'' if events == 1 else 's'}"


def _patients(n: int) -> str:
    return f"{n:,} patient{'' if n == 1 else 's'}"


def _draw_boxes(axes: Axes, flow: pd.DataFrame) -> None:
    axes.set(xlim=(0, WIDTH), ylim=(0, HEIGHT))
    axes.axis("off")
    refused = _of(flow, "patients", "refused")
    middle = (0.25 if len(refused) else 0.5) * WIDTH
    _box(axes, middle, 3.2, 3.4, ["In the source", _patients(_count(flow, "source", "entered"))])
    _box(axes, middle, 1.85, 3.4, ["In the cohort", _words(flow, "patients")])
    _arrow(axes, (middle, 2.9), (middle, 2.16))
    if len(refused):
        lines = refusal_lines(refused)
        _box(axes, 0.73 * WIDTH, 2.53, 5.2, [f"Refused: {_patients(int(refused['patients'].sum()))}", *lines], "left", PALETTE[1])
        _arrow(axes, (middle, 2.53), (0.73 * WIDTH - 2.6, 2.53))
    boxes = [[words, _words(flow, role)] for role, words in ROLES.items()]
    if _count(flow, "first fold", "absent"):
        boxes.append(["In no part of it", _words(flow, "first fold", "absent")])
    _draw_roles(axes, middle, boxes)


def _draw_roles(axes: Axes, middle: float, boxes: list[list[str]]) -> None:
    """The boxes side by side, below a line that comes from the cohort."""
    room = (WIDTH - 0.1) / len(boxes)
    places = [0.05 + room * (place + 0.5) for place in range(len(boxes))]
    axes.plot([middle, middle], [1.54, 1.15], color=GREY, linewidth=1)
    axes.plot([min(middle, places[0]), max(middle, places[-1])], [1.15, 1.15], color=GREY, linewidth=1)
    for place, lines in zip(places, boxes, strict=True):
        _arrow(axes, (place, 1.15), (place, 0.72))
        _box(axes, place, 0.4, room - 0.25, lines)


def _box(axes: Axes, x: float, y: float, width: float, lines: list[str], align: str = "center", edge: str = GREY) -> None:
    """A box around ``(x, y)``, its first line a heading."""
    height = LINE * len(lines) + 0.22
    corner = (x - width / 2, y - height / 2)
    axes.add_patch(
        FancyBboxPatch(corner, width, height, "round,pad=0,rounding_size=0.06", facecolor="white", edgecolor=edge, linewidth=1.1)
    )
    left = x if align == "center" else corner[0] + 0.12
    for place, line in enumerate(lines):
        heading = place == 0
        at = y + LINE * ((len(lines) - 1) / 2 - place)
        axes.text(
            left, at, line, ha=align, va="center", fontsize=10 if heading else 9, fontweight="bold" if heading else "normal", color=INK
        )


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": GREY, "linewidth": 1, "shrinkA": 0, "shrinkB": 0})


def _draw_modalities(axes: Axes, flow: pd.DataFrame, modalities: list[str]) -> None:
    patients = _count(flow, "patients", "kept")
    for place, name in enumerate(modalities):
        kept, absent = _count(flow, name, "kept"), _count(flow, name, "absent")
        start = 0
        for n, (_, colour) in zip(
            (kept, patients - kept - absent, absent), LEGEND, strict=True
        ):  # some refusals are of nobody in the cohort
            axes.barh(place, n, left=start, height=0.5, color=colour)
            start += n
        axes.text(1.02 * patients, place, _said(flow, name), va="center", fontsize=8.5)
    axes.set_yticks(range(len(modalities)), modalities)
    axes.set(xlim=(0, 2.3 * patients), ylim=(len(modalities) - 0.5, -0.5))
    axes.set_title("What is known of the patients of the cohort")
    handles = [Patch(color=colour, label=words) for words, colour in LEGEND]
    axes.legend(handles=handles, loc="lower right", bbox_to_anchor=(1, 1), ncols=3, borderaxespad=0.2)
    axes.tick_params(length=0)
    axes.set_xticks([])
    axes.spines[:].set_visible(False)


def _said(flow: pd.DataFrame, name: str) -> str:
    refused = refusal_lines(_of(flow, name, "refused"), most=3)
    words = f"{_count(flow, name, 'kept'):,} have it, {_count(flow, name, 'absent'):,} have none"
    return "\n".join([words, *([shorten("refused: " + "; ".join(refused), 88, placeholder=" …")] if refused else [])])
