"""Answers from few patches: those kept count, the others do not."""

import numpy as np
import pandas as pd
import pytest

from tests.families.test_explanations import batch_of, made
from tests.world import PATCH, SIDE
from workflow_scripts.lib.families import radiomics_vit as family
from workflow_scripts.lib.training.pruning import halves, pruned_risks

PATCHES = (SIDE // PATCH) ** 2


def scores_of(found, patches):
    """Scores of every view, by which ``patches`` come first."""
    score = np.isin(np.arange(PATCHES), patches).astype(float)
    return {view: np.tile(score, (len(found.rows), 1)) for view in found.attention}


def test_all_patches_in_any_order_say_what_the_whole_image_says(stages):
    cfg, data, state, model = made(stages)
    batch = batch_of(cfg, data, state)
    found = model.explain(batch)
    drawn = {view: np.random.default_rng(1).random(values.shape) for view, values in found.attention.items()}
    whole = model.respond(batch)["risk"].log_risk[found.rows]
    np.testing.assert_allclose(model.pruned(batch, drawn, PATCHES), whole, atol=1e-5)


@pytest.mark.parametrize("view", ["images", "patch_features"])
def test_a_patch_that_is_not_kept_says_nothing(stages, view):
    cfg, data, state, model = made(stages)
    batch = batch_of(cfg, data, state)
    found = model.explain(batch)
    before = model.pruned(batch, scores_of(found, [1, 2, 7]), 3)
    changed = batch.inputs[view]
    if view == "images":
        grid = changed.unflatten(1, (SIDE // PATCH, -1)).unflatten(3, (SIDE // PATCH, -1))  # patch row, row in it, patch column, column
        grid[:, 0, :, 0] = 255 - grid[:, 0, :, 0]  # the first patch
    else:
        changed[:, 0] += 1
    np.testing.assert_array_equal(model.pruned(batch, scores_of(found, [1, 2, 7]), 3), before)
    assert (abs(model.pruned(batch, scores_of(found, [0, 2, 7]), 3) - before) > 1e-6).all()


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
    cost = rows.groupby("kept")["multiply_adds"].agg(["min", "max"])
    np.testing.assert_allclose(cost["min"], cost["max"])
    assert cost["min"].is_monotonic_increasing
    pd.testing.assert_frame_equal(rows, pruned_risks(family, cfg, state, model, data, seed=3))
