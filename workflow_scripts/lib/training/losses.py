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
    return cox_loss(prediction.log_risk.float(), batch.targets["days"], batch.targets["event"])


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


TERMS: dict[str, Callable[[Prediction, Batch], torch.Tensor]] = {
    "cox": _cox,
    "cox_sum": _cox_sum,
    "contrast": _contrast,
    "completion": _completion,
}


def weighted_loss(objective: dict[str, float], prediction: Prediction, batch: Batch) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """The weighted sum of the objective's terms, and the terms themselves."""
    terms = {name: TERMS[name](prediction, batch) for name in objective}
    return torch.stack([objective[name] * value for name, value in terms.items()]).sum(), terms
