"""Rows that are the same: hashed value by value, so that a million rows cost a sort for each column and none is compared with another."""

import numpy as np
import pandas as pd

HASH_SEED = 20
SHOWN = 5000  # rows that show how columns go together
SEEN = 20  # pairs alike in two columns, from which they are trusted to do so


def value_hashes(columns: list[np.ndarray]) -> np.ndarray:
    """A hash (columns, n) of each value, whose sum over columns is a hash of the row; equal values of two columns differ."""
    factors = np.random.default_rng(HASH_SEED).integers(0, 2**63, len(columns), dtype=np.uint64) * 2 + 1
    hashed = [pd.util.hash_array(_canonical(column), categorize=True) for column in columns]
    return np.stack(hashed) * factors[:, None] if columns else np.zeros((0, 0), dtype=np.uint64)


def _canonical(column: np.ndarray) -> np.ndarray:
    return column + 0.0 if column.dtype.kind == "f" else column  # so that -0 is 0


def vector_hashes(values: np.ndarray, at_once: int = 2**24) -> np.ndarray:
    """A hash (n,) of each row of a matrix of numbers (n, p)."""
    n, p = values.shape
    factors = np.random.default_rng(HASH_SEED).integers(0, 2**63, p, dtype=np.uint64) * 2 + 1
    step = max(1, at_once // max(p, 1))
    parts = [pd.util.hash_array(values[i : i + step].ravel() + 0.0).reshape(-1, p) @ factors for i in range(0, n, step)]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.uint64)


def pairs_alike(hashes: np.ndarray) -> int:
    """How many pairs of rows have the same hash (n,)."""
    counts = np.unique(hashes, return_counts=True)[1]
    return int((counts * (counts - 1) // 2).sum())


def chance_of_alike(hashes: np.ndarray) -> float:
    """How likely chance alone makes as many pairs of rows alike as there are, from ``value_hashes`` (columns, n); 1 where there are none.

    Copies agree in every column, while coarse columns make many more pairs agree in all columns but one. If pairs that are
    alike in the others are alike in column j too with a chance of q_j, then for every pair alike in all there are
    sum((1 - q_j) / q_j) pairs alike in all but one; that ratio turns their count, plus one, into the expected number of pairs
    that are alike, which is taken as Poisson's.
    """
    from scipy.stats import poisson

    whole = hashes.sum(axis=0, dtype=np.uint64)
    alike = pairs_alike(whole)
    if not alike:
        return 1.0
    chances = _chances(hashes[:, :: max(1, hashes.shape[1] // SHOWN)])
    all_but_one = sum(pairs_alike(whole - column) - alike for column in hashes)
    expected = (all_but_one + 1) / max(((1 - chances) / chances).sum(), 1e-9)
    return float(poisson.sf(alike - 1, expected))


def _chances(hashes: np.ndarray) -> np.ndarray:
    """For each column, the share of pairs alike in it: among all pairs, or those alike in the other column that raises it most.

    Pairs alike in every column, which may be copies, tell nothing of chance and are left out.
    """
    n, copies = hashes.shape[1], pairs_alike(hashes.sum(axis=0, dtype=np.uint64))
    alone = np.array([pairs_alike(column) for column in hashes]) - copies
    both = np.array([[pairs_alike(one + other) for other in hashes] for one in hashes]) - copies
    np.fill_diagonal(both, 0)
    given = np.where(both >= SEEN, both / np.maximum(alone, 1), 0.0).max(axis=1)
    return np.maximum(np.maximum(alone / (n * (n - 1) / 2), given), 1 / n**2)
