"""Which differences between families, on the same patients, are more than chance; and the leaderboard."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workflow_scripts.lib.survival.metrics.bootstrap import holm, interval, p_value

COMPARED = ("harrell_c", "uno_c", "c_td", "auc", "ibs")
TEACHER = "teacher"


@dataclass(frozen=True)
class Contender:
    """A family: the output that stands for it, and the teacher output it follows, if any."""

    family: str
    output: str
    teacher: str | None = None


def pairs_of(contenders: Sequence[Contender], references: Sequence[str]) -> list[tuple[Contender, Contender]]:
    """Who is compared with whom: each family with every reference and with its own teacher.

    A student of the `average` teacher, which knows every statistical model, also meets every family without a teacher.
    """
    pairs = []
    for one in contenders:
        met = [other for other in contenders if other.family in references or (one.teacher == "average" and other.teacher is None)]
        pairs += [(one, other) for other in met if other is not one]
        if one.teacher is not None:
            pairs.append((one, Contender(TEACHER, one.teacher)))
    return pairs


def compare(replicates: Mapping[str, pd.DataFrame], pairs: Sequence[tuple[Contender, Contender]], cohort: str) -> pd.DataFrame:
    """Rows of the comparisons contract, from the replicates of each family (and of the teacher) by name.

    Replicate by replicate the resample is the same for all, so that differences are paired. p-values are corrected
    (Holm) over the comparisons of each metric; two families that are set beside each other both ways are one.
    """
    values = {name: series_of(table) for name, table in replicates.items()}
    rows = []
    for metric in COMPARED:
        differences = [values[one.family][one.output, metric] - values[other.family][other.output, metric] for one, other in pairs]
        chance = {frozenset(pair): p_value(difference[1:]) for pair, difference in zip(pairs, differences, strict=True)}
        corrected = dict(zip(chance, holm(np.array([*chance.values()])), strict=True))
        for (one, other), difference in zip(pairs, differences, strict=True):
            lower, upper = interval(difference[1:])
            reference = f"{TEACHER}:{other.output}" if other.family == TEACHER else other.family
            rows.append((cohort, one.family, reference, metric, difference[0], lower, upper, corrected[frozenset((one, other))]))
    columns = ["cohort", "family", "reference", "metric", "difference", "lower", "upper", "p_value"]
    return pd.DataFrame(rows, columns=columns)


def leaderboard(cohort: str, family: str, fold_metrics: pd.DataFrame, replicates: pd.DataFrame) -> pd.DataFrame:
    """Rows of the leaderboard contract for one family of one cohort.

    Patients are counted once, however many repeats tested them: as in the repeat with the most.
    """
    repeat = fold_metrics["fold"].str.split("f").str[0].rename("repeat")
    counts = fold_metrics.groupby(["output", "metric", repeat])[["n_patients", "n_events"]].sum().groupby(["output", "metric"]).max()
    rows = []
    for (output, metric), values in series_of(replicates).items():
        n_patients, n_events = counts.loc[(output, metric)]
        rows.append((cohort, family, output, metric, values[0], *interval(values[1:]), n_patients, n_events))
    columns = ["cohort", "family", "output", "metric", "mean", "lower", "upper", "n_patients", "n_events"]
    return pd.DataFrame(rows, columns=columns)


def series_of(replicates: pd.DataFrame) -> dict[tuple[str, str], np.ndarray]:
    """Each output's metrics as values (b,), the first on the sample itself."""
    ordered = replicates.sort_values("replicate", kind="stable")
    return {name: rows.to_numpy() for name, rows in ordered.groupby(["output", "metric"])["value"]}
