"""From a fitted model of images to where it looks, whether that is where the mask is, and the pictures of both."""

import re

import numpy as np
import pandas as pd
import pytest

from tests.world import FOLD, SEED, Stages, cohort, masks, roles
from workflow_scripts.interpretation import (
    plot_attention_agreement,
    plot_hybrids,
    plot_importance,
    plot_learning,
    plot_token_pruning,
    score_explanations,
    show_attention,
)
from workflow_scripts.lib.config.evaluate import EvaluateConfig
from workflow_scripts.lib.config.report import ReportConfig
from workflow_scripts.lib.contracts.base import read_table, write_table
from workflow_scripts.lib.contracts.evaluate import LEADERBOARD
from workflow_scripts.lib.contracts.explanations import (
    ATTENTION,
    ATTENTION_AGREEMENT,
    BRANCH_RISKS,
    EXPLANATION_SCORES,
    FEATURE_IMPORTANCE,
    GROUP_IMPORTANCE,
    TOKEN_PRUNING,
)
from workflow_scripts.lib.contracts.predictions import PREDICTIONS
from workflow_scripts.lib.contracts.student import LEARNING_SPEED
from workflow_scripts.student import explain_images, fit_student, predict_student, prune_tokens

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
    prune_tokens.main(**common, pruned=made.root / "pruned_risks.parquet", seed=SEED)
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


@pytest.fixture(scope="module")
def scored(stages) -> str:
    """What is said of the scores, once they are there."""
    names = ("attention", "branch_risks", "attention_agreement", "explanation_scores")
    given, risks, *made = (stages.root / f"{name}.parquet" for name in names)
    return score_explanations.main(*stages.images, [given], [risks], *made, EvaluateConfig(bootstrap=20), [FOLD], SEED)


def test_those_with_a_mask_are_scored_in_every_view_and_for_the_mean_over_groups(stages, scored):
    rows = read_table(stages.root / "attention_agreement.parquet", ATTENTION_AGREEMENT)
    assert set(rows["patient_id"]) == LOOKED_AT & set(masks(cohort()))
    assert set(rows["view"]) == {"pixels", "firstorder 1", "firstorder 2", "glcm", "mean over groups"}
    assert set(rows["area"]) == {1 / 16}
    seen = read_table(stages.root / "attention.parquet", ATTENTION).set_index(["patient_id", "view"])["values"]
    for row in rows[rows["view"] == "glcm"].itertuples():
        values = np.array(seen[row.patient_id, "glcm"])
        assert row.mass == pytest.approx(values[0])  # the mask is the first patch
        assert row.auc == pytest.approx(((values[0] > values[1:]).sum() + (values[0] == values[1:]).sum() / 2) / 15)


def test_shares_of_both_branches_add_up(stages, scored):
    shares = read_table(stages.root / "explanation_scores.parquet", EXPLANATION_SCORES, {"metric": "share", "fold": "all"})
    assert shares["value"].sum() == pytest.approx(1)
    assert set(shares["n_patients"]) == {len(LOOKED_AT)}
    assert "share of radiomics " in scored


def test_groups_and_agreement_are_drawn(stages, scored):
    root = stages.root
    plot_importance.main([root / "group_importance.parquet"], root / "explanation_scores.parquet", root / "importance.svg", [FOLD])
    plot_attention_agreement.main(root / "explanation_scores.parquet", root / "agreement.svg")
    for name, words in (("importance", ("firstorder 2", "radiomics share of the risk")), ("agreement", ("pixels", "mean over groups"))):
        text = (root / f"{name}.svg").read_text(encoding="utf-8")
        assert all(word in text for word in words)


@pytest.mark.parametrize("examples", [1, 6])
def test_a_few_patients_are_shown_without_their_ids(stages, scored, examples):
    tables = [[stages.root / f"{name}.parquet"] for name in ("attention", "branch_risks")]
    path = stages.root / "attention.html"
    said = show_attention.main(*stages.images, *tables, path, ReportConfig(examples=examples), "small", "radiomics_vit", [FOLD])
    assert said == f"{min(examples, 3)} patients shown in full"
    page = path.read_text(encoding="utf-8")
    assert page.count("data:image/jpeg;base64,") == min(examples, 3)
    assert not set(re.findall(r"\bp\d{3}\b", page))


def test_hybrids_are_drawn_beside_each_other(stages, scored):
    mixtures = {name: {"mixing": mixing, "contrast": 0.5, "temperature": 0.07} for name, mixing in (("one", 0.5), ("other", 0.9))}
    board = [("small", name, "risk", "harrell_c", 0.7, 0.6, 0.8, 20, 10) for name in mixtures]
    write_table(pd.DataFrame(board, columns=LEADERBOARD.schema().names), stages.root / "leaderboard.parquet", LEADERBOARD)
    tables = [[stages.root / f"{name}.parquet"] * 2 for name in ("group_importance", "explanation_scores")]
    said = plot_hybrids.main(stages.root / "leaderboard.parquet", *tables, stages.root / "hybrids.svg", "small", mixtures, [FOLD])
    assert said == "2 hybrids"
    assert "α 0.90, λ 0.50, τ 0.07" in (stages.root / "hybrids.svg").read_text(encoding="utf-8")


def test_how_fast_models_learn_is_measured_and_drawn(stages):
    root = stages.root
    given = (stages.inputs["folds"], [root / "history.parquet"] * 2, root / "learning_speed.parquet", root / "learning.svg")
    said = plot_learning.main(*given, {"one": 40, "other": 20}, [FOLD])
    found = read_table(root / "learning_speed.parquet", LEARNING_SPEED).set_index("family")
    assert found.loc["one", "gained"] == pytest.approx(2 * found.loc["other", "gained"])  # a batch half as large is half as long an epoch
    assert said.startswith("one has 95 % of its gain after")
    assert "Harrell" in (root / "learning.svg").read_text(encoding="utf-8")


def test_what_fewer_patches_are_worth_is_scored_and_drawn(stages):
    root = stages.root
    made = (root / "token_pruning.parquet", root / "token_pruning.svg")
    plot_token_pruning.main(stages.inputs["patients"], [root / "pruned_risks.parquet"], *made, EvaluateConfig(bootstrap=20), [FOLD], SEED)
    found = read_table(made[0], TOKEN_PRUNING).set_index(["choice", "kept"])
    assert set(found.index) == {(choice, kept) for choice in ("attention", "random") for kept in (16, 8, 4, 2, 1)}
    assert found.loc[("attention", 16), "difference"] == 0
    assert "patches kept in every view" in made[1].read_text(encoding="utf-8")
