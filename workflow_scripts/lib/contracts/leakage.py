"""Tables of the leakage audit: what was found, and the flow of patients."""

from workflow_scripts.lib.contracts.base import FLAG, INTEGER, STRING, Contract, Field

LEVELS = ("error", "warning")
CHECKS = {
    "patient_in_train_and_test": "a patient, under one id or two spellings of it, who trains and is tested in the same fold",
    "validation_overlaps": "a validation patient who also trains, or is tested, in the same fold",
    "sites_straddle_folds": "a hospital on both sides of a fold, where folds by hospital were asked for",
    "identical_rows": "test patients whose covariates and outcome are those of a training patient",
    "identical_covariates": "test patients whose covariates are those of a training patient, beyond what coarse columns make likely",
    "identical_expression": "test patients whose expression vector is that of a training patient",
    "near_duplicate_reports": "test patients whose report is all but word for word that of a training patient",
    "near_duplicate_images": "test patients with an image that is all but pixel for pixel one of a training patient",
    "known_after_index": "covariates that the cohort's file declares as known only after the index date",
    "missingness_tells_event": "covariates and modalities that are missing, or there, for just those whose event was seen",
    "level_tells_event": "levels of a covariate that just those with, or without, the event have",
    "covariate_is_follow_up": "covariates that order patients as their follow-up time does",
    "foreign_prediction": "covariates that are named like another model's prediction of the outcome",
    "covariate_tells_outcome": "covariates and genes that alone tell the outcome with a C above .9",
    "order_tells_event": "ids whose order alone tells who had the event",
    "code_after_index": "coded visits at or after the index date",
    "code_after_event": "coded visits on or after the day of the event or of the end of follow-up",
    "code_tells_event": "codes that just those whose event was seen have",
    "report_states_outcome": "reports that say how the patient fared",
    "stale_acceptance": "findings that the cohort's file accepts and that are not there",
}

FINDINGS = Contract(
    "findings",
    (
        Field("check", STRING, "which check found it"),
        Field("subject", STRING, "the column, table or fold it is about; empty where it is about the cohort"),
        Field("level", STRING, "error: the run stops unless the cohort's file accepts it with a reason; warning: to be read"),
        Field("patients", INTEGER, "patients concerned", "patients"),
        Field("sentence", STRING, "what was found, in counts and names"),
        Field("remedy", STRING, "what to do"),
        Field("accepted", FLAG, "True where the cohort's file accepts it"),
        Field("reason", STRING, "why it is accepted", nullable=True),
    ),
    key=("check", "subject"),
    checks=(
        ("check is one of those that are made", lambda rows: rows["check"].isin(list(CHECKS))),
        ("level is error or warning", lambda rows: rows["level"].isin(LEVELS)),
        ("what is accepted has a reason", lambda rows: rows["accepted"] == rows["reason"].notna()),
    ),
)

FLOW = Contract(
    "flow",
    (
        Field("stage", STRING, "source, patients, a modality, first fold, or a role in it"),
        Field("state", STRING, "entered, kept, refused, or absent: patients of the cohort of whom the modality, or the fold, has nothing"),
        Field("reason", STRING, "why refused; empty otherwise"),
        Field("patients", INTEGER, "patients", "patients"),
        Field("events", INTEGER, "of them, with the event seen, where that is known", "patients", nullable=True),
    ),
    key=("stage", "state", "reason"),
)
