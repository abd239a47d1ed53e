"""Which patients are shown in full, and what is said of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workflow_scripts.lib.prompts.wording import say_days
from workflow_scripts.lib.survival.outcome import TimeGrid
from workflow_scripts.lib.survival.scale import RiskScale, fit_scale


@dataclass(frozen=True)
class Example:
    """One patient: what the student read, and a table of what was said, a column for the teacher and one for each output."""

    prompt: str
    header: list[str]
    rows: list[list[str]]


def spread_over_risk(risk: pd.Series, count: int) -> list[str]:
    """``count`` patients, or all where there are fewer, at even steps from the lowest to the highest ``risk`` (by patient)."""
    order = risk.sort_values(kind="stable").index
    return list(order[np.unique(np.linspace(0, len(order) - 1, min(count, len(order))).round().astype(int))])


def examples_of(
    prompts: pd.DataFrame, predictions: pd.DataFrame, teacher: pd.DataFrame, grid: TimeGrid, horizons: Sequence[int], count: int
) -> list[Example]:
    """``count`` test patients, from the rows of one fold in the contracts of these names.

    Risks are given as percentiles among the teacher's log-risks of the training patients: the scale that the student was
    taught to write.
    """
    own = prompts[prompts["copy"] == 0]
    scale = fit_scale(own.loc[own["role"] == "train", "teacher_log_risk"].to_numpy())
    test = own[own["role"] == "test"].set_index("patient_id")
    said = {"teacher": teacher.set_index("patient_id")}
    said |= {f"student: {name}": rows.set_index("patient_id") for name, rows in predictions.groupby("output")}
    reached = [day for day in horizons if day <= grid.edges[-1]]
    chosen = spread_over_risk(test["teacher_log_risk"], count)
    return [_example(test.loc[one], {name: rows.loc[one] for name, rows in said.items()}, scale, grid, reached) for one in chosen]


def _example(asked: pd.Series, said: dict[str, pd.Series], scale: RiskScale, grid: TimeGrid, horizons: Sequence[int]) -> Example:
    taught = asked["completion"].strip()
    rows = [["answer in words", *(taught if name == "teacher" else (answer["text"] or "–").strip() for name, answer in said.items())]]
    rows.append(["risk, percentile", *(_percentile(scale, answer) for answer in said.values())])
    rows += [[f"event-free at {say_days(day)}", *(_percent(grid, answer, day) for answer in said.values())] for day in horizons]
    return Example(asked["prompt"], ["", *said], rows)


def _percentile(scale: RiskScale, answer: pd.Series) -> str:
    return f"{np.interp(answer['log_risk'], scale.quantiles, np.arange(len(scale.quantiles))):.1f}" if answer["parsed"] else "not read"


def _percent(grid: TimeGrid, answer: pd.Series, day: float) -> str:
    if not answer["parsed"]:
        return "not read"
    return f"{100 * grid.survival_at(np.array([answer['survival']], dtype=float), np.array([float(day)]))[0, 0]:.0f} %"
