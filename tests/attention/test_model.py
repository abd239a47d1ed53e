"""The shallow transformer: against a loop over everything, its gradients, its symmetries, and plain gradient descent."""

import numpy as np
import pytest
import torch

from workflow_scripts.lib.attention.model import ShallowTransformer, descend, new_models
from workflow_scripts.lib.attention.world import World, pattern_world, stacked
from workflow_scripts.lib.config.attention import ModelConfig, TokensConfig
from workflow_scripts.lib.training.losses import cox_loss

TOKENS = TokensConfig(tokens=5, relevant=2, confusion=1)
S, N, T, D, M = 2, 12, 5, 6, 4
NAMES = ("query", "key", "value", "output")


@pytest.fixture
def model() -> ShallowTransformer:
    """Weights without any symmetry, in double precision."""
    rng = np.random.default_rng(7)
    shapes = [(S, D, D)] * 3 + [(S, M, D)]
    weights = [torch.from_numpy(rng.normal(size=shape)).requires_grad_() for shape in shapes]
    return ShallowTransformer(*weights, torch.tensor([0.5, 0.5, -0.5, -0.5], dtype=torch.float64))


@pytest.fixture
def world() -> World:
    return stacked([pattern_world(np.random.default_rng(seed), TOKENS, N, 1.0, D) for seed in range(S)])


def tokens_of(world):
    return torch.from_numpy(world.tokens).double()


def by_hand(query, key, value, output, signs, tokens):
    """F of one patient of tokens (t, d), and what each token pays to each, written as in the paper."""
    paid, total = np.zeros((len(tokens), len(tokens))), 0.0
    for place, asking in enumerate(tokens):
        scores = [float((key @ other) @ (query @ asking)) for other in tokens]
        paid[place] = np.exp(scores) / np.sum(np.exp(scores))
        mixed = sum(share * (value @ other) for share, other in zip(paid[place], tokens, strict=True))
        total += float(signs @ np.maximum(output @ mixed, 0))
    return total / len(tokens), paid


def test_is_what_a_loop_says(model, world):
    tokens = tokens_of(world)
    weights = [part.detach().numpy() for part in model.trained]
    paid, risks = model.attention(tokens).detach(), model.log_risk(tokens).detach()
    for s in range(S):
        for n in range(N):
            risk, shares = by_hand(*(part[s] for part in weights), model.signs.numpy(), tokens[s, n].numpy())
            assert risks[s, n].item() == pytest.approx(risk, rel=1e-10)
            assert paid[s, n].numpy() == pytest.approx(shares, rel=1e-10)


def test_attention_sums_to_one(model, world):
    assert model.attention(tokens_of(world)).sum(dim=-1).detach().numpy() == pytest.approx(np.ones((S, N, T)))
    found = new_models(range(S), D, ModelConfig(hidden=M)).received(world)
    assert found.sum(axis=-1) == pytest.approx(np.ones((S, N)), abs=1e-5)
    assert found.shape == (S, N, T)


def test_received_is_the_mean_over_who_pays(world):
    model = new_models(range(S), D, ModelConfig(hidden=M))
    paid = model.attention(torch.from_numpy(world.tokens)).detach().numpy()
    assert model.received(world)[1, 2, 3] == pytest.approx(paid[1, 2, :, 3].mean())


def test_the_order_of_tokens_does_not_matter(model, world):
    tokens, order = tokens_of(world), [3, 0, 4, 1, 2]
    assert model.log_risk(tokens[:, :, order]).detach().numpy() == pytest.approx(model.log_risk(tokens).detach().numpy())
    assert model.attention(tokens[:, :, order])[0, 0, 0, 1].item() == pytest.approx(model.attention(tokens)[0, 0, 3, 0].item())


def test_gradients_reach_every_matrix_and_are_right(model, world):
    """Against the slope between two points, in one entry of each matrix."""

    def loss() -> torch.Tensor:
        return cox_loss(model.log_risk(tokens_of(world)), torch.from_numpy(world.days), torch.from_numpy(world.event)).sum()

    gradients = dict(zip(NAMES, torch.autograd.grad(loss(), model.trained), strict=True))
    for name, weights in zip(NAMES, model.trained, strict=True):
        assert (gradients[name].abs().amax(dim=(1, 2)) > 1e-6).all(), name
        values = []
        for step in (1e-5, -1e-5):
            with torch.no_grad():
                weights[1, 2, 3] += step
                values.append(loss().item())
                weights[1, 2, 3] -= step
        assert gradients[name][1, 2, 3].item() == pytest.approx((values[0] - values[1]) / 2e-5, rel=1e-4, abs=1e-9)


def test_new_models_are_as_the_settings_say():
    model = new_models([1, 2], D, ModelConfig(hidden=M, query_key=0.3, output_sd=0.1))
    assert (model.query == 0.3 * torch.eye(D)).all()
    assert (model.key == model.query).all()
    assert (model.value == torch.eye(D)).all()
    assert model.signs.tolist() == [0.5, 0.5, -0.5, -0.5]
    assert not torch.equal(model.output[0], model.output[1])
    assert torch.equal(new_models([2], D, ModelConfig(hidden=M)).output[0], model.output[1])
    assert new_models(range(2), 200, ModelConfig(hidden=200)).output.std().item() == pytest.approx(0.1, rel=0.02)


def test_a_step_is_the_rate_times_the_gradient(world):
    cfg = ModelConfig(hidden=M)
    model, first = new_models(range(S), D, cfg), new_models(range(S), D, cfg)
    loss = cox_loss(first.log_risk(torch.from_numpy(world.tokens)), torch.from_numpy(world.days), torch.from_numpy(world.event)).sum()
    gradients = torch.autograd.grad(loss, first.trained)
    assert list(descend(model, world, 1, 0.5)) == [0, 1]
    for weights, start, gradient in zip(model.trained, first.trained, gradients, strict=True):
        assert weights.detach().numpy() == pytest.approx((start - 0.5 * gradient).detach().numpy(), abs=1e-6)


def test_nothing_has_moved_before_the_first_step(world):
    model = new_models(range(S), D, ModelConfig(hidden=M))
    assert next(descend(model, world, 5, 0.5)) == 0
    assert torch.equal(model.output, new_models(range(S), D, ModelConfig(hidden=M)).output)


def test_worlds_do_not_meet(world):
    """A model learns the same whether other worlds train beside it or not."""
    both, alone = new_models([1, 2], D, ModelConfig(hidden=M)), new_models([2], D, ModelConfig(hidden=M))
    second = World(world.tokens[1:], world.log_hazard[1:], world.days[1:], world.event[1:])
    assert list(descend(both, world, 3, 0.5)) == list(descend(alone, second, 3, 0.5))
    assert both.query[1].detach().numpy() == pytest.approx(alone.query[0].detach().numpy(), abs=1e-6)
    assert both.concordance(world)[1] == pytest.approx(alone.concordance(second)[0])


def test_mini_batches_take_these_patients_and_no_others(world):
    rows = np.array([[[0, 3, 5, 7, 8]], [[1, 2, 4, 9, 10]]])  # one step in each world
    few = World(*(np.stack([part[s, rows[s, 0]] for s in range(S)]) for part in vars(world).values()))
    batched, plain = new_models(range(S), D, ModelConfig(hidden=M)), new_models(range(S), D, ModelConfig(hidden=M))
    assert list(descend(batched, world, 1, 0.5, rows)) == list(descend(plain, few, 1, 0.5))
    for ours, theirs in zip(batched.trained, plain.trained, strict=True):
        assert torch.equal(ours, theirs)


def test_updated_takes_the_other_weights_where_told_and_is_a_copy(world):
    cfg = ModelConfig(hidden=M)
    old, new = new_models([1, 2], D, cfg), new_models([3, 4], D, cfg)
    mixed = old.updated(new, np.array([True, False]))
    assert torch.equal(mixed.output[0], new.output[0])
    assert torch.equal(mixed.output[1], old.output[1])
    list(descend(new, world, 1, 0.5))
    assert not torch.equal(mixed.output[0], new.output[0])
