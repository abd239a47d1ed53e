"""Cox regression on a few columns, for many weightings of the same patients at once (Breslow's ties)."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from workflow_scripts.lib.survival.outcome import Outcome

ROWS_AT_ONCE = 64  # so that what one Newton step touches stays in the processor's cache
MOST_STEPS = 25
LONGEST_STEP = 2.0
STEP_DONE = 1e-5  # Newton squares its error: what is left after such a step is below 1e-9
SINGULAR = 1e-9
TINY = 1e-300


@dataclass(frozen=True)
class RiskSets:
    """Patients from the longest follow-up to the shortest, so that sums over a risk set are running sums.

    ``order`` (n,) takes patients there; ``cases`` (m,) are the positions of events and ``last`` (m,) the last
    position of each event's risk set; ``first_case`` (n,) is the first event whose risk set holds a patient.
    """

    order: np.ndarray
    cases: np.ndarray
    last: np.ndarray
    first_case: np.ndarray

    @classmethod
    def of(cls, outcome: Outcome) -> "RiskSets":
        """The risk sets of an outcome."""
        order = np.argsort(-outcome.days, kind="stable")
        falling = -outcome.days[order]
        cases = np.flatnonzero(outcome.event[order])
        last = np.searchsorted(falling, falling[cases], side="right") - 1
        return cls(order, cases, last, np.searchsorted(last, np.arange(len(order))))


def cox_coefficients(columns: np.ndarray, outcome: Outcome, weights: np.ndarray) -> np.ndarray:
    """Coefficients of ``columns`` (n, p) under each row of ``weights`` (b, n): (b, p), by Newton's method.

    NaN for a row without a finite maximum: no event, columns that do not vary or are collinear, or a risk that
    separates the events perfectly. The search starts from the first row's answer.
    """
    sets = RiskSets.of(outcome)
    centred = (columns - columns.mean(axis=0))[sets.order] if len(columns) else columns
    basis, back = np.linalg.qr(centred)  # uncorrelated columns of spread 1, in which steps have one scale
    spread = np.abs(np.diag(back))
    coefficients = np.full((len(weights), columns.shape[1]), np.nan)
    if len(columns) <= columns.shape[1] or spread.min() <= SINGULAR * max(np.abs(columns).max(), 1.0):
        return coefficients
    basis, back = basis * np.sqrt(len(columns)), back / np.sqrt(len(columns))
    first = _newton(basis, sets, weights[:1, sets.order], np.zeros(columns.shape[1]))
    start = np.nan_to_num(first[0])
    for rows in row_blocks(len(weights)):
        coefficients[rows] = _newton(basis, sets, weights[rows][:, sets.order], start)
    return np.linalg.solve(back, coefficients.T).T


def event_probability(columns: np.ndarray, outcome: Outcome, weights: np.ndarray, coefficients: np.ndarray, day: float) -> np.ndarray:
    """Each patient's probability of the event by ``day`` under the fitted models, with Breslow's baseline: (b, n)."""
    sets = RiskSets.of(outcome)
    relative = np.exp(coefficients @ (columns - columns.mean(axis=0)).T)  # (b, n)
    ordered = weights[:, sets.order]
    at_risk = np.cumsum(ordered * relative[:, sets.order], axis=1)[:, sets.last]
    in_time = outcome.days[sets.order][sets.cases] <= day
    hazard = (ordered[:, sets.cases] / np.maximum(at_risk, TINY))[:, in_time].sum(axis=1)
    return -np.expm1(-hazard[:, None] * relative)


def row_blocks(rows: int) -> Iterator[slice]:
    """Slices that cut ``rows`` into blocks that fit the cache."""
    return (slice(start, start + ROWS_AT_ONCE) for start in range(0, rows, ROWS_AT_ONCE))


def _newton(basis: np.ndarray, sets: RiskSets, weights: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Coefficients (b, p) on ``basis`` (n, p), with patients in the order of ``sets``; NaN where there is no maximum."""
    found = np.tile(start, (len(weights), 1))
    open_rows = np.arange(len(weights))
    with np.errstate(over="ignore", invalid="ignore"):  # a row that runs away ends as NaN
        for _ in range(MOST_STEPS):
            step = _newton_step(*_score_and_information(basis, sets, weights[open_rows], found[open_rows]))
            found[open_rows] += step
            open_rows = open_rows[np.abs(step).max(axis=1) > STEP_DONE]
            if not open_rows.size:
                break
    found[open_rows] = np.nan
    return found


def _score_and_information(
    basis: np.ndarray, sets: RiskSets, weights: np.ndarray, coefficients: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Gradient (b, p) and negative Hessian (b, p, p) of the weighted partial log-likelihood."""
    p = basis.shape[1]
    risk = weights * np.exp(coefficients @ basis.T)  # (b, n)
    at_risk = np.maximum(np.cumsum(risk, axis=1)[:, sets.last], TINY)  # (b, m)
    case_weights = weights[:, sets.cases]
    means = np.stack([np.cumsum(risk * column, axis=1)[:, sets.last] for column in basis.T]) / at_risk  # (p, b, m)
    score = case_weights @ basis[sets.cases] - np.einsum("bm,pbm->bp", case_weights, means)
    hazard = np.zeros((len(weights), sets.cases.size + 1))
    hazard[:, :-1] = np.cumsum((case_weights / at_risk)[:, ::-1], axis=1)[:, ::-1]
    squares = (basis[:, :, None] * basis[:, None, :]).reshape(-1, p * p)
    second = ((risk * hazard[:, sets.first_case]) @ squares).reshape(-1, p, p)
    return score, second - np.einsum("bm,pbm,qbm->bpq", case_weights, means, means)


def _newton_step(score: np.ndarray, information: np.ndarray) -> np.ndarray:
    """Steps (b, p), none longer than LONGEST_STEP; NaN where the information is singular."""
    usable = np.isfinite(information).all(axis=(1, 2)) & np.isfinite(score).all(axis=1)
    eigenvalues = np.linalg.eigvalsh(np.where(usable[:, None, None], information, 0.0))
    usable &= eigenvalues[:, 0] > SINGULAR * np.maximum(eigenvalues[:, -1], 1.0)
    information = np.where(usable[:, None, None], information, np.eye(score.shape[1]))
    step = np.linalg.solve(information, np.where(usable[:, None], score, np.nan)[:, :, None])[:, :, 0]
    return step * np.minimum(1.0, LONGEST_STEP / np.maximum(np.linalg.norm(step, axis=1, keepdims=True), TINY))
