"""Answers from few patches: those kept count, the others do not."""

import numpy as np
import pandas as pd
import pytest

from tests.families.test_explanations import ALONE, batch_of, made
from tests.families.test_radiomics_vit import transformer
from tests.world import PATCH, SIDE
from workflow_scripts.lib.contracts.ingest import Cohort
from workflow_scripts.lib.families import radiomics_vit as family
from workflow_scripts.lib.training.data import FoldData
from workflow_scripts.lib.training.pruning import best, halves, pruned_risks

PATCHES = (SIDE // PATCH) ** 2


def kept_by_all(found, patches):
    """The same ``patches`` of every image in every view."""
    return {view: np.tile(patches, (len(found.rows), 1)) for view in found.attention}


@pytest.mark.parametrize("base", ["tiny", "pretrained"])
def test_all_patches_in_any_order_say_what_the_whole_image_says(stages, tmp_path, base):
    """As the transformer's own code has it, that of a pretrained one of three channels too."""
    if base == "pretrained":
        transformer(tmp_path, SIDE, PATCH)
    cfg, data, state, model = made(stages, base="tiny" if base == "tiny" else str(tmp_path))
    batch = batch_of(cfg, data, state)
    found = model.explain(batch)
    mixed = {view: best(np.random.default_rng(1).random(values.shape), PATCHES) for view, values in found.attention.items()}
    whole = model.respond(batch)["risk"].log_risk[found.rows]
    np.testing.assert_allclose(model.pruned(batch, mixed), whole, atol=1e-5)


@pytest.mark.parametrize("view", ["images", "patch_features"])
def test_a_patch_that_is_not_kept_says_nothing(stages, view):
    cfg, data, state, model = made(stages)
    batch = batch_of(cfg, data, state)
    found = model.explain(batch)
    before = model.pruned(batch, kept_by_all(found, [1, 2, 7]))
    changed = batch.inputs[view]
    if view == "images":
        grid = changed.unflatten(1, (SIDE // PATCH, -1)).unflatten(3, (SIDE // PATCH, -1))  # patch row, row in it, patch column, column
        grid[:, 0, :, 0] = 255 - grid[:, 0, :, 0]  # the first patch
    else:
        changed[:, 0] += 1
    np.testing.assert_array_equal(model.pruned(batch, kept_by_all(found, [1, 2, 7])), before)
    assert (abs(model.pruned(batch, kept_by_all(found, [0, 2, 7])) - before) > 1e-6).all()


def test_every_patient_with_an_image_is_asked_from_all_patches_down_to_one(stages):
    cfg, data, state, model = made(stages, batch_size=32)
    rows = pruned_risks(family, cfg, state, model, data, seed=3)
    assert list(halves(PATCHES)) == [16, 8, 4, 2, 1]
    shape = rows.groupby(["choice", "kept"])["patient_id"].agg(["size", "nunique"])
    assert len(shape) == 10
    ids = data.roles["patient_id"][model.explain(batch_of(cfg, data, state)).rows]
    assert (shape == len(ids)).all(axis=None)
    assert set(rows["patient_id"]) == set(ids)
    alike = rows.pivot(index="patient_id", columns=["choice", "kept"], values="log_risk")
    np.testing.assert_allclose(alike["attention", 16], alike["random", 16], atol=1e-5)
    assert not np.allclose(alike["attention", 2], alike["random", 2])
    distinct = rows.groupby(["choice", "kept"])["distinct"].agg(["min", "max"])
    assert (distinct.loc["random"] == np.array([[1], [2], [4], [8], [16]])).all(axis=None)
    assert (distinct.loc[("attention", 16)] == 16).all()
    assert distinct.loc[("attention", 2), "max"] > 2  # views look at different patches
    cost = rows.groupby("kept")["multiply_adds"].agg(["min", "max"])
    np.testing.assert_allclose(cost["min"], cost["max"])
    assert cost["min"].is_monotonic_increasing
    pd.testing.assert_frame_equal(rows, pruned_risks(family, cfg, state, model, data, seed=3))


@pytest.mark.parametrize("variant", ["hybrid", "pixels", "radiomics"])
def test_nobody_in_a_batch_has_an_image(stages, variant):
    """They all have one risk, and there is nothing to explain and nothing to prune."""
    cfg, data, state, model = made(stages, variant=variant, **({} if variant == "hybrid" else ALONE))
    nobody = [row for row in range(len(data.roles)) if row % 7 == 6]
    batch = family.collate(family.examples(data, cfg, state), np.array(nobody))
    assert (model.train()(batch).log_risk == model.absent).all()
    assert set(model.respond(batch)["risk"].log_risk) == {0.0}
    found = model.explain(batch)
    assert {values.shape for values in found.attention.values()} == {(0, PATCHES)}
    rows = data.cohort.rows.iloc[nobody]
    few = FoldData(data.fold, Cohort(rows, data.cohort.covariates), data.roles.iloc[nobody], data.grid, data.tables)
    assert pruned_risks(family, cfg, state, model, few, seed=3).empty
