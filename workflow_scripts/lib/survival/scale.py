"""Risk as a training percentile."""

from dataclasses import dataclass

import numpy as np

NUMBERS = 100


@dataclass(frozen=True)
class RiskScale:
    """Log-risks of training patients at 0, 1, … 100 percent: ``quantiles`` (101,), rising.

    The number written is the whole percent, 0 to 99; risks beyond those of the training patients get 0 or 99.
    """

    quantiles: np.ndarray

    def number(self, log_risk: np.ndarray) -> np.ndarray:
        """Log-risks (n,) → whole percentiles (n,), 0..99. Tied quantiles are read at their middle."""
        below = np.searchsorted(self.quantiles, log_risk, side="left")
        upto = np.searchsorted(self.quantiles, log_risk, side="right")
        inside = np.interp(log_risk, self.quantiles, np.arange(NUMBERS + 1.0))
        percent = np.where(upto > below, (below + upto - 1) / 2, inside)
        return np.clip(np.floor(percent), 0, NUMBERS - 1)


def fit_scale(log_risk: np.ndarray) -> RiskScale:
    """Fit on log-risks (n,) of training patients, out of fold where the model is one that overfits."""
    return RiskScale(np.quantile(log_risk, np.linspace(0, 1, NUMBERS + 1)))
