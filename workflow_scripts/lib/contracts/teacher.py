"""Tables of the teacher stage: curves (out of fold for training patients) and the proportional-hazards check."""

from workflow_scripts.lib.contracts.base import FLAG, NUMBER, STRING, Contract, Field
from workflow_scripts.lib.contracts.predictions import PREDICTIONS

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
