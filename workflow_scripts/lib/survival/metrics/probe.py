"""What hidden states know of a risk: a linear probe, and the risk of neighbours."""

import numpy as np

PENALTIES = np.logspace(-2, 4, 13)
PROBE_FOLDS = 5


def probe_r2(states: np.ndarray, risk: np.ndarray, seed: int) -> float:
    """Cross-validated R² of a ridge regression from ``states`` (n, d) to ``risk`` (n,): 1 is perfect, 0 is no better than the mean.

    Standardisation, penalty and coefficients are fitted on four fifths of the patients, the rest is predicted (`alain2016`).
    Below 0 where the probe finds nothing. NaN where the risk does not vary or there are fewer patients than two per part.
    """
    from sklearn.linear_model import RidgeCV
    from sklearn.metrics import r2_score
    from sklearn.model_selection import KFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if len(risk) < 2 * PROBE_FOLDS or np.ptp(risk) == 0:
        return float("nan")
    probe = make_pipeline(StandardScaler(), RidgeCV(PENALTIES))
    parts = KFold(PROBE_FOLDS, shuffle=True, random_state=seed)
    return float(r2_score(risk, cross_val_predict(probe, states, risk, cv=parts)))


def neighbour_risk(states: np.ndarray, risk: np.ndarray, neighbours: int) -> np.ndarray:
    """Mean ``risk`` (n,) of each patient's nearest others in ``states`` (n, d), standardised, by straight distance: (n,).

    The patient is never a neighbour of itself; with fewer than ``neighbours`` others, all others are.
    """
    spread = states.std(axis=0)
    scaled = (states - states.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    square = (scaled**2).sum(axis=1)
    distance = square[:, None] + square - 2 * scaled @ scaled.T  # (n, n)
    np.fill_diagonal(distance, np.inf)
    nearest = np.argsort(distance, axis=1, kind="stable")[:, : min(neighbours, len(risk) - 1)]
    return risk[nearest].mean(axis=1)
