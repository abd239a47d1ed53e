"""Table of the prompts stage: everything that the language model reads and should write."""

from workflow_scripts.lib.contracts.base import CURVE, FLAG, INTEGER, NUMBER, STRING, TEXTS, Contract, Field

PROMPTS = Contract(
    "prompts",
    (
        Field("fold", STRING, "the fold"),
        Field("patient_id", STRING, "the patient, or the training patient an augmented prompt started from"),
        Field("copy", INTEGER, "0 for the patient's own prompt, 1 and up for augmented ones (training patients only)"),
        Field("role", STRING, "the patient's role in the fold"),
        Field("template", STRING, "id and version of the template"),
        Field("target", STRING, "what is asked for: percentile (of risk, among training patients) or horizons (percent event-free)"),
        Field("prompt", STRING, "what the model reads"),
        Field("completion", STRING, "what it should write, from the teacher's risk"),
        Field("numbers", CURVE, "the numbers inside the completion, in order"),
        Field("pieces", TEXTS, "the words around the numbers, one more piece than numbers"),
        Field("teacher_log_risk", NUMBER, "the teacher's log-risk behind the completion"),
        Field("out_of_fold", FLAG, "True where the patient had no part in fitting the teacher that labelled this"),
    ),
    key=("fold", "patient_id", "copy"),
)
