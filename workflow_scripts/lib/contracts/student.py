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
