"""Tree ensembles as plain arrays: safe to store, the same on every machine, applied to many patients at once."""

import numpy as np

LEAF = -1
ROWS_AT_ONCE = 8192


def ensemble_arrays(trees: list, values: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Arrays of fitted scikit-learn trees.

    ``trees`` are `sklearn.tree._tree.Tree` objects; ``values`` holds, tree by tree, what each node answers (nodes, q).
    """
    starts = np.cumsum([0, *(tree.node_count for tree in trees[:-1])])
    left = [np.where(tree.children_left == LEAF, LEAF, tree.children_left + start) for tree, start in zip(trees, starts, strict=True)]
    right = [np.where(tree.children_right == LEAF, LEAF, tree.children_right + start) for tree, start in zip(trees, starts, strict=True)]
    return {
        "roots": starts.astype(np.int32),
        "left": np.concatenate(left).astype(np.int32),
        "right": np.concatenate(right).astype(np.int32),
        "feature": np.concatenate([tree.feature for tree in trees]).astype(np.int32),
        "threshold": np.concatenate([tree.threshold for tree in trees]),
        "value": np.concatenate(values),
    }


def ensemble_sum(arrays: dict[str, np.ndarray], columns: np.ndarray) -> np.ndarray:
    """Sum over the trees of what the leaf of each patient answers: columns (n, p) → (n, q)."""
    parts = [_sum_of_leaves(arrays, columns[start : start + ROWS_AT_ONCE]) for start in range(0, len(columns), ROWS_AT_ONCE)]
    return np.concatenate(parts) if parts else np.zeros((0, arrays["value"].shape[1]))


def _sum_of_leaves(arrays: dict[str, np.ndarray], columns: np.ndarray) -> np.ndarray:
    columns = columns.astype(np.float32)  # as scikit-learn compares
    total = np.zeros((len(columns), arrays["value"].shape[1]))
    for root in arrays["roots"]:
        total += arrays["value"][_leaf_of(arrays, columns, root)]
    return total


def _leaf_of(arrays: dict[str, np.ndarray], columns: np.ndarray, root: int) -> np.ndarray:
    node = np.full(len(columns), root)
    rows = np.arange(len(columns))
    while rows.size:
        here = node[rows]
        rows, here = rows[arrays["left"][here] != LEAF], here[arrays["left"][here] != LEAF]
        goes_left = columns[rows, arrays["feature"][here]] <= arrays["threshold"][here]
        node[rows] = np.where(goes_left, arrays["left"][here], arrays["right"][here])
    return node
