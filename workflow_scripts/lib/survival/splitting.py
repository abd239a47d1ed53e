"""Repeated folds, balanced over events, censorings and their times."""

from collections.abc import Iterator

import numpy as np

from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.survival.outcome import Outcome
from workflow_scripts.lib.survival.seeds import derive_seed


def repeated_folds(
    outcome: Outcome, *, folds: int, repeats: int, valid_fraction: float, time_bins: int, seed: int
) -> dict[str, np.ndarray]:
    """Role (n,), train, valid or test, of each patient in each fold, by fold label such as r1f1.

    Every patient is tested once per repeat. The validation part is drawn inside the training fold, balanced in the
    same way, from the training outcomes alone. Each repeat has its own random stream, so more repeats leave
    the earlier ones as they were. Raises StageRefusal naming every part of a fold that has no event.
    """
    roles = {}
    for repeat in range(1, repeats + 1):
        tested = _deal(outcome, folds, time_bins, derive_seed(seed, "folds", repeat))
        for fold in range(1, folds + 1):
            label = f"r{repeat}f{fold}"
            roles[label] = _roles(outcome, tested == fold - 1, valid_fraction, time_bins, derive_seed(seed, "valid", label))
    bare = [f"{label} {role}" for label, role in _without_event(roles, outcome)]
    if bare:
        raise StageRefusal(
            f"no event in {', '.join(bare)}: {outcome.event.sum()} events among {len(outcome)} patients are too few for "
            f"{folds} folds with {valid_fraction:g} kept for validation; lower splits.folds or raise splits.valid_fraction"
        )
    return roles


def balanced_order(outcome: Outcome, time_bins: int, seed: int) -> np.ndarray:
    """The patients (n,) in an order in which any regular choice is balanced: events before censorings, each in
    ``time_bins`` bins of equal size from short to long follow-up, shuffled within a bin.
    """
    days_rank = np.empty(len(outcome))
    for group in (outcome.event, ~outcome.event):
        order = np.argsort(outcome.days[group], kind="stable")
        days_rank[np.flatnonzero(group)[order]] = np.arange(group.sum()) / max(group.sum(), 1)
    shuffle = np.random.default_rng(seed).random(len(outcome))
    return np.lexsort((shuffle, np.floor(days_rank * time_bins), ~outcome.event))


def _deal(outcome: Outcome, folds: int, time_bins: int, seed: int) -> np.ndarray:
    """Fold (n,) in 0..folds-1 in which each patient is tested, dealt like cards."""
    tested = np.empty(len(outcome), dtype=int)
    tested[balanced_order(outcome, time_bins, seed)] = np.arange(len(outcome)) % folds
    return tested


def _roles(outcome: Outcome, test: np.ndarray, valid_fraction: float, time_bins: int, seed: int) -> np.ndarray:
    """Role (n,): of the patients not in ``test``, evenly spaced ones in the balanced order validate."""
    training = np.flatnonzero(~test)
    order = training[balanced_order(outcome[training], time_bins, seed)]
    steps = np.floor(np.arange(order.size + 1) * valid_fraction + 0.5)
    roles = np.where(test, "test", "train").astype(object)
    roles[order[np.diff(steps) > 0]] = "valid"
    return roles


def _without_event(roles: dict[str, np.ndarray], outcome: Outcome) -> Iterator[tuple[str, str]]:
    for label, role in roles.items():
        for part in ("train", "valid", "test"):
            if not outcome.event[role == part].any():
                yield label, part
