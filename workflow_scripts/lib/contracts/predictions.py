"""The one interface between families and the rest: what was predicted for whom."""

import numpy as np
import pandas as pd

from workflow_scripts.lib.contracts.base import CURVE, FLAG, NUMBER, STRING, Contract, Field

PREDICTIONS = Contract(
    "predictions",
    (
        Field("fold", STRING, "the fold in which the model was fitted"),
        Field("patient_id", STRING, "the patient"),
        Field("role", STRING, "the patient's role in that fold"),
        Field("output", STRING, "which of the family's answers this is; the first listed in the config is its main one"),
        Field("log_risk", NUMBER, "higher is worse; comparable within a fold only", nullable=True),
        Field("survival", CURVE, "probability of being event-free at each right edge of the fold's time grid", nullable=True),
        Field("parsed", FLAG, "False where the model's answer could not be read; log_risk and survival are then null"),
        Field("text", STRING, "what the model wrote, where it writes", nullable=True),
    ),
    key=("fold", "patient_id", "output"),
    checks=(
        ("an answer that was parsed has a risk and a curve", lambda rows: rows["parsed"] == rows["log_risk"].notna()),
        ("survival lies in 0..1 and never rises", lambda rows: rows["survival"].map(is_curve)),
    ),
)


def is_curve(curve: object) -> bool:
    """Whether ``curve`` (k,) is one of survival, or there is none."""
    if curve is None:
        return True
    values = np.asarray(curve, dtype=float)
    return bool(np.all((values >= 0) & (values <= 1)) and np.all(np.diff(values) <= 1e-9))


def prediction_rows(
    fold: str, roles: pd.DataFrame, output: str, log_risk: np.ndarray, survival: np.ndarray, text: list[str] | None = None
) -> pd.DataFrame:
    """Rows of the predictions contract for patients of ``roles`` (n); a NaN risk (n,) is an unparsed answer; survival (n, k)."""
    parsed = np.isfinite(log_risk)
    return pd.DataFrame(
        {
            "fold": fold,
            "patient_id": roles["patient_id"].to_numpy(),
            "role": roles["role"].to_numpy(),
            "output": output,
            "log_risk": np.where(parsed, log_risk, np.nan),
            "survival": [list(curve) if ok else None for curve, ok in zip(survival, parsed, strict=True)],
            "parsed": parsed,
            "text": text if text is not None else [None] * len(roles),
        }
    )
