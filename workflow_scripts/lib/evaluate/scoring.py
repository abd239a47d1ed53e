"""Every metric of a family's answers, on the sample and on the same resamples of the patients for all families."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import pandas as pd

from workflow_scripts.lib.evaluate.answers import Answers
from workflow_scripts.lib.survival.metrics.agreement import curve_distance, spearman
from workflow_scripts.lib.survival.metrics.auc import cumulative_dynamic_auc, mean_auc
from workflow_scripts.lib.survival.metrics.brier import brier_terms, integrated
from workflow_scripts.lib.survival.metrics.calibration import calibration_slope, d_calibration, grouped_risk, risk_groups
from workflow_scripts.lib.survival.metrics.concordance import antolini_c, harrell_c, uno_c
from workflow_scripts.lib.survival.metrics.ratios import ratio, weighted_mean
from workflow_scripts.lib.survival.metrics.smooth_calibration import calibration_distances, spline_basis
from workflow_scripts.lib.survival.outcome import Outcome

Values = dict[str, np.ndarray]


@dataclass(frozen=True)
class Score:
    """One metric of one output in one fold or repeat: ``values`` (b,), the first on the sample itself."""

    output: str
    metric: str
    fold: str
    values: np.ndarray
    n_patients: int
    n_events: int


def score_answers(
    answers: Iterable[Answers], teacher: Mapping[str, Answers], horizons: Sequence[int], groups: int, weights: np.ndarray
) -> Iterator[Score]:
    """All metrics under each row of ``weights`` (b, patients of the cohort).

    Ranking and curves are judged within each fold, where risks are comparable; calibration on the folds of a repeat
    together, where there are enough patients in each group. ``answers`` come output by output and fold by fold;
    ``teacher`` has the answers that a student was to learn, by fold, and is empty for families without a teacher.
    """
    for (_, repeat), members in groupby(answers, key=lambda one: (one.output, one.fold.repeat)):
        together = list(members)
        for one in together:
            held, spoken = weights[:, one.rows], teacher.get(one.fold.name)
            found = ranking(one, held) | curves(one, horizons, held) | {"parse_rate": parse_rate(one, weights)}
            yield from _scores([one], one.fold.name, found | (agreement(one, spoken, weights) if spoken else {}))
        yield from _scores(together, repeat, calibration(together, horizons, groups, weights))


def ranking(one: Answers, weights: np.ndarray) -> Values:
    """Who comes first: metrics of the log-risk, and C^td of the curves; ``weights`` (b, m) of the patients answered."""
    risk, outcome, fold = one.said.log_risk, one.outcome, one.fold
    auc = cumulative_dynamic_auc(risk, outcome, weights, fold.grid.days, fold.censoring)
    return {
        "harrell_c": harrell_c(risk, outcome, weights),
        "uno_c": uno_c(risk, outcome, weights, fold.censoring, fold.grid.edges[-1]),
        "c_td": antolini_c(one.said.survival, fold.grid, outcome, weights),
        "auc": mean_auc(auc, outcome, weights, fold.grid.days),
    }


def curves(one: Answers, horizons: Sequence[int], weights: np.ndarray) -> Values:
    """How far curves are from what happened; a horizon beyond the fold's grid has no score."""
    grid, outcome = one.fold.grid, one.outcome
    terms = brier_terms(one.said.survival, outcome, grid.days, one.fold.censoring)
    found = {"ibs": weighted_mean(integrated(terms, grid.days), weights)}
    for horizon in horizons:
        at = np.array([float(horizon)])
        terms = brier_terms(grid.survival_at(one.said.survival, at), outcome, at, one.fold.censoring)
        found[f"brier@{horizon}"] = weighted_mean(terms[:, 0] if horizon <= grid.edges[-1] else np.full(len(terms), np.nan), weights)
    return found


def parse_rate(one: Answers, weights: np.ndarray) -> np.ndarray:
    """The part of the fold's test patients whose answer could be read; ``weights`` (b, patients of the cohort)."""
    return weighted_mean(one.parsed.astype(float), weights[:, one.fold.rows])


def agreement(one: Answers, teacher: Answers, weights: np.ndarray) -> Values:
    """How closely a student follows its teacher, on the patients that both answered."""
    both = one.parsed & teacher.parsed
    student, spoken = one.said.take(both[one.parsed]), teacher.said.take(both[teacher.parsed])
    held = weights[:, one.fold.rows[both]]
    return {
        "spearman_teacher": spearman(student.log_risk, spoken.log_risk, held),
        "mae_teacher": curve_distance(student.survival, spoken.survival, held),
    }


def calibration(together: list[Answers], horizons: Sequence[int], groups: int, weights: np.ndarray) -> Values:
    """Do probabilities come true, over the folds of one repeat? Patients whose fold's grid ends before a horizon are left out of it."""
    statistic, p_value = _d_calibration(together, weights)
    found = {"d_calibration": statistic, "d_calibration_p": p_value}
    for horizon in horizons:
        reaching = [one for one in together if horizon <= one.fold.grid.edges[-1]]
        found |= {f"{name}@{horizon}": values for name, values in _calibration_at(horizon, reaching, groups, weights).items()}
    return found


def fold_rows(scores: Sequence[Score]) -> pd.DataFrame:
    """Rows of the fold_metrics contract."""
    return pd.DataFrame(
        {
            **{name: [getattr(score, name) for score in scores] for name in ("output", "metric", "fold", "n_patients", "n_events")},
            "value": [score.values[0] for score in scores],
        }
    )


def replicate_rows(scores: Sequence[Score]) -> pd.DataFrame:
    """Rows of the replicates contract: each metric's mean over the folds (or repeats) where it is defined."""
    gathered: dict[tuple[str, str], list[np.ndarray]] = {}
    for score in scores:
        gathered.setdefault((score.output, score.metric), []).append(score.values)
    means = np.array([ratio(np.nansum(values, axis=0), np.isfinite(values).sum(axis=0)) for values in gathered.values()])
    names = np.array(list(gathered), dtype=object)
    return pd.DataFrame(
        {
            "output": np.repeat(names[:, 0], means.shape[1]),
            "metric": np.repeat(names[:, 1], means.shape[1]),
            "replicate": np.tile(np.arange(means.shape[1]), len(names)),
            "value": means.ravel(),
        }
    )


def _scores(together: list[Answers], fold: str, found: Values) -> Iterator[Score]:
    events = [one.fold.outcome.event for one in together]
    patients, seen = sum(event.size for event in events), sum(int(event.sum()) for event in events)
    return (Score(together[0].output, metric, fold, values, patients, seen) for metric, values in found.items())


def _calibration_at(horizon: int, together: list[Answers], groups: int, weights: np.ndarray) -> Values:
    predicted = _pool(together, lambda one: 1 - one.fold.grid.survival_at(one.said.survival, np.array([horizon]))[:, 0])
    outcome, held = _outcome(together), weights[:, _rows(together)]
    slope = calibration_slope(*grouped_risk(predicted, outcome, horizon, risk_groups(predicted, groups), held))
    ici, e50, e90 = calibration_distances(predicted, outcome, horizon, spline_basis(predicted), held)
    return {"slope": slope, "slope_deviation": np.abs(1 - slope), "ici": ici, "e50": e50, "e90": e90}


def _d_calibration(together: list[Answers], weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Curves are read at each patient's last day; what happened after a grid's end is a censoring at its end."""
    then = _pool(together, lambda one: np.diagonal(one.fold.grid.survival_at(one.said.survival, one.outcome.days)))
    event = _pool(together, lambda one: one.outcome.event & (one.outcome.days <= one.fold.grid.edges[-1]), bool)
    return d_calibration(then, event, weights[:, _rows(together)])


def _rows(together: list[Answers]) -> np.ndarray:
    return _pool(together, lambda one: one.rows, int)


def _outcome(together: list[Answers]) -> Outcome:
    return Outcome(_pool(together, lambda one: one.outcome.days), _pool(together, lambda one: one.outcome.event, bool))


def _pool(together: list[Answers], read: Callable[[Answers], np.ndarray], kind: type = float) -> np.ndarray:
    return np.concatenate([np.zeros(0, kind), *(read(one) for one in together)])
