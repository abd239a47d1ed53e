"""The radiomics-guided vision transformer: its features, its branches, the mixed risk, pretrained transformers, and what it refuses."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from transformers import ViTConfig, ViTModel

from tests.families.test_examination import SETTINGS
from tests.world import FOLD, PATCH, SIDE
from workflow_scripts.lib.config.base import parse
from workflow_scripts.lib.config.families.radiomics_vit import Config
from workflow_scripts.lib.errors import ConfigError, StageRefusal
from workflow_scripts.lib.families import radiomics_vit as family
from workflow_scripts.lib.families.radiomics_vit.branches import PixelBranch, RadiomicsBranch, taken_again
from workflow_scripts.lib.families.radiomics_vit.features import LEAST_SD, fit_features
from workflow_scripts.lib.training.bundle import load_bundle, save_bundle
from workflow_scripts.lib.training.fit import fit_family
from workflow_scripts.lib.training.inputs import read_fold

POOLING = 4  # as by default
NAMES = [
    f"original_{kind}_{letter}" for kind, letters in (("ngtdm", "ab"), ("glcm", "abcdef"), ("firstorder", "abcd")) for letter in letters
]
ALONE = {"pixels": {"objective": {"cox_sum": 1.0}}, "radiomics": {"objective": {"cox_sum": 1.0}}}


def config(**changes):
    return parse(Config, SETTINGS["radiomics_vit"] | {"device": "cpu"} | changes, "cfg")


def fold(stages, cfg):
    return read_fold(**stages.inputs, fold=FOLD, tables={name: getattr(stages, name) for name in cfg.tables})


@pytest.fixture(scope="module")
def values():
    return np.random.default_rng(1).normal(5, 2, (40, 9, len(NAMES))).astype(np.float32)


def test_every_group_is_of_one_class_and_groups_are_alike_in_size(values):
    found = fit_features(values, NAMES, 6, 8.0, True)
    assert found.group_names == ["firstorder 1", "firstorder 2", "glcm 1", "glcm 2", "glcm 3", "ngtdm"]
    assert found.sizes == [2, 2, 2, 2, 2, 2]
    classes = [name.split("_")[1] for name in found.names]
    assert classes == ["firstorder"] * 4 + ["glcm"] * 6 + ["ngtdm"] * 2
    assert sorted(found.names) == sorted(NAMES)


def test_features_that_never_vary_are_dropped(values):
    constant = values.copy()
    constant[..., 3] = 7.25
    found = fit_features(constant, NAMES, 3, 8.0, True)
    assert set(NAMES) - set(found.names) == {NAMES[3]}


@pytest.mark.parametrize("by_place", [True, False])
def test_features_are_standardised_by_training_patients(values, by_place):
    axes = 0 if by_place else (0, 1)
    found = fit_features(values, NAMES, 3, 100.0, by_place)
    seen = found.standardised(values, NAMES)
    assert seen.dtype == np.float32
    np.testing.assert_allclose(seen.mean(axes), 0, atol=1e-5)
    np.testing.assert_allclose(seen.std(axes), 1, atol=1e-5)
    column = found.names.index(NAMES[2])
    own = values[..., 2].astype(float)
    by_hand = (own - own.mean(axes)) / own.std(axes)
    np.testing.assert_allclose(seen[..., column], by_hand, atol=1e-5)


def test_a_place_that_hardly_varies_is_not_blown_up(values):
    still = values.copy()
    still[:, 4] = values.mean() + 1e-6 * values[:, 4]
    found = fit_features(still, NAMES, 3, 100.0, True)
    overall = still.astype(float).std((0, 1))
    order = [NAMES.index(name) for name in found.names]
    np.testing.assert_allclose(found.sd[4], LEAST_SD * overall[order])
    assert abs(found.standardised(still, NAMES)[:, 4]).max() < 1e-3


def test_extreme_values_are_cut_and_columns_are_found_by_name(values):
    found = fit_features(values, NAMES, 3, 2.0, True)
    assert abs(found.standardised(values * 100, NAMES)).max() == 2
    other = np.random.default_rng(2).permutation(len(NAMES))
    np.testing.assert_array_equal(found.standardised(values[..., other], [NAMES[i] for i in other]), found.standardised(values, NAMES))
    with pytest.raises(StageRefusal, match="2 features of the fitted model were not extracted"):
        found.standardised(values[..., 2:], NAMES[2:])


@pytest.mark.parametrize(
    ("change", "groups", "words"),
    [(np.ones_like, 3, "no radiomic feature differs"), (np.copy, 2, "3 classes cannot make 2 groups")],
)
def test_features_that_cannot_be_used(values, change, groups, words):
    with pytest.raises(StageRefusal, match=words):
        fit_features(change(values), NAMES, groups, 8.0, True)


def test_attention_of_the_radiomics_branch_by_hand():
    torch.manual_seed(1)
    branch = RadiomicsBranch([2, 3], patches=4, width=5, feature_dropout=0.5).eval()
    features = torch.randn(6, 4, 5)
    weights = branch.attention(features)
    assert weights.shape == (6, 4, 2)
    torch.testing.assert_close(weights.sum(1), torch.ones(6, 2))
    found, tokens = [], []
    for number, part in enumerate((features[..., :2], features[..., 2:])):
        own = branch.projections[number](part) + branch.places[:, number]
        scores = (branch.keys[number](own) @ branch.queries[number]) / 5**0.5
        found.append((torch.softmax(scores, 1)[..., None] * own).sum(1))
        tokens.append(own)
    torch.testing.assert_close(branch(features), torch.cat(found, 1))


def test_attention_of_the_pixel_branch_is_that_of_the_last_layer():
    torch.manual_seed(1)
    tiny = ViTConfig(
        hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=8, image_size=12, patch_size=4, num_channels=1
    )
    branch = PixelBranch(ViTModel(tiny, add_pooling_layer=False)).eval()
    pixels = torch.randint(0, 256, (3, 12, 12), dtype=torch.uint8)
    seen = branch(pixels)
    weights = branch.attention(pixels)
    assert weights.shape == (3, 9)
    torch.testing.assert_close(weights.sum(1), torch.ones(3))
    torch.testing.assert_close(branch(pixels), seen)  # looking changes nothing


@pytest.mark.parametrize("mixing", [0.0, 0.3, 1.0])
def test_a_hybrid_mixes_the_risks_of_its_branches(stages, mixing):
    cfg = config(mixing=mixing)
    data = fold(stages, cfg)
    state = family.fit_state(data.only("train"), cfg, 1)
    model, shown = family.model(cfg, state).eval(), family.examples(data, cfg, state)
    batch = family.collate(shown, np.arange(len(shown)))
    present = batch.inputs["present"]
    assert 0 < present.sum() < len(present)
    with torch.no_grad():
        risk = model(batch).log_risk
        parts = {name: model._risk(name, branch(batch.inputs[name][present])) for name, branch in model.branches.items()}
    torch.testing.assert_close(risk[present], (1 - mixing) * parts["images"] + mixing * parts["patch_features"])
    assert (risk[~present] == model.absent).all()


@pytest.mark.parametrize("variant", ["pixels", "radiomics"])
def test_one_branch_alone(stages, tmp_path, variant):
    cfg = config(variant=variant, **ALONE[variant])
    data = fold(stages, cfg)
    assert len(data.tables) == 1
    bundle, history = fit_family(family, data, cfg, 1, tmp_path / "checkpoint.safetensors")
    assert set(history["term"]) == {"cox_sum", "total", "discordance"}
    save_bundle(tmp_path / "bundle" / "MANIFEST.json", bundle)
    again = load_bundle(tmp_path / "bundle" / "MANIFEST.json", family, cfg).answers(data)["risk"].log_risk
    np.testing.assert_array_equal(again, bundle.answers(data)["risk"].log_risk)
    assert len(np.unique(again)) > 50


def test_pixels_of_the_tiny_transformer_are_standardised_by_place(stages):
    """By training patients; those of a pretrained one are scaled as it was trained, whatever the cohort."""
    cfg = config()
    data = fold(stages, cfg)
    state = family.fit_state(data.only("train", "valid"), cfg, 1)
    shown = family.examples(data.only("train"), cfg, state)
    pixels = torch.from_numpy(shown.arrays["images"][shown.arrays["present"]])
    scaled = family.model(cfg, state).branches["images"]._scaled(pixels)
    assert scaled.shape == (len(pixels), 1, SIDE // POOLING, SIDE // POOLING)
    own = pixels.double()
    sd = own.std(0, correction=0).clamp(min=family.LEAST_GREY)
    torch.testing.assert_close(scaled[:, 0].double(), ((own - own.mean(0)) / sd).clamp(-5, 5), atol=1e-5, rtol=1e-5)
    plain = config(standardised_by="patch")
    branch = family.model(plain, family.fit_state(data.only("train"), plain, 1)).branches["images"]
    torch.testing.assert_close(branch._scaled(pixels)[:, 0], pixels / 127.5 - 1)


def test_the_tiny_transformer_sees_means_of_blocks(stages):
    cfg, whole = config(variant="pixels", **ALONE["pixels"]), config(variant="pixels", **ALONE["pixels"], tiny={"pooling": 1})
    data = fold(stages, cfg)
    pooled, full = (
        family.examples(data, one, family.fit_state(data.only("train"), one, 1)).arrays["images"].astype(float) for one in (cfg, whole)
    )
    small = SIDE // POOLING
    np.testing.assert_allclose(pooled, full.reshape(-1, small, POOLING, small, POOLING).mean((2, 4)), atol=0.5)  # whole greys


def test_images_to_learn_from_are_taken_again():
    """Moved within bounds, edges repeated, one factor for all of an image's greys; those to answer for are left as they are."""
    torch.manual_seed(1)
    pixels = torch.arange(1, 101, dtype=torch.uint8).reshape(1, 10, 10).repeat(300, 1, 1)
    moved = taken_again(pixels, 0.1, 0.0)
    assert {int(one[5, 5]) - 56 for one in moved} == {10 * down + right for down in (-1, 0, 1) for right in (-1, 0, 1)}
    assert {int(one[0, 0]) for one in moved} == {1, 2, 11, 12}
    brighter = taken_again(pixels, 0.0, 0.1) / pixels
    assert (brighter.amax((1, 2)) - brighter.amin((1, 2))).max() < 1e-5
    assert brighter[:, 0, 0].mean().item() == pytest.approx(1, abs=0.02)
    assert brighter[:, 0, 0].std().item() == pytest.approx(0.1, abs=0.01)
    assert taken_again(torch.full((50, 4, 4), 255, dtype=torch.uint8), 0.0, 0.5).max() == 255


def transformer(folder, side, patch, channels=3):
    shape = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8, "num_channels": channels}
    model = ViTModel(ViTConfig(**shape, image_size=side, patch_size=patch), add_pooling_layer=False)
    model.save_pretrained(folder)
    return model


def test_a_pretrained_transformer_is_started_from_and_kept_as_such(stages, tmp_path):
    """Of three channels, as published ones are; what is saved loads without this project."""
    base = transformer(tmp_path / "base", SIDE, PATCH)
    cfg = config(base=str(tmp_path / "base"), steps=2)
    data = fold(stages, cfg)
    state = family.fit_state(data.only("train"), cfg, 1)
    fresh = family.model(cfg, state).branches["images"].transformer.state_dict()
    assert all(torch.equal(value, fresh[name]) for name, value in base.state_dict().items())
    bundle, _ = fit_family(family, data, cfg, 1, tmp_path / "checkpoint.safetensors")
    save_bundle(tmp_path / "bundle" / "MANIFEST.json", bundle)
    kept = ViTModel.from_pretrained(tmp_path / "bundle" / "transformer", add_pooling_layer=False)
    trained = bundle.model.branches["images"].transformer.state_dict()
    assert all(torch.equal(value, trained[name]) for name, value in kept.state_dict().items())
    assert any(not torch.equal(value, fresh[name]) for name, value in trained.items())


@pytest.mark.parametrize(
    ("side", "patch", "variant", "words"),
    [
        (SIDE, 16, "hybrid", f"images of {SIDE} pixels in patches of 16, and those of the cohort are of {SIDE} in patches of {PATCH}"),
        (64, PATCH, "pixels", f"images of 64 pixels in patches of {PATCH}"),
    ],
)
def test_a_checkpoint_for_other_images_or_patches(stages, tmp_path, side, patch, variant, words):
    transformer(tmp_path / "base", side, patch)
    cfg = config(base=str(tmp_path / "base"), variant=variant, **ALONE.get(variant, {}))
    state = family.fit_state(fold(stages, cfg).only("train"), cfg, 1)
    with pytest.raises(ConfigError, match=words):
        family.model(cfg, state)


def test_a_transformer_of_other_patches_may_look_at_pixels_alone(stages, tmp_path):
    transformer(tmp_path / "base", SIDE, 16)
    cfg = config(base=str(tmp_path / "base"), variant="pixels", **ALONE["pixels"])
    family.model(cfg, family.fit_state(fold(stages, cfg).only("train"), cfg, 1))


def test_a_base_that_is_not_there(stages):
    cfg = config(base="no/such-transformer")
    state = family.fit_state(fold(stages, cfg).only("train"), cfg, 1)
    with pytest.raises(ConfigError, match="'no/such-transformer' cannot be loaded"):
        family.model(cfg, state)


def test_nobody_to_train_on_has_an_image(stages):
    cfg = config()
    data = fold(stages, cfg)
    data = replace(data, tables={name: rows.iloc[:0] for name, rows in data.tables.items()})
    with pytest.raises(StageRefusal, match="no patient to train on has images"):
        family.fit_state(data.only("train"), cfg, 1)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"variant": "pixels"}, "contrast compares two views of a patient, and pixels has one"),
        ({"objective": {"contrast": 1.0}}, "cox_sum must be among the terms"),
        ({"watched": "contrast", "objective": {"cox_sum": 1.0}}, "contrast is not among the terms"),
        ({"tiny": {"width": 10, "heads": 3}}, "a multiple of the heads"),
        ({"variant": "both"}, "variant"),
        ({"mixing": 1.5}, "mixing"),
    ],
)
def test_settings_that_cannot_be_meant(changes, words):
    with pytest.raises(ConfigError, match=words):
        config(**changes)


def test_batches_must_hold_events(stages, tmp_path):
    cfg = config(fewest_events=30)
    with pytest.raises(StageRefusal, match=r"had the event, so that a batch of 40 may have only \d+ in each of its 1 parts"):
        fit_family(family, fold(stages, cfg), cfg, 1, tmp_path / "checkpoint.safetensors")
