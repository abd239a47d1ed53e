"""The Cox loss: by hand, as identities, as torchsurv and scikit-survival have it; and the weighted sum."""

import warnings

import numpy as np
import pytest
import torch
from sksurv.linear_model.coxph import CoxPHOptimizer
from torch.nn import functional

from workflow_scripts.lib.survival.cox import partial_log_likelihood
from workflow_scripts.lib.survival.outcome import Outcome
from workflow_scripts.lib.training.data import Batch, Prediction
from workflow_scripts.lib.training.losses import contrast_loss, cox_loss, weighted_loss

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "`torch.jit.script` is deprecated")  # said while torchsurv is imported
    from torchsurv.loss.cox import neg_partial_log_likelihood

RISK = torch.log(torch.tensor([1.0, 2, 4, 3, 5], dtype=torch.float64))
DAYS = torch.tensor([2.0, 2, 3, 5, 7], dtype=torch.float64)
EVENT = torch.tensor([True, True, False, True, False])


@pytest.fixture(scope="module", params=[1, 25], ids=["untied", "tied"])
def many(request):
    rng = np.random.default_rng(4)
    days = rng.permutation(300) + 1.0 if request.param == 1 else rng.integers(1, request.param, 300).astype(float)
    return torch.from_numpy(rng.normal(size=300)), torch.from_numpy(days), torch.from_numpy(rng.random(300) < 0.5)


def test_by_hand():
    assert cox_loss(RISK, DAYS, EVENT).item() == pytest.approx(-np.log(1 / 15 * 2 / 15 * 3 / 8) / 3)


def test_the_order_of_patients_does_not_matter():
    order = torch.tensor([3, 0, 4, 1, 2])
    assert cox_loss(RISK[order], DAYS[order], EVENT[order]).item() == pytest.approx(cox_loss(RISK, DAYS, EVENT).item())


def test_is_the_partial_likelihood_per_event(many):
    log_risk, days, event = many
    ours = partial_log_likelihood(log_risk.numpy(), Outcome(days.numpy(), event.numpy()))
    assert cox_loss(*many).item() == pytest.approx(-ours / event.sum().item())


def test_rows_of_patients_have_a_loss_each(many):
    """With ties that end in the middle of one row and not of the other, and a row without an event."""
    log_risk, days, event = many
    rows = (
        torch.stack([log_risk, -log_risk, log_risk]),
        torch.stack([days, days.flip(0), days]),
        torch.stack([event, event, event & False]),
    )
    alone = [cox_loss(*(part[place] for part in rows)).item() for place in range(3)]
    assert cox_loss(*rows).tolist() == pytest.approx(alone)
    assert alone[2] == 0


def test_as_scikit_survival_has_it(many):
    log_risk, days, event = (value.numpy() for value in many)
    theirs = CoxPHOptimizer(log_risk[:, None], event, days, np.zeros(1), "breslow").nlog_likelihood(np.ones(1))
    assert cox_loss(*many).item() == pytest.approx(300 * theirs / event.sum())


@pytest.mark.filterwarnings("ignore:Ties in `time` detected")  # they are meant
def test_as_torchsurv_has_it(many):
    log_risk, days, event = many
    theirs = neg_partial_log_likelihood(log_risk, event, days, ties_method="breslow", reduction="sum")
    assert cox_loss(*many).item() == pytest.approx(theirs.item() / event.sum().item())


def test_a_constant_shift_changes_neither_value_nor_gradient(many):
    log_risk, days, event = many
    gradients = []
    for shift in (0.0, 9.0):
        moved = (log_risk + shift).requires_grad_()
        cox_loss(moved, days, event).backward()
        gradients.append(moved.grad)
    assert cox_loss(log_risk + 9, days, event).item() == pytest.approx(cox_loss(*many).item())
    assert torch.allclose(*gradients)
    assert gradients[0].sum().item() == pytest.approx(0, abs=1e-12)


def test_without_events_neither_loss_nor_gradient():
    log_risk = RISK.clone().requires_grad_()
    loss = cox_loss(log_risk, DAYS, torch.zeros(5, dtype=torch.bool))
    loss.backward()
    assert loss.item() == 0
    assert torch.equal(log_risk.grad, torch.zeros(5, dtype=torch.float64))


def test_gradient_is_that_of_the_value():
    assert torch.autograd.gradcheck(lambda risk: cox_loss(risk, DAYS, EVENT), RISK.clone().requires_grad_())


def test_extreme_risks_stay_finite():
    log_risk = (100 * RISK).float().requires_grad_()
    cox_loss(log_risk, DAYS, EVENT).backward()
    assert torch.isfinite(log_risk.grad).all()


def test_half_precision_risks_are_summed_in_full():
    coarse = RISK.to(torch.bfloat16)
    _, terms = weighted_loss({"cox": 1.0}, Prediction(log_risk=coarse), Batch({}, {"days": DAYS, "event": EVENT}))
    assert terms["cox"].dtype == torch.float32
    assert terms["cox"].item() == pytest.approx(cox_loss(coarse.double(), DAYS, EVENT).item())


def test_terms_are_weighted_and_summed():
    logits = torch.log(torch.tensor([[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]]))
    batch = Batch({}, {"days": DAYS, "event": EVENT, "tokens": torch.tensor([0, 2])})
    loss, terms = weighted_loss({"cox": 2.0, "completion": 0.5}, Prediction(RISK, logits), batch)
    assert terms["completion"].item() == pytest.approx(-(np.log(0.5) + np.log(0.8)) / 2)
    assert loss.item() == pytest.approx(2 * terms["cox"].item() + 0.5 * terms["completion"].item())


def unit(*rows, temperature=1.0):
    return functional.normalize(torch.from_numpy(np.array(rows, dtype=np.float64)), dim=1) / temperature**0.5


def test_the_sum_over_events_is_so_many_times_the_mean(many):
    batch = Batch({}, {"days": many[1], "event": many[2]})
    prediction = Prediction(many[0])
    mean, total = (weighted_loss({name: 1.0}, prediction, batch)[0] for name in ("cox", "cox_sum"))
    assert total.item() == pytest.approx(mean.item() * int(many[2].sum()))


def test_the_sum_of_a_part_speaks_for_the_whole(many):
    """Two halves, each as if the whole were like it: their mean is the sum of both sums."""
    halves = [[part[rows] for part in many] for rows in (slice(0, 150), slice(150, 300))]
    batches = [Batch({}, {"days": days, "event": event}, part=0.5) for _, days, event in halves]
    found = [weighted_loss({"cox_sum": 1.0}, Prediction(half[0]), batch)[0].item() for half, batch in zip(halves, batches, strict=True)]
    assert sum(found) / 2 == pytest.approx(sum(cox_loss(*half).item() * int(half[2].sum()) for half in halves))


def test_contrast_by_hand():
    """Two patients whose views are the same, and of one another at right angles: cosines 1 and 0."""
    views = unit([1, 0], [0, 1], temperature=0.5)
    assert contrast_loss(views, views).item() == pytest.approx(np.log(1 + np.exp(-2)))
    assert contrast_loss(views, views.flip(0)).item() == pytest.approx(np.log(1 + np.exp(2)))


def test_contrast_knows_nothing_where_views_tell_nothing():
    same = unit(*[[1, 2, 3]] * 7, temperature=0.07)
    assert contrast_loss(same, same).item() == pytest.approx(np.log(7))
    assert contrast_loss(same[:1], same[:1]).item() == 0
    assert contrast_loss(same[:0], same[:0]).item() == 0  # a batch in which nobody has both views


def test_contrast_is_the_same_for_either_view_and_any_order():
    rng = np.random.default_rng(6)
    one, other = (unit(*rng.normal(size=(9, 4)), temperature=0.2) for _ in range(2))
    found = contrast_loss(one, other)
    order = torch.from_numpy(rng.permutation(9))
    assert contrast_loss(other, one).item() == pytest.approx(found.item())
    assert contrast_loss(one[order], other[order]).item() == pytest.approx(found.item())
    assert contrast_loss(one[order], other).item() != pytest.approx(found.item())


def test_contrast_as_the_formula_reads():
    """As the formula reads: each cosine's exponential over the sum of all, logs averaged over patients and directions."""
    rng = np.random.default_rng(7)
    one, other = (rng.normal(size=(6, 3)) for _ in range(2))
    cosines = (one / np.linalg.norm(one, axis=1)[:, None]) @ (other / np.linalg.norm(other, axis=1)[:, None]).T / 0.07
    chances = [np.exp(part) / np.exp(part).sum(1, keepdims=True) for part in (cosines, cosines.T)]
    want = -np.mean([np.log(np.diag(part)) for part in chances])
    assert contrast_loss(unit(*one, temperature=0.07), unit(*other, temperature=0.07)).item() == pytest.approx(want)
