"""Bundles: what is asked of a model, and what of it stays on disk."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from tests.training.families import Small
from tests.world import GRID, cohort, fold_of
from workflow_scripts.lib.config.training import TrainingConfig
from workflow_scripts.lib.errors import ContractError
from workflow_scripts.lib.survival.cox import breslow, proportional_curves
from workflow_scripts.lib.training.bundle import Bundle, ask, fit_baselines, load_bundle, save_bundle
from workflow_scripts.lib.training.data import Answer, Batch, Examples

OUTCOME = cohort().outcome
DATA = fold_of(cohort())
CFG = TrainingConfig(objective={"cox": 1.0}, steps=1, batch_size=1, learning_rate=0.1, device="cpu")


class Reader(Small):
    """Says the age; writes nothing for those older than 70."""

    def answer(self, batch):
        age = batch.inputs["age"].numpy()
        return {"age": Answer(age), "young": Answer(np.where(age > 70, np.nan, age), text=[f"{one:.0f}" for one in age])}


def examples(data, cfg, state):
    """One per patient, from the longest life to the shortest, so that lengths shuffle them."""
    order = np.argsort(-data.cohort.outcome.days)
    ages = data.cohort.rows["age"].to_numpy()
    return Examples({"age": ages[order]}, data.cohort.outcome.days[order].astype(int), order)


def collate(chosen, rows):
    return Batch({"age": torch.from_numpy(chosen.arrays["age"][rows])}, {})


FAMILY = SimpleNamespace(examples=examples, collate=collate, model=lambda cfg, state: Reader())
STATE = {"words": ["a", "ä"], "number": 0.1 + 0.2, "arrays": {"columns": np.arange(6.0).reshape(2, 3).T}}


def asked():
    return ask(FAMILY, None, {}, Reader(), DATA)


def test_answers_are_in_the_order_of_the_patients():
    said = asked()
    assert np.array_equal(said["age"].log_risk, cohort().rows["age"])
    assert said["young"].text == [f"{age:.0f}" for age in cohort().rows["age"]]
    assert said["age"].text is None


def test_curves_are_those_of_breslow_on_training_risks():
    baselines = fit_baselines(asked(), DATA)
    age = cohort().rows["age"].to_numpy()
    assert baselines["age"] == pytest.approx(breslow(age, OUTCOME, GRID.days))
    read = age <= 70
    assert baselines["young"] == pytest.approx(breslow(age[read], OUTCOME[read], GRID.days))


def test_an_output_with_curves_of_its_own_keeps_them_and_one_that_nobody_could_read_has_none():
    own = Answer(np.zeros(120), np.full((120, 5), 0.5))
    unread = Answer(np.full(120, np.nan))
    baselines = fit_baselines({"own": own, "unread": unread}, DATA)
    assert list(baselines) == ["unread"]
    assert not baselines["unread"].any()


def test_a_bundle_answers_the_same_after_a_round_trip(tmp_path):
    bundle = Bundle(FAMILY, None, STATE, Reader(), fit_baselines(asked(), DATA))
    save_bundle(tmp_path / "bundle" / "MANIFEST.json", bundle)
    back = load_bundle(tmp_path / "bundle" / "MANIFEST.json", FAMILY, CFG)
    assert back.state["words"] == STATE["words"]
    assert back.state["number"] == STATE["number"]
    assert np.array_equal(back.state["arrays"]["columns"], STATE["arrays"]["columns"])
    for output, answer in bundle.answers(DATA).items():
        assert np.array_equal(back.answers(DATA)[output].survival, answer.survival)
        assert answer.survival == pytest.approx(proportional_curves(np.nan_to_num(answer.log_risk), bundle.baselines[output]))


def test_an_altered_bundle_is_refused(tmp_path):
    save_bundle(tmp_path / "MANIFEST.json", Bundle(FAMILY, None, STATE, Reader(), {}))
    (tmp_path / "model.safetensors").write_bytes(b"other weights")
    with pytest.raises(ContractError, match=r"model\.safetensors missing or altered"):
        load_bundle(tmp_path / "MANIFEST.json", FAMILY, CFG)
