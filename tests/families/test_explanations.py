"""What the images' family says of itself: where it looks, and what its risk is made of."""

from math import log

import numpy as np
import pandas as pd
import pytest
import torch

from tests.world import FOLD, GRID, PATCH, SIDE, Stages, roles
from workflow_scripts.lib.config.families.radiomics_vit import Config
from workflow_scripts.lib.contracts.ingest import Cohort
from workflow_scripts.lib.families import radiomics_vit as family
from workflow_scripts.lib.families.radiomics_vit.branches import RadiomicsBranch
from workflow_scripts.lib.training.data import Batch, FoldData
from workflow_scripts.lib.training.explaining import explain, importance_rows
from workflow_scripts.lib.training.inputs import read_fold
from workflow_scripts.lib.training.loop import Trainer

SMALL = {"tiny": {"layers": 2, "width": 16, "heads": 2}, "groups": 3, "group_width": 4, "batch_size": 40}
ALONE = {"objective": {"cox_sum": 1.0}}
GROUPS = ["firstorder 1", "firstorder 2", "glcm"]


def made(stages: Stages, **settings):
    """Settings, the fold's patients, and a model that has not been trained."""
    cfg = Config.model_validate({**SMALL, **settings})
    data = read_fold(**stages.inputs, fold=FOLD, tables={name: getattr(stages, name) for name in cfg.tables})
    state = family.fit_state(data.only("train"), cfg, 1)
    return cfg, data, state, family.model(cfg, state)


def batch_of(cfg, data, state) -> Batch:
    shown = family.examples(data, cfg, state)
    return family.collate(shown, np.arange(len(shown)))


def test_attention_of_every_view_is_a_share_of_the_patches(stages):
    cfg, data, state, model = made(stages)
    found = model.explain(batch_of(cfg, data, state))
    assert list(found.attention) == ["pixels", *GROUPS]
    for values in found.attention.values():
        assert values.shape == (len(found.rows), (SIDE // PATCH) ** 2)
        assert values.sum(1) == pytest.approx(1, abs=1e-5)
        assert (values >= 0).all()
        assert np.ptp(values) > 1e-4


def test_patients_without_an_image_are_left_out_and_parts_add_up_to_the_answers_of_the_others(stages):
    cfg, data, state, model = made(stages)
    batch = batch_of(cfg, data, state)
    found = model.explain(batch)
    assert found.rows.tolist() == [row for row in range(len(data.roles)) if row % 7 != 6]
    answered = model.respond(batch)["risk"].log_risk
    assert sum(found.parts.values()) == pytest.approx(answered[found.rows], abs=1e-5)
    assert list(found.parts) == ["pixels", "radiomics"]


@pytest.mark.parametrize(("mixing", "silent"), [(0.0, "radiomics"), (1.0, "pixels")])
def test_a_branch_without_a_share_has_no_part(stages, mixing, silent):
    cfg, data, state, model = made(stages, mixing=mixing)
    parts = model.explain(batch_of(cfg, data, state)).parts
    assert not parts.pop(silent).any()
    assert all(np.ptp(part) > 0 for part in parts.values())
    assert any(any(own.values()) for own in model.importance().values()) == (silent != "radiomics")


@pytest.mark.parametrize(("variant", "views"), [("pixels", ["pixels"]), ("radiomics", GROUPS)])
def test_a_branch_alone_has_its_own_views_and_the_whole_risk(stages, variant, views):
    cfg, data, state, model = made(stages, variant=variant, **ALONE)
    batch = batch_of(cfg, data, state)
    found = model.explain(batch)
    assert list(found.attention) == views
    assert found.parts[variant] == pytest.approx(model.respond(batch)["risk"].log_risk[found.rows], abs=1e-5)
    groups, features = importance_rows(model.importance())
    assert list(groups["group"]) == [view for view in views if view != "pixels"]
    assert groups["features"].sum() == len(features)


def test_in_batches_as_at_once_and_in_the_order_of_the_patients(stages):
    cfg, data, state, model = made(stages)
    whole, parts = model.explain(batch_of(cfg, data, state)), explain(family, cfg, state, model, data)
    assert parts.rows.tolist() == whole.rows.tolist()
    for name in ("attention", "parts"):
        for key, values in getattr(whole, name).items():
            assert getattr(parts, name)[key] == pytest.approx(values, abs=1e-6)


def test_nothing_is_dropped_out_nor_remembered(stages):
    cfg, data, state, model = made(stages, dropout=0.5, feature_dropout=0.5)
    batch = batch_of(cfg, data, state)
    model.train()
    first = model.explain(batch)
    assert not model.training
    second = model.explain(batch)
    assert all((first.attention[view] == second.attention[view]).all() for view in first.attention)
    assert all(parameter.grad is None for parameter in model.parameters())


def test_group_attention_is_that_of_its_own_token_by_hand():
    """Two patches, one group of one feature and width 1: softmax of key weight x query x token."""
    branch = RadiomicsBranch([1], 2, 1, 0.0)
    with torch.no_grad():
        for parameter, value in ((branch.projections[0].weight, 2.0), (branch.projections[0].bias, 0.0), (branch.keys[0].weight, 0.5)):
            parameter.fill_(value)
        branch.queries.fill_(1.0)
        branch.places.zero_()
        found = branch.attention(torch.tensor([[[0.0], [log(3)]]]))
    assert found[0, :, 0].tolist() == pytest.approx([0.25, 0.75])


def test_coefficients_are_led_back_through_the_projection(stages):
    """A feature raised by 1 where it is attended to moves the log-risk by its effective coefficient, where ReLU is active."""
    cfg, data, state, model = made(stages, variant="radiomics", **ALONE)
    branch, head = model.branches["patch_features"], model.heads["patch_features"]
    with torch.no_grad():
        for projection, key in zip(branch.projections, branch.keys, strict=True):
            projection.bias.fill_(50.0)  # everything is positive
            key.weight.zero_()
        branch.places.zero_()
        batch = batch_of(cfg, data, state)
        before = model.respond(batch)["risk"].log_risk
        moved, names = batch.inputs["patch_features"], list(model.features.names)
        by_hand = {}
        for column, name in enumerate(names):
            moved[:, :, column] += 1  # in every patch: attention is even
            by_hand[name] = model.respond(batch)["risk"].log_risk - before
            moved[:, :, column] -= 1
        weight = branch.projections[2].weight
    there = batch.inputs["present"].numpy()
    told = {name: value for own in model.importance().values() for name, value in own.items()}
    assert list(told) == names
    for name, value in told.items():
        assert by_hand[name][there] == pytest.approx(value, abs=2e-5)
        assert not by_hand[name][~there].any()
    last = head.weight[0, 8:] @ weight[:, 0]  # the third group's first feature
    assert told[names[model.features.sizes[0] + model.features.sizes[1]]] == pytest.approx(last.item())


def test_importance_has_both_norms_and_ranks_and_does_not_depend_on_the_order_of_groups():
    told = {
        "glcm 1": {"original_glcm_Idm": 3.0, "wavelet-LH_glcm_Contrast": -4.0},
        "firstorder": {"original_firstorder_Mean": 4.5},
        "ngtdm": {"original_ngtdm_Busyness": 0.0},
    }
    groups, features = importance_rows(told)
    found = groups.set_index("group")
    assert found.loc["glcm 1", ["mean_abs", "l2", "rank_mean_abs", "rank_l2", "features"]].tolist() == [3.5, 5.0, 2.0, 1.0, 2]
    assert found.loc["firstorder", ["mean_abs", "l2", "rank_mean_abs", "rank_l2"]].tolist() == [4.5, 4.5, 1.0, 2.0]
    assert found.loc["glcm 1", "feature_class"] == "glcm"
    assert found.loc["glcm 1", "image_types"] == ["original", "wavelet-LH"]
    assert features.set_index("feature").loc["wavelet-LH_glcm_Contrast", "coefficient"] == -4
    other, _ = importance_rows(dict(reversed(told.items())))
    assert other.set_index("group").loc[found.index].equals(found)


def test_groups_that_say_nothing_share_a_rank():
    groups, _ = importance_rows({name: {f"original_{name}_A": 0.0} for name in ("glcm", "glrlm", "ngtdm")})
    assert groups["rank_l2"].tolist() == [2.0, 2.0, 2.0]


@pytest.mark.parametrize(("mixing", "silent"), [(0.0, "patch_features"), (1.0, "images")])
def test_a_head_without_a_share_learns_nothing_and_the_rest_is_trained(stages, tmp_path, mixing, silent):
    """The branch behind it still learns from the contrast."""
    cfg, data, state, model = made(stages, mixing=mixing, steps=2, learning_rate=0.01, fewest_events=4, weight_decay=0.0)
    shown = family.examples(data.only("train"), cfg, state)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    Trainer(model, family.collate, shown, shown, cfg, 1, tmp_path / "checkpoint.safetensors").run()
    after = model.state_dict()
    assert all(torch.isfinite(value).all() for value in after.values())
    moved = {name for name, value in after.items() if not torch.equal(value, before[name])}
    assert {f"heads.{name}.weight" for name in model.heads} - moved == {f"heads.{silent}.weight"}
    assert {f"contrasts.{name}.weight" for name in model.contrasts} <= moved


def test_attention_and_importance_find_what_was_planted(tmp_path):
    """The risk is how coarse one patch in the middle is: the group attends there, and the features of texture outdo the noise."""
    place, n = 5, 120
    rng = np.random.default_rng(3)
    values = rng.normal(size=(n, 16, 3)).astype(np.float32)
    log_risk = 2 * values[:, place, 1]
    days = rng.exponential(500 * np.exp(-log_risk))
    cohort_rows = pd.DataFrame({"days": np.ceil(days), "event": True}, index=pd.Index([f"p{i:03}" for i in range(n)], name="patient_id"))
    names = ("original_firstorder_Mean", "original_glcm_Contrast", "original_ngtdm_Busyness")
    features = pd.DataFrame({"patient_id": cohort_rows.index, "values": list(values), "names": [names] * n})
    data = FoldData(FOLD, Cohort(cohort_rows, ()), roles(), GRID, {"patch_features": features})
    cfg = Config(
        variant="radiomics", groups=3, group_width=4, steps=150, learning_rate=0.02, dropout=0, feature_dropout=0, patience=50, **ALONE
    )
    state = family.fit_state(data.only("train"), cfg, 1)
    model, shown = family.model(cfg, state), family.examples(data.only("train"), cfg, state)
    Trainer(model, family.collate, shown, family.examples(data.only("valid"), cfg, state), cfg, 1, tmp_path / "c.safetensors").run()
    found = explain(family, cfg, state, model, data.only("test"))
    assert found.attention["glcm"].mean(0).argmax() == place
    assert found.attention["glcm"][:, place].mean() > 0.5
    groups = importance_rows(model.importance())[0].set_index("group")
    assert groups["rank_l2"].idxmin() == "glcm"
