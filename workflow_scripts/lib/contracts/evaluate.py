"""Tables of the evaluate stage."""

from workflow_scripts.lib.contracts.base import INTEGER, NUMBER, STRING, Contract, Field

_INTERVAL = (
    Field("lower", NUMBER, "2.5th percentile over bootstrap resamples of the patients", nullable=True),
    Field("upper", NUMBER, "97.5th percentile over bootstrap resamples of the patients", nullable=True),
)

REPLICATES = Contract(
    "replicates",
    (
        Field("output", STRING, "the family's output"),
        Field("metric", STRING, "the metric"),
        Field("replicate", INTEGER, "0 is the sample itself, 1 and up are bootstrap resamples of the patients, the same for every family"),
        Field("value", NUMBER, "mean of the metric over folds (or over repeats, for metrics of pooled folds)", nullable=True),
    ),
    key=("output", "metric", "replicate"),
)

FOLD_METRICS = Contract(
    "fold_metrics",
    (
        Field("output", STRING, "the family's output"),
        Field("metric", STRING, "the metric"),
        Field("fold", STRING, "the fold, or the repeat for metrics of pooled folds"),
        Field("value", NUMBER, "the metric on that fold's test patients", nullable=True),
        Field("n_patients", INTEGER, "test patients", "patients"),
        Field("n_events", INTEGER, "test patients whose event was seen", "patients"),
    ),
    key=("output", "metric", "fold"),
)

LEADERBOARD = Contract(
    "leaderboard",
    (
        Field("cohort", STRING, "the cohort"),
        Field("family", STRING, "the family's name in the config, or teacher"),
        Field("output", STRING, "the family's output"),
        Field("metric", STRING, "the metric"),
        Field("mean", NUMBER, "mean over folds of the metric on held-out patients", nullable=True),
        *_INTERVAL,
        Field("n_patients", INTEGER, "distinct held-out patients", "patients"),
        Field("n_events", INTEGER, "of them, with the event seen", "patients"),
    ),
    key=("cohort", "family", "output", "metric"),
)

COMPARISONS = Contract(
    "comparisons",
    (
        Field("cohort", STRING, "the cohort"),
        Field("family", STRING, "the family's name in the config; its main output"),
        Field("reference", STRING, "the family, or teacher:<model>, it is compared with"),
        Field("metric", STRING, "the metric"),
        Field("difference", NUMBER, "family minus reference, on the same held-out patients", nullable=True),
        *_INTERVAL,
        Field("p_value", NUMBER, "two-sided bootstrap p-value, Holm-corrected over the comparisons of cohort and metric", nullable=True),
    ),
    key=("cohort", "family", "reference", "metric"),
)

PROSE_CHECKS = Contract(
    "prose_checks",
    (
        Field("fold", STRING, "the fold in which the model was fitted"),
        Field("patient_id", STRING, "the test patient"),
        Field(
            "check",
            STRING,
            "read: the text; formed: one that was read follows the template; line_verbal, line_combined, error_verbal, error_combined: "
            "probabilities against these curves; finding: is the patient's own; number, in prose: a percentage lies "
            "on the curve, any other was read, in its unit, or stands in the line; level: is that of the curve, and level_taught the same "
            "of the teacher's text; side: is the teacher's; faultless: line_verbal, finding, number and level all hold",
        ),
        Field("claims", INTEGER, "how many statements of the patient's text it is about"),
        Field("amount", NUMBER, "how many of them hold; of error_verbal and error_combined, the percentage points they miss by, summed"),
    ),
    key=("fold", "patient_id", "check"),
)

PROSE_SCORES = Contract(
    "prose_scores",
    (
        Field("check", STRING, "what is checked: see prose_checks"),
        Field("fold", STRING, "the fold, or all: the statements of all folds together"),
        Field("value", NUMBER, "amount over claims, both summed over the test patients; null where nothing was claimed", nullable=True),
        *_INTERVAL,
        Field("claims", INTEGER, "how many statements it is about"),
        Field("n_patients", INTEGER, "distinct test patients who have such statements", "patients"),
    ),
    key=("check", "fold"),
)

HIDDEN_STATE_PROBE = Contract(
    "hidden_state_probe",
    (
        Field("fold", STRING, "the fold, whose test patients are looked at"),
        Field("weights", STRING, "trained, or untrained: the same model before its first step"),
        Field(
            "metric",
            STRING,
            "probe_r2: cross-validated R² of a linear probe from hidden state to the teacher's log-risk; "
            "neighbour_spearman: Spearman of the teacher's log-risk with that of the nearest other patients",
        ),
        Field("value", NUMBER, "the metric", nullable=True),
        Field("n_patients", INTEGER, "test patients", "patients"),
    ),
    key=("fold", "weights", "metric"),
)
