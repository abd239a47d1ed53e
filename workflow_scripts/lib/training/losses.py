"""The terms of an objective, by name: each a function of a prediction and its batch, averaged as its docstring says."""

from collections.abc import Callable

import torch
from torch.nn import functional

from workflow_scripts.lib.training.data import Batch, Prediction


def cox_loss(log_risk: torch.Tensor, days: torch.Tensor, event: torch.Tensor) -> torch.Tensor:
    """Negative Cox partial log-likelihood with Breslow's ties, per event (`cox1972`, `breslow1974`).

    log_risk, days, event: (..., n), a loss (...) for each row of patients. Zero, with a zero gradient, where the batch has no event.
    Unmoved by a constant shift.
    """
    days, order = torch.sort(days, descending=True)
    log_risk, event = log_risk.gather(-1, order), event.gather(-1, order).to(log_risk.dtype)
    summed = torch.logcumsumexp(log_risk, dim=-1)
    last_of_tie = torch.searchsorted(-days, -days, right=True) - 1
    return ((summed.gather(-1, last_of_tie) - log_risk) * event).sum(-1) / event.sum(-1).clamp(min=1)


def _cox(prediction: Prediction, batch: Batch) -> torch.Tensor:
    own = _own(batch)
    return cox_loss(prediction.log_risk.float()[own], batch.targets["days"][own], batch.targets["event"][own])


def _own(batch: Batch) -> torch.Tensor | slice:
    """Whose outcome is known: all but mixed copies."""
    return batch.targets.get("own", slice(None))


def hazard_losses(logits: torch.Tensor, interval: torch.Tensor, event: torch.Tensor) -> torch.Tensor:
    """Negative log-likelihood of discrete hazards (n,): an event in j costs -log h_j and -log(1 - h) of the intervals before.

    ``logits`` (n, k); ``interval`` and ``event`` (n,) as ``TimeGrid.discretise`` gives them.
    """
    intervals = torch.arange(logits.shape[1], device=logits.device)
    survived = (functional.logsigmoid(-logits) * (intervals < interval[:, None])).sum(1)
    there = functional.logsigmoid(logits).gather(1, interval.clamp(max=logits.shape[1] - 1)[:, None]).squeeze(1)
    return -(survived + torch.where(event, there, 0.0))


def _likelihood(prediction: Prediction, batch: Batch) -> torch.Tensor:
    """Per case, each weighing its ``own_weight``: 0 for mixed copies, and for patients such that all cases' weights have mean 1."""
    losses = hazard_losses(prediction.hazard_logits.float(), batch.targets["interval"], batch.targets["event_on_grid"])
    return (losses * batch.targets["own_weight"]).mean()


def _teacher_curve(prediction: Prediction, batch: Batch) -> torch.Tensor:
    """What the event costs under the student's hazards, expected under the teacher's curve (n, k); least where the two are the same.

    Each case weighs as much as its teacher is learnt from (``teacher_weight`` (n,), of mean 1 over all cases).
    """
    after = batch.targets["teacher_survival"]
    before = functional.pad(after, (1, 0), value=1.0)[:, :-1]
    logits = prediction.hazard_logits.float()
    costs = -((before - after) * functional.logsigmoid(logits) + after * functional.logsigmoid(-logits)).sum(1)
    return (costs * batch.targets["teacher_weight"]).mean()


def _cox_sum(prediction: Prediction, batch: Batch) -> torch.Tensor:
    """The negative partial log-likelihood itself: summed over the batch's events, not per event.

    Of a part of a batch as if the whole were like it, so that the mean over parts, by their size, is the sum over the whole.
    """
    return _cox(prediction, batch) * batch.targets["event"].sum() / batch.part


def contrast_loss(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Normalised temperature-scaled cross-entropy between two views (m, d) of the same m patients (`chen2020`), per patient.

    Each patient's view has to find the other among all patients', in both directions. The vectors' products are cosines over the
    temperature. log(m) where views tell nothing; 0 for fewer than two patients.
    """
    if len(one) < 2:
        return 0.0 * one.sum()
    alike = one @ other.T
    own = torch.arange(len(one), device=one.device)
    return (functional.cross_entropy(alike, own) + functional.cross_entropy(alike.T, own)) / 2


def _contrast(prediction: Prediction, batch: Batch) -> torch.Tensor:
    return contrast_loss(*(view.float() for view in prediction.views))


def _completion(prediction: Prediction, batch: Batch) -> torch.Tensor:
    """Cross-entropy per token of the completions (end token included)."""
    return functional.cross_entropy(prediction.token_logits.float(), batch.targets["tokens"])


def _line(prediction: Prediction, batch: Batch) -> torch.Tensor:
    """Cross-entropy per token of the line of probabilities, weighted by case."""
    return _weighted(prediction, batch, "line_weight")


def _form(prediction: Prediction, batch: Batch) -> torch.Tensor:
    """Cross-entropy of writing any number where one stands in the line, per token of the line, weighted by case.

    It is a part of ``line``: -log p(token) = -log p(any number) - log p(token | a number).
    """
    return (prediction.form * batch.targets["line_weight"]).sum() / len(batch.targets["own"])


def _rationale(prediction: Prediction, batch: Batch) -> torch.Tensor:
    """Cross-entropy per token of the prose (end token included), weighted by case."""
    return _weighted(prediction, batch, "prose_weight")


def _weighted(prediction: Prediction, batch: Batch, weight: str) -> torch.Tensor:
    """Weights of all cases' tokens sum to the number of cases, so that parts of a batch add up to what the whole would be."""
    losses = functional.cross_entropy(prediction.token_logits.float(), batch.targets["tokens"], reduction="none")
    return (losses * batch.targets[weight]).sum() / len(batch.targets["own"])


TERMS: dict[str, Callable[[Prediction, Batch], torch.Tensor]] = {
    "cox": _cox,
    "cox_sum": _cox_sum,
    "likelihood": _likelihood,
    "teacher_curve": _teacher_curve,
    "contrast": _contrast,
    "completion": _completion,
    "line": _line,
    "form": _form,
    "rationale": _rationale,
}


def weighted_loss(objective: dict[str, float], prediction: Prediction, batch: Batch) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """The weighted sum of the objective's terms, and the terms themselves."""
    terms = {name: TERMS[name](prediction, batch) for name in objective}
    return torch.stack([objective[name] * value for name, value in terms.items()]).sum(), terms
