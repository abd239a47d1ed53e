"""The optimiser: who is stepped by what, at which rate, and what it remembers."""

import pytest
import torch
from torch import nn
from transformers import Qwen2Config, Qwen2ForCausalLM

from workflow_scripts.lib.config.training import TrainingConfig
from workflow_scripts.lib.training.optimiser import Optimiser, inner_matrices, schedule

CFG = {"objective": {"cox": 1.0}, "steps": 100, "batch_size": 8, "learning_rate": 0.01}


def config(**settings) -> TrainingConfig:
    return TrainingConfig(**{**CFG, **settings})


def qwen() -> Qwen2ForCausalLM:
    torch.manual_seed(3)
    shape = {"vocab_size": 20, "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2}
    return Qwen2ForCausalLM(Qwen2Config(**shape, num_attention_heads=2, num_key_value_heads=2, tie_word_embeddings=False))


def names(model, parameters) -> set[str]:
    known = {id(parameter): name for name, parameter in model.named_parameters()}
    return {known[id(parameter)] for parameter in parameters}


def one_step(model, optimiser, done: int) -> None:
    torch.manual_seed(done)
    ids = torch.randint(0, 20, (2, 6))
    model(input_ids=ids, labels=ids).loss.backward()
    optimiser.step(done)


def test_muon_takes_the_matrices_inside_layers_and_adamw_the_rest():
    model = qwen()
    optimiser = Optimiser(model, config(optimiser="muon"))
    (_, adamw), (_, muon) = optimiser.parts
    inside = names(model, muon.param_groups[0]["params"])
    assert len(inside) == 2 * 7
    assert all(name.startswith("model.layers.") and name.endswith("_proj.weight") for name in inside)
    decayed, free = (names(model, group["params"]) for group in adamw.param_groups)
    assert decayed == {"model.embed_tokens.weight", "lm_head.weight"}
    assert inside | decayed | free == {name for name, _ in model.named_parameters()}
    assert adamw.param_groups[1]["weight_decay"] == 0


def test_frozen_parameters_are_left_alone():
    model = qwen()
    model.model.layers[0].requires_grad_(False)
    assert all(name.startswith("model.layers.1.") for name in names(model, inner_matrices(model)))
    assert not any(name.startswith("model.layers.0.") for name in names(model, Optimiser(model, config()).parameters))


def test_a_model_with_nothing_but_inner_matrices_needs_no_adamw():
    """As low-rank adapters are."""
    model = nn.ModuleDict({"layers": nn.Sequential(nn.Linear(4, 4, bias=False))})
    optimiser = Optimiser(model, config(optimiser="muon"))
    before = model["layers"][0].weight.clone()
    model["layers"](torch.ones(2, 4)).sum().backward()
    optimiser.step(0)
    assert not torch.equal(before, model["layers"][0].weight)


@pytest.mark.parametrize("kind", ["adamw", "muon"])
def test_the_step_after_a_restore_has_the_same_bytes(kind):
    cfg = config(optimiser=kind, warmup_fraction=0.5)
    model = qwen()
    optimiser = Optimiser(model, cfg)
    for done in range(3):
        one_step(model, optimiser, done)
    other = qwen()
    other.load_state_dict(model.state_dict())
    restored = Optimiser(other, cfg)
    restored.restore({name: value.clone() for name, value in optimiser.state().items()})
    for one, another in ((model, optimiser), (other, restored)):
        one_step(one, another, 3)
    assert all(torch.equal(a, b) for a, b in zip(model.state_dict().values(), other.state_dict().values(), strict=True))
    assert all(torch.equal(value, restored.state()[name]) for name, value in optimiser.state().items())
    assert any(name.endswith("exp_avg_sq") for name in optimiser.state())


def test_gradients_are_clipped_then_cleared():
    model = nn.Linear(1, 1, bias=False)
    moves = []
    for size in (1e3, 1e6):
        nn.init.ones_(model.weight)
        optimiser = Optimiser(model, config(weight_decay=0.0, clip_norm=0.5))
        (size * model(torch.ones(1, 1))).sum().backward()
        optimiser.step(50)
        moves.append((model.weight.item(), optimiser.state()["0/0/exp_avg"].item()))
        assert model.weight.grad is None
    assert moves[0] == moves[1]
    assert moves[0][1] == pytest.approx(0.1 * 0.5)


def test_schedule_by_hand():
    """Warm-up over 10 of 100 steps, under a cosine from 1 to .1."""
    cfg = config(warmup_fraction=0.1)
    assert schedule(0, cfg) == pytest.approx(0.1)
    assert schedule(4, cfg) == pytest.approx(0.5 * (0.1 + 0.45 * (1 + 0.9921147)))
    assert schedule(50, cfg) == pytest.approx(0.55)
    assert schedule(100, cfg) == pytest.approx(0.1)
    assert schedule(500, cfg) == pytest.approx(0.1)
    assert schedule(0, config(warmup_fraction=0.0)) == pytest.approx(1.0)


def test_each_part_steps_at_its_own_rate():
    model = qwen()
    optimiser = Optimiser(model, config(optimiser="muon", matrix_rate=0.02))
    one_step(model, optimiser, 50)
    assert [group["lr"] for _, part in optimiser.parts for group in part.param_groups] == pytest.approx([0.0055, 0.0055, 0.011])
