"""Table of cases: patients in words and numbers, with what a teacher says of them."""

from workflow_scripts.lib.contracts.base import CURVE, FLAG, INTEGER, STRING, TEXTS, Contract, Field

EMBEDDED, LANGUAGE = "embedded", "language"  # teachers

CASES = Contract(
    "cases",
    (
        Field("fold", STRING, "the fold"),
        Field("patient_id", STRING, "the patient, or the training patient that a mixed copy started from"),
        Field("copy", INTEGER, "0 for the patient, 1 and up for mixed copies (training patients only)"),
        Field("role", STRING, "the patient's role in the fold"),
        Field("template", STRING, "id and version of the template"),
        Field("wording", STRING, "the template itself, as JSON: readers of an answer find in it the words around numbers and findings"),
        Field("report", STRING, "what is read of the report"),
        Field("has_report", FLAG, "False where there is no report, or nothing in it"),
        Field("patient", STRING, "what is read after it: covariates in words"),
        Field("question", STRING, "what is read last"),
        Field("completion", STRING, "what should be written: the line of probabilities, and prose"),
        Field("numbers", CURVE, "the numbers of the line, in percent, in order"),
        Field("horizon_days", CURVE, "the days that they are about", "days"),
        Field("findings", TEXTS, "what prose may name of the patient: in words, what is known of the patient and has a part in the risk"),
        Field("covariates", CURVE, "covariates as columns of a design fitted on training patients"),
        Field("genes", CURVE, "components of gene expression fitted on training patients; zeros where there is none"),
        Field("has_genes", FLAG, "False where no gene was measured"),
        Field("teacher_survival", CURVE, "the teacher's probability of being event-free at each right edge of the time grid"),
        Field("out_of_fold", FLAG, "True where the patient had no part in fitting the teacher that speaks here"),
        Field("speaker", STRING, "who says so: the embedded statistical teacher, or a language model (own cases only)"),
    ),
    key=("fold", "patient_id", "copy"),
    checks=(("a mixed copy is the embedded teacher's", lambda rows: (rows["copy"] == 0) | (rows["speaker"] == EMBEDDED)),),
)
