"""Repeated folds, balanced over events, censorings and their times."""

import numpy as np

from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.survival.outcome import Outcome
from workflow_scripts.lib.survival.seeds import derive_seed


def repeated_folds(
    outcome: Outcome, *, folds: int, repeats: int, valid_fraction: float, time_bins: int, seed: int, site: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """Role (n,), train, valid or test, of each patient in each fold, by fold label such as r1f1.

    Every patient is tested once per repeat. The validation part is drawn inside the training fold, balanced in the
    same way, from the training outcomes alone. Each repeat has its own random stream, so more repeats leave
    the earlier ones as they were. With ``site`` (n,), a number for each hospital, all patients of a hospital have the
    same role. Raises StageRefusal naming every part of a fold that has no event.
    """
    _check_counts(folds, site)
    roles = {}
    for repeat in range(1, repeats + 1):
        tested = _deal(outcome, folds, time_bins, derive_seed(seed, "folds", repeat), site)
        for fold in range(1, folds + 1):
            label = f"r{repeat}f{fold}"
            roles[label] = draw_valid(outcome, tested == fold - 1, valid_fraction, time_bins, derive_seed(seed, "valid", label), site)
    refuse_bare_parts(roles, outcome, f"{folds} folds with {valid_fraction:g} kept for validation", site)
    return roles


def _check_counts(folds: int, site: np.ndarray | None) -> None:
    if folds < 2:
        raise StageRefusal(f"splits.folds: found {folds}, expected at least 2: only a published split may have a single fold")
    if site is not None and site.max() + 1 < max(folds, 3):
        raise StageRefusal(
            f"splits.grouped_by_site: {site.max() + 1} sites, expected at least {max(folds, 3)} for {folds} folds that test, train and "
            "validate on different sites; lower splits.folds, name the column under site, or set splits.grouped_by_site to false"
        )


def balanced_order(outcome: Outcome, time_bins: int, seed: int) -> np.ndarray:
    """The patients (n,) in an order in which any regular choice is balanced: events before censorings, each in
    ``time_bins`` bins of equal size from short to long follow-up, shuffled within a bin.
    """
    shuffle = np.random.default_rng(seed).random(len(outcome))
    return np.lexsort((shuffle, time_bin(outcome, time_bins), ~outcome.event))


def time_bin(outcome: Outcome, time_bins: int) -> np.ndarray:
    """The bin (n,) of each patient's follow-up, from 0, among the events or among the censorings."""
    days_rank = np.empty(len(outcome))
    for group in (outcome.event, ~outcome.event):
        order = np.argsort(outcome.days[group], kind="stable")
        days_rank[np.flatnonzero(group)[order]] = np.arange(group.sum()) / max(group.sum(), 1)
    return np.floor(days_rank * time_bins)


def deal_sites(outcome: Outcome, site: np.ndarray, shares: np.ndarray, time_bins: int, seed: int) -> np.ndarray:
    """Part (n,) of each patient, whole sites at a time, so that each part has about its share (k,) of events, censorings and their times.

    Large sites first, those of similar size shuffled, each to the part that lacks most of what the site has; no part stays
    empty where there are sites enough.
    """
    stratum = (2 * time_bin(outcome, time_bins) + outcome.event).astype(int)
    held = np.zeros((site.max() + 1, 2 * time_bins))
    np.add.at(held, (site, stratum), 1)
    lacking, part = np.outer(shares, held.sum(axis=0)), np.full(len(held), -1)
    shuffled = np.random.default_rng(seed).permutation(np.flatnonzero(held.any(axis=1)))
    for place, one in enumerate(shuffled[np.argsort(-np.floor(np.log2(held[shuffled].sum(axis=1))), kind="stable")]):
        empty = ~np.isin(np.arange(len(shares)), part)
        must = empty if empty.sum() >= len(shuffled) - place else np.ones(len(shares), dtype=bool)
        part[one] = np.argmax(np.where(must, lacking @ held[one], -np.inf))
        lacking[part[one]] -= held[one]
    return part[site]


def draw_valid(
    outcome: Outcome, test: np.ndarray, valid_fraction: float, time_bins: int, seed: int, site: np.ndarray | None = None
) -> np.ndarray:
    """Role (n,): of the patients not in ``test``, evenly spaced ones in the balanced order, or whole sites, validate."""
    training = np.flatnonzero(~test)
    roles = np.where(test, "test", "train").astype(object)
    if site is not None:
        shares = np.array([1 - valid_fraction, valid_fraction])
        roles[training[deal_sites(outcome[training], site[training], shares, time_bins, seed) == 1]] = "valid"
        return roles
    order = training[balanced_order(outcome[training], time_bins, seed)]
    steps = np.floor(np.arange(order.size + 1) * valid_fraction + 0.5)
    roles[order[np.diff(steps) > 0]] = "valid"
    return roles


def _deal(outcome: Outcome, folds: int, time_bins: int, seed: int, site: np.ndarray | None) -> np.ndarray:
    """Fold (n,) in 0..folds-1 in which each patient is tested, dealt like cards, or whole sites at a time."""
    if site is not None:
        return deal_sites(outcome, site, np.full(folds, 1 / folds), time_bins, seed)
    tested = np.empty(len(outcome), dtype=int)
    tested[balanced_order(outcome, time_bins, seed)] = np.arange(len(outcome)) % folds
    return tested


def refuse_bare_parts(roles: dict[str, np.ndarray], outcome: Outcome, plan: str, site: np.ndarray | None = None) -> None:
    """Raise StageRefusal naming every part of a fold that has no event, where there are too few for the ``plan``."""
    parts = ((label, role, part) for label, role in roles.items() for part in ("train", "valid", "test"))
    bare = [f"{label} {part}" for label, role, part in parts if not outcome.event[role == part].any()]
    if bare:
        among = f"{len(outcome)} patients" if site is None else f"{len(outcome)} patients of {site.max() + 1} sites"
        raise StageRefusal(
            f"no event in {', '.join(bare)}: {outcome.event.sum()} events among {among} are too few for "
            f"{plan}; lower splits.folds or raise splits.valid_fraction"
        )
