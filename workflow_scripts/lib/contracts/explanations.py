"""Tables of what a model that explains itself looks at, and what its risk is made of."""

import numpy as np

from workflow_scripts.lib.contracts.base import INTEGER, NUMBER, STRING, TEXTS, Contract, Field
from workflow_scripts.lib.contracts.modalities import VECTOR

SUM_WITHIN = 1e-4  # of attention, kept in single precision

COST = "of the network for one patient, all patches' pixels being embedded; neither what chooses is in it, nor what computes radiomics"

ATTENTION = Contract(
    "attention",
    (
        Field("patient_id", STRING, "the test patient; those without an image have no row"),
        Field("view", STRING, "what looks: pixels, or a group of radiomic features"),
        Field("patches", INTEGER, "patches along a side of the image", "patches"),
        Field("values", VECTOR, "how the view's attention is shared out over the patches, row by row; the sum is 1"),
    ),
    key=("patient_id", "view"),
    checks=(
        ("a value for every patch", lambda rows: rows["values"].map(len) == rows["patches"] ** 2),
        ("attention sums to 1", lambda rows: rows["values"].map(lambda values: abs(np.sum(values, dtype=float) - 1) < SUM_WITHIN)),
    ),
)

BRANCH_RISKS = Contract(
    "branch_risks",
    (
        Field("patient_id", STRING, "the test patient; those without an image have no row"),
        Field("branch", STRING, "pixels or radiomics"),
        Field("log_risk", NUMBER, "the branch's part of the log-risk, with its share; parts add up to the log-risk"),
    ),
    key=("patient_id", "branch"),
)

GROUP_IMPORTANCE = Contract(
    "group_importance",
    (
        Field("group", STRING, "the group of radiomic features"),
        Field("feature_class", STRING, "the class that its features are of"),
        Field("features", INTEGER, "how many they are", "features"),
        Field("image_types", TEXTS, "the image and the filtered images that they were taken from"),
        Field("mean_abs", NUMBER, "mean absolute effective coefficient of its features"),
        Field("l2", NUMBER, "root of the sum of their squares"),
        Field("rank_mean_abs", NUMBER, "1 for the largest mean_abs; ties share their mean rank"),
        Field("rank_l2", NUMBER, "1 for the largest l2; ties share their mean rank"),
    ),
    key=("group",),
)

FEATURE_IMPORTANCE = Contract(
    "feature_importance",
    (
        Field("group", STRING, "the group"),
        Field("feature", STRING, "the feature: image type, class and name"),
        Field("coefficient", NUMBER, "effective coefficient: log-risk per standard deviation, where the ReLU behind it passes it on"),
    ),
    key=("group", "feature"),
)

PRUNED_RISKS = Contract(
    "pruned_risks",
    (
        Field("patient_id", STRING, "the test patient; those without an image have no row"),
        Field("choice", STRING, "attention: each view keeps the patches it attends to most; random: all views keep the same random ones"),
        Field("kept", INTEGER, "how many each view keeps", "patches"),
        Field("distinct", INTEGER, "how many the views keep together: of so many radiomics are needed", "patches"),
        Field("log_risk", NUMBER, "log-risk from the kept patches alone, by the model as it was fitted"),
        Field("multiply_adds", NUMBER, COST),
    ),
    key=("patient_id", "choice", "kept"),
)

TOKEN_PRUNING = Contract(
    "token_pruning",
    (
        Field("choice", STRING, "attention: each view keeps the patches it attends to most; random: all views keep the same random ones"),
        Field("kept", INTEGER, "how many each view keeps", "patches"),
        Field("distinct", NUMBER, "how many the views keep together, mean over patients", "patches"),
        Field("c", NUMBER, "Harrell's C of test patients who have an image, mean over folds", nullable=True),
        Field("lower", NUMBER, "2.5th percentile over bootstrap resamples of the patients", nullable=True),
        Field("upper", NUMBER, "97.5th percentile over bootstrap resamples of the patients", nullable=True),
        Field("difference", NUMBER, "c minus that of all patches", nullable=True),
        Field("difference_lower", NUMBER, "2.5th percentile over the same resamples", nullable=True),
        Field("difference_upper", NUMBER, "97.5th percentile over the same resamples", nullable=True),
        Field("multiply_adds", NUMBER, COST),
    ),
    key=("choice", "kept"),
)

ATTENTION_AGREEMENT = Contract(
    "attention_agreement",
    (
        Field("fold", STRING, "the fold in which the model was fitted"),
        Field("patient_id", STRING, "the test patient, whose mask covers more than a quarter of some patches but not of all"),
        Field("view", STRING, "what looks: pixels, a group of radiomic features, or the mean over all groups"),
        Field("auc", NUMBER, "probability that a patch in the mask has more attention than one outside; ties count half"),
        Field("mass", NUMBER, "part of the attention that is on patches in the mask"),
        Field("area", NUMBER, "part of the patches that are in the mask"),
    ),
    key=("fold", "patient_id", "view"),
)

EXPLANATION_SCORES = Contract(
    "explanation_scores",
    (
        Field(
            "metric",
            STRING,
            "auc: mean over patients of attention_agreement's; gain: mean over patients of mass over area; "
            "share: mean absolute deviation of the branch's part of the log-risk, over the sum of those of both parts",
        ),
        Field("view", STRING, "the view, or for share the branch"),
        Field("fold", STRING, "the fold, or all: the mean over folds"),
        Field("value", NUMBER, "the score", nullable=True),
        Field("lower", NUMBER, "of all: 2.5th percentile over bootstrap resamples of the patients", nullable=True),
        Field("upper", NUMBER, "of all: 97.5th percentile over bootstrap resamples of the patients", nullable=True),
        Field("fold_lower", NUMBER, "of all: 2.5th percentile over bootstrap resamples of the folds", nullable=True),
        Field("fold_upper", NUMBER, "of all: 97.5th percentile over bootstrap resamples of the folds", nullable=True),
        Field("n_patients", INTEGER, "distinct test patients", "patients"),
    ),
    key=("metric", "view", "fold"),
)
