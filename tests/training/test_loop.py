"""The training loop: which weights come out, what is written down, and that a killed run ends as an undisturbed one."""

import json
import math
import time

import numpy as np
import pytest
import torch
from lifelines.utils import concordance_index

from tests.training.families import Killed, Run, Small, collate, some
from workflow_scripts.lib.config.training import TrainingConfig
from workflow_scripts.lib.errors import ConfigError, StageRefusal
from workflow_scripts.lib.training.device import choose_device
from workflow_scripts.lib.training.loop import Trainer
from workflow_scripts.lib.training.losses import weighted_loss


@pytest.fixture
def run(tmp_path):
    """Makes runs with a checkpoint each."""
    made = []

    def make(**settings) -> Run:
        made.append(Run(tmp_path / f"{len(made)}" / "checkpoint.safetensors", settings))
        return made[-1]

    return make


def trained(one: Run, model: Small | None = None):
    model = model or Small()
    history = one.trainer(model).run()
    return model, history


def weights(model) -> dict[str, bytes]:
    return {name: value.numpy().tobytes() for name, value in model.state_dict().items()}


def values(history, role, term="total") -> dict[int, float]:
    return {row["step"]: row["value"] for row in history if row["role"] == role and row["term"] == term}


def valid_loss(model, term="cox") -> float:
    model.eval()
    with torch.no_grad():
        batch = collate(some(30, 2), np.arange(30))
        return weighted_loss({term: 1.0}, model(batch), batch)[0].item()


@pytest.mark.parametrize("kind", ["adamw", "muon"])
@pytest.mark.parametrize("lives", [1, 4, 11, 12, 19])
def test_a_killed_run_ends_as_an_undisturbed_one(run, lives, kind):
    """Checkpoints after 4, 8, 12, 16 and 20 steps, looks every 3: killed before, at and between them."""
    whole, history = trained(run(optimiser=kind))
    one = run(optimiser=kind)
    with pytest.raises(Killed):
        trained(one, Small(lives))
    again, resumed = trained(one)
    assert weights(again) == weights(whole)
    assert json.dumps(resumed) == json.dumps(history)


def test_a_run_killed_twice(run):
    whole, history = trained(run())
    one = run()
    for lives in (6, 7):
        with pytest.raises(Killed):
            trained(one, Small(lives))
    again, resumed = trained(one)
    assert weights(again) == weights(whole)
    assert resumed == history


def test_a_resumed_run_does_not_start_again(run):
    one = run()
    with pytest.raises(Killed):
        trained(one, Small(13))
    trained(one, Small(8))  # 12 steps lie behind it, 8 before it
    with pytest.raises(Killed):
        trained(run(), Small(8))


def test_a_run_that_is_out_of_time_saves_itself_and_goes_on_as_if_undisturbed(run):
    """Time is over from the start, so each attempt makes one step; the history's last look falls between checkpoints."""
    whole, history = trained(run(steps=6))
    one = run(steps=6)
    one.stop_at = time.monotonic()
    for done in range(1, 6):
        with pytest.raises(StageRefusal, match=f"time is up after step {done} of 6; the checkpoint is kept"):
            trained(one)
    again, resumed = trained(one)  # the last step is the last: nothing to give way for
    assert weights(again) == weights(whole)
    assert json.dumps(resumed) == json.dumps(history)


def test_a_run_that_was_stopped_early_stays_stopped(run):
    """Patience runs out at a look that falls on a checkpoint."""
    settings = {"learning_rate": 3.0, "warmup_fraction": 0.0, "steps": 60, "validate_every": 4, "patience": 2}
    one = run(**settings)
    whole, history = trained(one)
    last = max(row["step"] for row in history)
    assert last < 60
    assert last % 4 == 0
    again, resumed = trained(one, Small(lives=0))  # not one more step
    assert weights(again) == weights(whole)
    assert resumed == history


def test_a_damaged_checkpoint_costs_time_and_nothing_else(run):
    whole, _ = trained(run())
    one = run()
    with pytest.raises(Killed):
        trained(one, Small(13))
    one.checkpoint.write_bytes(one.checkpoint.read_bytes()[:-50])
    assert weights(trained(one)[0]) == weights(whole)


def test_the_weights_of_the_best_look_are_kept(run):
    model, history = trained(run(learning_rate=0.5, warmup_fraction=0.0, steps=30, validate_every=1, batch_size=64))
    looks = values(history, "valid")
    assert min(looks, key=looks.get) < 30
    assert looks[30] > min(looks.values())
    assert valid_loss(model) == pytest.approx(min(looks.values()))


def test_training_stops_after_patience_looks_that_are_no_better(run):
    _, history = trained(run(learning_rate=0.5, warmup_fraction=0.0, steps=200, validate_every=2, patience=3))
    looks = values(history, "valid")
    best = min(looks, key=looks.get)
    assert max(looks) == best + 3 * 2 < 200


def test_history_holds_means_since_the_last_look(run):
    """With a look at every step the mean is the step's own value; with one at every third, the mean of three."""
    every, third = (values(trained(run(steps=10, validate_every=n))[1], "train") for n in (1, 3))
    assert list(every) == list(range(1, 11))
    assert list(third) == [3, 6, 9, 10]
    assert third[6] == pytest.approx(np.mean([every[4], every[5], every[6]]))
    assert third[10] == pytest.approx(every[10])


def test_validation_terms_are_means_over_patients(run):
    """30 of them, in batches of 16 and 14."""
    model, history = trained(run(objective={"completion": 1.0}, batch_size=16, steps=1))
    assert values(history, "valid")[1] == pytest.approx(valid_loss(model, "completion"))


def test_every_term_is_written_down(run):
    _, history = trained(run(objective={"cox": 1.0, "completion": 2.0}))
    cox, completion, total = (values(history, "valid", term) for term in ("cox", "completion", "total"))
    assert total == pytest.approx({step: cox[step] + 2 * completion[step] for step in total})


def test_same_seed_same_bytes_and_another_seed_others(tmp_path):
    made = [trained(Run(tmp_path / str(index), {}, seed))[0] for index, seed in enumerate([1, 1, 2])]
    assert weights(made[0]) == weights(made[1])
    assert weights(made[0]) != weights(made[2])


@pytest.mark.parametrize("parts", [2, 4, 100])
def test_accumulated_gradients_are_those_of_the_whole_batch(run, parts):
    """For means over tokens where every example has as many; without dropout; a batch cannot be cut into more than its rows."""
    models = []
    for cut in (1, parts):
        model = Small()
        model.layers[2].p = 0.0
        trained(run(objective={"completion": 1.0}, gradient_accumulation=cut, steps=3), model)
        models.append(model)
    for a, b in zip(models[0].parameters(), models[1].parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-6)


def test_dropout_differs_from_step_to_step(run):
    model = Small()
    trainer = run().trainer(model)
    masks = []
    model.layers[2].register_forward_hook(lambda _, before, after: masks.append(after.eq(0) & before[0].ne(0)) if model.training else None)
    trainer.run()
    assert not all(torch.equal(masks[0], mask) for mask in masks)


def test_a_loss_that_is_no_number_is_refused(run):
    one = run(learning_rate=1e30, clip_norm=1e30, warmup_fraction=0.0)
    with pytest.raises(StageRefusal, match=r"the loss is (nan|inf) after \d+ steps; lower learning_rate"):
        trained(one)


def test_bfloat16_trains_too(run):
    model, history = trained(run(precision="bfloat16", objective={"cox": 1.0, "completion": 1.0}))
    assert all(math.isfinite(row["value"]) for row in history)
    assert next(model.parameters()).dtype == torch.float32


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without a GPU")
def test_a_gpu_that_is_not_there_is_refused():
    cfg = TrainingConfig(objective={"cox": 1.0}, steps=1, batch_size=1, learning_rate=1.0, device="cuda")
    with pytest.raises(ConfigError, match="no GPU is visible; use auto or cpu"):
        choose_device(cfg)
    assert choose_device(cfg.model_copy(update={"device": "auto"})).type == "cpu"


def test_weights_are_trained_on_the_training_examples_only(tmp_path):
    """Other validation examples stop elsewhere, but move no weight."""
    cfg = Run(tmp_path / "a", {}).trainer(Small()).cfg
    made = []
    for index, seed in enumerate((2, 3)):
        model = Small()
        trainer = Trainer(model, collate, some(70, 1), some(30, seed), cfg, 1, tmp_path / str(index))
        trainer.run()
        made.append(trainer.facts["history"])
    assert values(made[0], "train") == values(made[1], "train")
    assert values(made[0], "valid") != values(made[1], "valid")


def discordance(model) -> float:
    """1 - Harrell's C of the validation examples, as lifelines has it."""
    model.eval()
    shown = some(30, 2)
    with torch.no_grad():
        risk = model(collate(shown, np.arange(30))).log_risk.numpy()
    return 1 - concordance_index(shown.arrays["days"], -risk, shown.arrays["event"])


def test_what_is_watched_says_which_weights_stay(run):
    settings = {"steps": 60, "validate_every": 1, "patience": 100, "learning_rate": 0.05}
    by_rank, history = trained(run(**settings, watched="discordance"))
    by_loss, again = trained(run(**settings))
    assert history == again
    assert discordance(by_rank) == pytest.approx(min(values(history, "valid", "discordance").values()))
    assert discordance(by_loss) > discordance(by_rank)
