"""The statistical estimators, fitted by scikit-survival and kept as plain arrays.

Each ``fit_*`` takes a design matrix (n, p), the outcome, the days (k,) at which curves are stated, its settings
and a seed, and returns arrays; ``predict`` turns arrays and a design matrix into log-risks and curves.
"""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.survival.cox import breslow, partial_log_likelihood, proportional_curves
from workflow_scripts.lib.survival.outcome import Outcome, log_risk_of
from workflow_scripts.lib.survival.trees import ensemble_arrays, ensemble_sum

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Prognosis:
    """What an estimator says of n patients: ``log_risk`` (n,), higher is worse, and ``survival`` (n, k)."""

    log_risk: np.ndarray
    survival: np.ndarray

    def take(self, rows: np.ndarray) -> "Prognosis":
        """Of the patients at positions ``rows``."""
        return Prognosis(self.log_risk[rows], self.survival[rows])


def fit_cox(design: np.ndarray, outcome: Outcome, days: np.ndarray, *, penalties: list[float], inner_folds: int, seed: int) -> Arrays:
    """Ridge Cox regression, Breslow's ties, the penalty with the best cross-validated partial likelihood (`simon2011`)."""

    def coefficients(rows: np.ndarray) -> np.ndarray:
        return np.stack([_ridge(design[rows], outcome[rows], penalty) for penalty in penalties])

    best = choose_penalty(coefficients, design, outcome, inner_folds, seed)
    coef = _ridge(design, outcome, penalties[best])
    return {"coef": coef, "baseline": breslow(design @ coef, outcome, days), "penalty": np.array([penalties[best]])}


def fit_coxnet(
    design: np.ndarray, outcome: Outcome, days: np.ndarray, *, l1_ratio: float, penalties: int, inner_folds: int, seed: int
) -> Arrays:
    """Elastic-net Cox regression, the penalty chosen as for the ridge (`simon2011`)."""
    from sksurv.linear_model import CoxnetSurvivalAnalysis

    path = CoxnetSurvivalAnalysis(l1_ratio=l1_ratio, n_alphas=penalties, alpha_min_ratio=0.01).fit(design, outcome.structured())

    def coefficients(rows: np.ndarray) -> np.ndarray:
        # One by one: as a path, scikit-survival stops where coefficients stay as they are, even if that is at zero.
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "all coefficients are zero")
            models = [CoxnetSurvivalAnalysis(l1_ratio=l1_ratio, alphas=[penalty]) for penalty in path.alphas_]
            return np.stack([model.fit(design[rows], outcome[rows].structured()).coef_[:, 0] for model in models])

    best = choose_penalty(coefficients, design, outcome, inner_folds, seed)
    coef = path.coef_[:, best]
    return {"coef": coef, "baseline": breslow(design @ coef, outcome, days), "penalty": path.alphas_[[best]]}


def choose_penalty(
    coefficients: Callable[[np.ndarray], np.ndarray], design: np.ndarray, outcome: Outcome, inner_folds: int, seed: int
) -> int:
    """Index of the penalty with the highest cross-validated partial likelihood (Verweij and van Houwelingen, `verweij1993`).

    ``coefficients(rows)`` fits every penalty on ``rows`` and returns (penalties, p).
    """
    score = 0.0
    for rows, _ in stratified_parts(outcome.event, inner_folds, seed):
        log_risk = coefficients(rows) @ design.T  # (penalties, n)
        whole = np.array([partial_log_likelihood(risk, outcome) for risk in log_risk])
        score = score + whole - np.array([partial_log_likelihood(risk[rows], outcome[rows]) for risk in log_risk])
    return int(np.argmax(score))


def stratified_parts(event: np.ndarray, parts: int, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Positions of the others and of the part, for each of ``parts`` parts with events (n,) shared evenly among them.

    Raises StageRefusal where there are fewer events than parts.
    """
    from sklearn.model_selection import StratifiedKFold

    if event.sum() < parts:
        raise StageRefusal(
            f"{event.sum()} events among {event.size} training patients, expected at least one for each of {parts} inner folds; "
            "lower inner_folds and teacher.crossfit_folds, or splits.folds"
        )
    yield from StratifiedKFold(parts, shuffle=True, random_state=seed).split(event, event)


def fit_random_forest(design: np.ndarray, outcome: Outcome, days: np.ndarray, *, trees: int, min_samples_leaf: int, seed: int) -> Arrays:
    """Random survival forest; each node keeps its Kaplan-Meier curve at ``days`` (`ishwaran2008`)."""
    from sksurv.ensemble import RandomSurvivalForest

    forest = RandomSurvivalForest(trees, min_samples_leaf=min_samples_leaf, random_state=seed, n_jobs=1).fit(design, outcome.structured())
    last = np.searchsorted(forest.unique_times_, days, side="right")
    grown = [tree.tree_ for tree in forest.estimators_]
    curves = [np.pad(tree.value[:, :, 1], ((0, 0), (1, 0)), constant_values=1.0)[:, last] for tree in grown]
    return ensemble_arrays(grown, curves)


def fit_boosting(
    design: np.ndarray,
    outcome: Outcome,
    days: np.ndarray,
    *,
    trees: int,
    learning_rate: float,
    max_depth: int,
    subsample: float,
    min_samples_leaf: int,
    seed: int,
) -> Arrays:
    """Gradient boosting with the Cox loss; nodes answer log-risk, Breslow gives the baseline."""
    from sksurv.ensemble import GradientBoostingSurvivalAnalysis

    boosting = GradientBoostingSurvivalAnalysis(
        n_estimators=trees,
        learning_rate=learning_rate,
        max_depth=max_depth,
        subsample=subsample,
        min_samples_leaf=min_samples_leaf,
        random_state=seed,
    ).fit(design, outcome.structured())
    grown = [tree.tree_ for tree in boosting.estimators_[:, 0]]
    arrays = ensemble_arrays(grown, [learning_rate * tree.value[:, 0, :] for tree in grown])
    return {**arrays, "baseline": breslow(ensemble_sum(arrays, design)[:, 0], outcome, days)}


FITTERS: dict[str, Callable[..., Arrays]] = {
    "cox": fit_cox,
    "coxnet": fit_coxnet,
    "random_forest": fit_random_forest,
    "boosting": fit_boosting,
}


def predict(name: str, arrays: Arrays, design: np.ndarray) -> Prognosis:
    """What the estimator ``name`` with these ``arrays`` says of the patients of a design matrix (n, p)."""
    if name == "random_forest":
        survival = np.clip(ensemble_sum(arrays, design) / len(arrays["roots"]), 0.0, 1.0)
        return Prognosis(log_risk_of(survival), survival)
    log_risk = ensemble_sum(arrays, design)[:, 0] if name == "boosting" else design @ arrays["coef"]
    return Prognosis(log_risk, proportional_curves(log_risk, arrays["baseline"]))


def average(members: list[Prognosis]) -> Prognosis:
    """The mean of the members' curves, and the log-risk that it implies."""
    survival = np.mean([member.survival for member in members], axis=0)
    return Prognosis(log_risk_of(survival), survival)


def _ridge(design: np.ndarray, outcome: Outcome, penalty: float) -> np.ndarray:
    from sksurv.linear_model import CoxPHSurvivalAnalysis

    return CoxPHSurvivalAnalysis(alpha=penalty, ties="breslow", n_iter=200).fit(design, outcome.structured()).coef_
