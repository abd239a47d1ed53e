"""What figures show: the main output of every family, and the teachers they follow, on held-out patients of the first repeat."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workflow_scripts.lib.contracts.ingest import read_cohort
from workflow_scripts.lib.evaluate.answers import Answers, Fold, read_answers, read_folds
from workflow_scripts.lib.evaluate.style import TEACHER, name_of
from workflow_scripts.lib.survival.metrics.calibration import risk_groups
from workflow_scripts.lib.survival.outcome import Outcome


@dataclass(frozen=True)
class Shown:
    """The cohort's outcomes, the folds of the first repeat, and by name what was answered in each of these folds."""

    outcome: Outcome
    folds: list[Fold]
    answers: dict[str, list[Answers]]

    @property
    def last_day(self) -> float:
        """The last day on which every fold states curves."""
        return min(float(fold.grid.edges[-1]) for fold in self.folds)


def read_shown(
    patients: str | Path, folds: str | Path, time_grid: str | Path, predictions: Sequence[str | Path], shown: Sequence[tuple[str, str]]
) -> Shown:
    """Read ``predictions``: for each [family, output] of ``shown`` in turn, those of every fold of the first repeat.

    Raises StageRefusal when an output is not in its family's predictions, or misses patients.
    """
    cohort = read_cohort(patients)
    every = read_folds(folds, time_grid, cohort)
    first = [fold for fold in every if fold.repeat == every[0].repeat]
    answers = {}
    for place, (family, output) in enumerate(shown):
        paths = predictions[place * len(first) : (place + 1) * len(first)]
        answers[shown_name(family, output)] = list(read_answers(paths, first, cohort, output))
    return Shown(cohort.outcome, first, answers)


def shown_name(family: str, output: str) -> str:
    """Families go by their own name, teachers by the output that speaks."""
    return name_of(family, output if family == TEACHER else None)


def pooled(answers: Sequence[Answers], read: Callable[[Answers], np.ndarray]) -> np.ndarray:
    """What ``read`` finds in each fold's answers, one fold after the other."""
    return np.concatenate([read(one) for one in answers])


def pooled_outcome(answers: Sequence[Answers]) -> Outcome:
    """The outcomes of the patients answered, one fold after the other."""
    return Outcome(pooled(answers, lambda one: one.outcome.days), pooled(answers, lambda one: one.outcome.event))


def thirds(answers: Sequence[Answers]) -> np.ndarray:
    """0, 1 or 2 for the third of predicted risk each patient answered is in (m,), third by third *within* a fold.

    Log-risks of different folds come from different models and cannot be compared. Tied risks stay together, so that
    thirds may be of unequal size or empty.
    """
    return pooled(answers, lambda one: risk_groups(one.said.log_risk, 3))
