"""Tables of the student stage beside predictions: how training went, and hidden states."""

from workflow_scripts.lib.contracts.base import CURVE, INTEGER, NUMBER, STRING, Contract, Field

HISTORY = Contract(
    "history",
    (
        Field("step", INTEGER, "training steps done"),
        Field("role", STRING, "train: mean over the steps since the last look; valid: over the validation patients"),
        Field("term", STRING, "term of the objective, total, or discordance: 1 - Harrell's C of log-risks"),
        Field("value", NUMBER, "its value"),
    ),
    key=("step", "role", "term"),
)

LEARNING_SPEED = Contract(
    "learning_speed",
    (
        Field("family", STRING, "the family"),
        Field("fold", STRING, "the fold in which it was fitted"),
        Field("peak", NUMBER, "highest C of the validation patients at any look"),
        Field("reached", NUMBER, "epochs until C was first at 95 % of the peak or above", "epochs"),
        Field("gained", NUMBER, "epochs until what C is above .5 was first at 95 % of what the peak is above it", "epochs", nullable=True),
        Field("level", NUMBER, "the same for the lowest peak of all families in the fold, which each reaches", "epochs", nullable=True),
    ),
    key=("family", "fold"),
)

HIDDEN_STATES = Contract(
    "hidden_states",
    (
        Field("patient_id", STRING, "the patient"),
        Field("role", STRING, "the patient's role in the fold"),
        Field("weights", STRING, "trained, or untrained: the same model before its first step"),
        Field("state", CURVE, "hidden state of the last prompt token in the last layer"),
    ),
    key=("weights", "patient_id"),
)
