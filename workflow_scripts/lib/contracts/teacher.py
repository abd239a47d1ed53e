"""Tables of the teacher stage: curves (out of fold for training patients), the proportional-hazards check, a language model's answers."""

import pandas as pd

from workflow_scripts.lib.contracts.base import CURVE, FLAG, INTEGER, NUMBER, STRING, Contract, Field
from workflow_scripts.lib.contracts.predictions import PREDICTIONS, is_curve

TEACHER_CURVES = Contract(
    "teacher_curves",
    (
        *PREDICTIONS.fields,
        Field("out_of_fold", FLAG, "True where the patient had no part in fitting the model that speaks here"),
        Field("fitted_on", STRING, "which patients the model that speaks here was fitted on"),
    ),
    key=PREDICTIONS.key,
    checks=(*PREDICTIONS.checks, ("every teacher curve is out of fold", lambda rows: rows["out_of_fold"])),
)

PROPORTIONAL_HAZARDS = Contract(
    "proportional_hazards",
    (
        Field("fold", STRING, "the fold"),
        Field("column", STRING, "column of the Cox design matrix"),
        Field("statistic", NUMBER, "chi-square of the scaled Schoenfeld residuals against ranked time"),
        Field("p_value", NUMBER, "probability of a statistic this large under proportional hazards"),
    ),
    key=("fold", "column"),
)


def _answered(rows: pd.DataFrame) -> pd.Series:
    stated = [0 if given is None else len(given) for given in rows["probability"]]
    return pd.Series(stated, index=rows.index) == rows["horizon_days"].map(len).where(rows["rationale"].notna(), 0)


TEACHER_ANSWERS = Contract(
    "teacher_answers",
    (
        Field("patient_id", STRING, "the patient"),
        Field("outcome", STRING, "how the answer was read: strict, tolerant or repaired; else why there is none"),
        Field("horizon_days", CURVE, "the days that were asked about", "days"),
        Field("probability", CURVE, "the probability of being event-free on each of them, as stated", nullable=True),
        Field("rationale", STRING, "why, in the model's words", nullable=True),
        Field("cut", INTEGER, "characters of the middle of what is known that were not shown to the model", "characters"),
    ),
    key=("patient_id",),
    checks=(
        ("a probability for each day, where and only where there is a rationale", _answered),
        ("probabilities lie in 0..1 and never rise", lambda rows: rows["probability"].map(is_curve)),
    ),
)
