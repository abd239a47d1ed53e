"""From a fitted model of images to where it looks, whether that is where the mask is, and the pictures of both."""

import numpy as np
import pytest

from tests.world import FOLD, SEED, Stages, cohort, roles
from workflow_scripts.lib.contracts.base import read_table
from workflow_scripts.lib.contracts.explanations import ATTENTION, BRANCH_RISKS, FEATURE_IMPORTANCE, GROUP_IMPORTANCE
from workflow_scripts.lib.contracts.predictions import PREDICTIONS
from workflow_scripts.student import explain_images, fit_student, predict_student

MODULE = "workflow_scripts/lib/families/radiomics_vit/__init__.py"
CFG = {
    **{"family": "radiomics_vit", "tiny": {"layers": 1, "width": 16, "heads": 2}, "groups": 3, "group_width": 4},
    **{"steps": 3, "batch_size": 40, "fewest_events": 4},
}
TABLES = ("attention", "branch_risks", "group_importance", "feature_importance")
TEST = set(roles().query("role == 'test'")["patient_id"])
LOOKED_AT = {patient for number, patient in enumerate(cohort().rows.index) if patient in TEST and number % 7 != 6}


@pytest.fixture(scope="module")
def stages(tmp_path_factory) -> Stages:
    """The cohort with a fitted model that has explained itself."""
    made = Stages(tmp_path_factory.mktemp("interpretation"))
    made.ingest(cohort())
    made.show(cohort())
    bundle = made.root / "bundle" / "MANIFEST.json"
    common = {**made.inputs, "bundle": bundle, "cfg": CFG, "fold": FOLD, "module": MODULE}
    common |= {"images": made.images, "patch_features": made.patch_features}
    fit_student.main(**common, history=made.root / "history.parquet", seed=SEED, code="digest")
    predict_student.main(**common, predictions=made.root / "predictions.parquet")
    said = explain_images.main(**common, **{name: made.root / f"{name}.parquet" for name in TABLES})
    assert said == f"{len(LOOKED_AT)} of {len(TEST)} test patients have an image, looked at in 4 ways"
    return made


def test_every_test_patient_with_an_image_is_explained_and_nobody_else(stages):
    attention = read_table(stages.root / "attention.parquet", ATTENTION)
    assert set(attention["patient_id"]) == LOOKED_AT
    assert set(attention["view"]) == {"pixels", "firstorder 1", "firstorder 2", "glcm"}
    assert set(attention["patches"]) == {4}


def test_parts_of_the_risk_add_up_to_the_prediction(stages):
    parts = read_table(stages.root / "branch_risks.parquet", BRANCH_RISKS).groupby("patient_id")["log_risk"].sum()
    said = read_table(stages.root / "predictions.parquet", PREDICTIONS).set_index("patient_id")["log_risk"]
    assert set(parts.index) == LOOKED_AT
    assert parts.to_numpy() == pytest.approx(said[parts.index].to_numpy(), abs=1e-5)


def test_importance_of_a_group_is_that_of_its_features(stages):
    groups = read_table(stages.root / "group_importance.parquet", GROUP_IMPORTANCE)
    features = read_table(stages.root / "feature_importance.parquet", FEATURE_IMPORTANCE)
    norm = features.groupby("group")["coefficient"].apply(lambda own: np.sqrt((own**2).sum()))
    assert norm.to_dict() == pytest.approx(groups.set_index("group")["l2"].to_dict())
    assert sorted(groups["rank_l2"]) == [1, 2, 3]
