"""Discrete hazards and weighted tokens: by hand, and as identities."""

import numpy as np
import pytest
import torch

from workflow_scripts.lib.survival.outcome import Outcome, TimeGrid
from workflow_scripts.lib.training.data import Batch, Prediction
from workflow_scripts.lib.training.losses import hazard_losses, weighted_loss


def logit(hazard: float) -> float:
    return float(np.log(hazard / (1 - hazard)))


def test_by_hand():
    """An event in the second interval, a censoring that survived one, and one that survived all three."""
    grid = TimeGrid(np.array([0.0, 100, 200, 300]))
    interval, event = grid.discretise(Outcome(np.array([150.0, 120.0, 400.0]), np.array([True, False, True])))
    logits = torch.tensor([[logit(0.1), logit(0.2), logit(0.5)]]).expand(3, 3)
    by_hand = -np.log([0.9 * 0.2, 0.9, 0.9 * 0.8 * 0.5])
    np.testing.assert_allclose(hazard_losses(logits, torch.from_numpy(interval), torch.from_numpy(event)), by_hand, rtol=1e-5)


def batch(**targets) -> Batch:
    return Batch({}, {name: torch.as_tensor(value) for name, value in targets.items()})


def test_a_teacher_is_followed_best_by_itself():
    """The cost is least, and flat, where the student's hazards are those of the teacher's curve."""
    survival = torch.tensor([[0.9, 0.72, 0.36]])
    own = torch.tensor([[logit(0.1), logit(0.2), logit(0.5)]], requires_grad=True)
    loss = weighted_loss({"teacher_curve": 1.0}, Prediction(hazard_logits=own), batch(teacher_survival=survival, teacher_weight=[1.0]))[0]
    loss.backward()
    assert own.grad.abs().max() < 1e-6
    for shift in (-0.3, 0.3):
        other = weighted_loss(
            {"teacher_curve": 1.0}, Prediction(hazard_logits=own.detach() + shift), batch(teacher_survival=survival, teacher_weight=[1.0])
        )[0]
        assert other.item() > loss.item()


def test_a_certain_teacher_is_an_outcome():
    """A teacher who knows the event in the second interval costs what that event costs."""
    logits = torch.randn(1, 3, generator=torch.Generator().manual_seed(1))
    known = weighted_loss(
        {"teacher_curve": 1.0}, Prediction(hazard_logits=logits), batch(teacher_survival=[[1.0, 0.0, 0.0]], teacher_weight=[1.0])
    )[0]
    assert float(known) == pytest.approx(float(hazard_losses(logits, torch.tensor([1]), torch.tensor([True]))), rel=1e-6)


def test_a_teacher_who_is_not_learnt_from_costs_nothing():
    logits = torch.randn(3, 3, generator=torch.Generator().manual_seed(4))
    curves = [[0.9, 0.5, 0.4], [0.9, 0.8, 0.7], [0.2, 0.1, 0.0]]
    some = weighted_loss(
        {"teacher_curve": 1.0}, Prediction(hazard_logits=logits), batch(teacher_survival=curves, teacher_weight=[1.5, 1.5, 0])
    )[0]
    both = weighted_loss(
        {"teacher_curve": 1.0}, Prediction(hazard_logits=logits[:2]), batch(teacher_survival=curves[:2], teacher_weight=[1.0, 1.0])
    )[0]
    assert float(some) == pytest.approx(float(both), rel=1e-6)


def test_mixed_copies_have_no_outcome():
    logits = torch.randn(4, 3, generator=torch.Generator().manual_seed(2))
    targets = {"interval": [0, 2, 1, 1], "event_on_grid": [True, False, True, True], "own_weight": [2.0, 2.0, 0.0, 0.0]}
    loss = weighted_loss({"likelihood": 1.0}, Prediction(hazard_logits=logits), batch(**targets))[0]
    alone = hazard_losses(logits[:2], torch.tensor([0, 2]), torch.tensor([True, False])).mean()
    assert float(loss) == pytest.approx(float(alone), rel=1e-6)
    risk = {"days": [5.0, 3.0, 1.0, 9.0], "event": [True, True, True, True], "own": [True, True, False, False]}
    cox = weighted_loss({"cox": 1.0}, Prediction(log_risk=logits[:, 0]), batch(**risk))[0]
    alone = weighted_loss({"cox": 1.0}, Prediction(log_risk=logits[:2, 0]), batch(days=[5.0, 3.0], event=[True, True]))[0]
    assert float(cox) == pytest.approx(float(alone), rel=1e-6)


def test_tokens_count_by_their_case_and_their_place():
    """Two cases; two tokens of the line, of which one counts half, and one of the prose."""
    logits = torch.log(torch.tensor([[0.5, 0.25, 0.25], [0.5, 0.25, 0.25], [0.1, 0.1, 0.8]]))
    said = batch(tokens=[0, 1, 2], line_weight=[1.0, 0.5, 0.0], prose_weight=[0.0, 0.0, 2.0], own=[True, True])
    prediction = Prediction(token_logits=logits, form=torch.tensor([0.0, 0.4, 0.0]))
    _, terms = weighted_loss({"line": 1.0, "form": 1.0, "rationale": 1.0}, prediction, said)
    assert float(terms["form"]) == pytest.approx(0.5 * 0.4 / 2, rel=1e-6)
    assert float(terms["line"]) == pytest.approx((np.log(2) + 0.5 * np.log(4)) / 2, rel=1e-6)
    assert float(terms["rationale"]) == pytest.approx(-np.log(0.8), rel=1e-5)
