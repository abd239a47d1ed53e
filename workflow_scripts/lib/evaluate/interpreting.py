"""Whether a model looks where the mask is, and how much of its risk is of which branch: scores with intervals."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.lib.contracts.explanations import ATTENTION_AGREEMENT, EXPLANATION_SCORES
from workflow_scripts.lib.survival.metrics.bootstrap import interval, multiplicities
from workflow_scripts.lib.survival.metrics.ratios import ratio, weighted_mean

COVERED = 0.25  # a patch is in the mask where more than this part of it is
PIXELS, ALL_GROUPS = "pixels", "mean over groups"

Scored = Callable[[np.ndarray, np.ndarray], np.ndarray]


def read_grey(path: str | Path) -> np.ndarray:
    """A standardised image or mask (side, side) of 0..255."""
    from PIL import Image

    with Image.open(path) as image:
        return np.asarray(image)


def patches_inside(mask: np.ndarray, patches: int) -> np.ndarray:
    """Which patches of a grid with so many ``patches`` along a side lie in the ``mask`` (side, side), row by row: (patches²,)."""
    size = len(mask) // patches
    return ((mask > 0).reshape(patches, size, patches, size).mean((1, 3)) > COVERED).ravel()


def attention_auc(values: np.ndarray, inside: np.ndarray) -> float:
    """Probability that a patch ``inside`` (p,) has a higher value (p,) than one outside, ties counting half (`hanley1982`)."""
    own = int(inside.sum())
    ranks = pd.Series(values).rank().to_numpy()[inside].sum()
    return float((ranks - own * (own + 1) / 2) / (own * (len(values) - own)))


def with_all_groups(attention: pd.DataFrame) -> pd.DataFrame:
    """Rows of the attention contract, and for models with groups of features the mean over these as one more view."""
    groups = attention[attention["view"] != PIXELS].groupby(["patient_id", "patches"])["values"]
    mean = groups.agg(lambda values: np.mean(np.stack(list(values)), axis=0)).reset_index()
    return pd.concat([attention, mean.assign(view=ALL_GROUPS)]) if len(mean) else attention


def agreement_rows(attention: pd.DataFrame, masks: Mapping[str, Path], fold: str) -> pd.DataFrame:
    """Rows of the attention_agreement contract, from those of the attention contract of one fold and the masks by patient."""
    rows = []
    seen = with_all_groups(attention[attention["patient_id"].isin(masks)])
    for (patient, patches), own in seen.groupby(["patient_id", "patches"]):
        inside = patches_inside(read_grey(masks[patient]), patches)
        if inside.any() and not inside.all():
            values = zip(own["view"], own["values"], strict=True)
            rows += [(fold, patient, view, attention_auc(v, inside), float(v[inside].sum()), inside.mean()) for view, v in values]
    return pd.DataFrame(rows, columns=ATTENTION_AGREEMENT.schema().names)


def deviation_shares(parts: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """By branch, the mean absolute deviation of its ``parts`` (n, branches) from their mean, over the sum of all branches': under each
    row of ``weights`` (b, n), (b, branches). NaN where nothing deviates."""
    middle = weighted_mean(parts, weights)
    columns = [(weights * np.abs(own - mid[:, None])).sum(axis=1) for own, mid in zip(parts.T, middle.T, strict=True)]
    found = np.stack(columns, axis=1)
    return ratio(found, found.sum(axis=1, keepdims=True))


def score_rows(metric: str, score: Scored, folds: Mapping[str, pd.DataFrame], resamples: int, seed: int) -> pd.DataFrame:
    """Rows of the explanation_scores contract; of each fold, by patient, what ``score`` makes its number of, a column per view.

    Intervals are percentiles over resamples of the patients, the same in all folds, and over resamples of the folds.
    """
    patients = pd.Index(sorted({patient for rows in folds.values() for patient in rows.index}))
    drawn = multiplicities(len(patients), resamples, seed)
    found = np.stack([score(rows.to_numpy(), drawn[:, patients.get_indexer(rows.index)]) for rows in folds.values()])  # (folds, b, views)
    means, other = found.mean(axis=0), weighted_mean(found[:, 0], multiplicities(len(folds), resamples, seed))
    nothing = (np.nan,) * 4
    lines = []
    for place, view in enumerate(next(iter(folds.values())).columns):
        four = (*interval(means[1:, place]), *interval(other[1:, place]))
        lines.append((metric, view, "all", means[0, place], *four, len(patients)))
        lines += [(metric, view, fold, found[at, 0, place], *nothing, len(rows)) for at, (fold, rows) in enumerate(folds.items())]
    return pd.DataFrame(lines, columns=EXPLANATION_SCORES.schema().names)


def score_all(agreement: pd.DataFrame, risks: Mapping[str, pd.DataFrame], resamples: int, seed: int) -> pd.DataFrame:
    """All rows of the explanation_scores contract: from those of attention_agreement, none without masks, and by fold of branch_risks."""
    scored = agreement.assign(gain=agreement["mass"] / agreement["area"])
    parts = [score_rows(name, weighted_mean, by_fold(scored, name), resamples, seed) for name in ("auc", "gain") if len(scored)]
    shares = {fold: rows.pivot(index="patient_id", columns="branch", values="log_risk") for fold, rows in risks.items()}
    return pd.concat([*parts, score_rows("share", deviation_shares, shares, resamples, seed)])


def by_fold(agreement: pd.DataFrame, column: str) -> dict[str, pd.DataFrame]:
    """By fold, a ``column`` with a row per patient and a column per view."""
    return {str(fold): rows.pivot(index="patient_id", columns="view", values=column) for fold, rows in agreement.groupby("fold")}


def mask_paths(standardised: pd.DataFrame, folder: Path, patients: Iterable[str]) -> dict[str, Path]:
    """The masks of those of ``patients`` whose standardised image has one, in the bundle's ``folder``."""
    found = standardised[standardised["mask_path"].notna() & standardised["patient_id"].isin(set(patients))]
    return {patient: folder / path for patient, path in zip(found["patient_id"], found["mask_path"], strict=True)}
