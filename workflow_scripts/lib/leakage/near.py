"""Things that are nearly the same, found without comparing every pair: only those that share a part are compared."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np

Near = Callable[[np.ndarray], np.ndarray]
"""Says of pairs (m, 2) of positions whether the two are near: (m,) bool."""
REACH = 32  # neighbours in a crowd that are compared: a part shared by thousands tells little, and would cost their square


def near_groups(n: int, parts: Iterable[np.ndarray], near: Near) -> np.ndarray:
    """The group (n,) of each of n things: those linked by pairs that share one of ``parts``, each (n,), and of which ``near`` holds.

    Pairs that are linked already are not asked about again.
    """
    group = np.arange(n)
    for pairs in _sharing_pairs(parts):
        asked = pairs[group[pairs[:, 0]] != group[pairs[:, 1]]]
        links = asked[near(asked)]
        if len(links):
            group = _linked(group, links)
    return group


def _sharing_pairs(parts: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    for part in parts:
        order = np.argsort(part, kind="stable")
        for step in range(1, min(REACH, len(order) - 1) + 1):
            same = part[order[step:]] == part[order[:-step]]
            if not same.any():
                break
            yield np.stack([order[:-step][same], order[step:][same]], axis=1)


def _linked(group: np.ndarray, links: np.ndarray) -> np.ndarray:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ends = group[links]
    graph = coo_array((np.ones(len(ends), dtype=bool), (ends[:, 0], ends[:, 1])), shape=(len(group), len(group)))
    return connected_components(graph, directed=False)[1][group]
