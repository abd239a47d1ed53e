"""Patches that bring out edge cases, one grid of them in one image."""

import numpy as np

PATCH, GRID = 32, 4
ROW, COLUMN = np.mgrid[0:PATCH, 0:PATCH]


def adversarial(seed=0):
    """An image (128, 128) of 16 patches: constant, of two levels, with one bright pixel, saturated, patterned."""
    rng = np.random.default_rng(seed)
    corner = np.where((ROW == 0) & (COLUMN == 0), 255, 20)
    patches = [
        np.full((PATCH, PATCH), 100),
        rng.integers(0, 2, (PATCH, PATCH)) * 200,
        np.where((ROW == 5) & (COLUMN == 9), 255, 37),
        rng.normal(240, 60, (PATCH, PATCH)).clip(0, 255).round(),
        rng.integers(0, 256, (PATCH, PATCH)),
        (ROW + COLUMN) % 2 * 255,
        COLUMN * 8,
        np.zeros((PATCH, PATCH)),
        np.full((PATCH, PATCH), 255),
        rng.normal(120, 3, (PATCH, PATCH)).round(),
        (COLUMN > 15) * 100,
        (COLUMN % 8 < 4) * 255,
        corner,
        corner[::-1],
        rng.integers(0, 3, (PATCH, PATCH)) * 25,
        np.where(rng.random((PATCH, PATCH)) < 0.01, 255, 0),
    ]
    rows = [np.concatenate(patches[start : start + GRID], axis=1) for start in range(0, len(patches), GRID)]
    return np.concatenate(rows).astype(np.float32)


def irregular(seed=1):
    """Labels (128, 128) of regions of odd shapes: with a hole, of two rows, round, scattered into single pixels."""
    rng = np.random.default_rng(seed)
    labels = np.zeros((128, 128), dtype=int)
    labels[10:40, 10:50] = 1
    labels[20:30, 20:30] = 0
    labels[60:62, 3:9] = 2
    labels[np.hypot(*(np.mgrid[0:128, 0:128] - 90)) < 25] = 3
    labels[5, 60:64] = labels[6, 70] = 4
    scattered = rng.random((128, 128)) < 0.3
    scattered[:64] = scattered[:, 60:] = False
    labels[scattered & (labels == 0)] = 5
    return labels
