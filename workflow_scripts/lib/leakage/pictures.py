"""Images that are nearly the same in training and test: found by their fingerprints, and confirmed by their pixels."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np

from workflow_scripts.lib.leakage.evidence import Evidence
from workflow_scripts.lib.leakage.findings import Finding, counted
from workflow_scripts.lib.leakage.near import Near, near_groups

BITS_APART = 4
CUTS = (0, 11, 22, 33, 44, 54, 64)  # six parts: of prints that differ in four bits or fewer, two parts at least are the same
SIDE = 64  # pixels that an image is reduced to
ALIKE = 0.95  # correlation of reduced images: copies, compressed, scaled, brightened or cropped, have more; chests alike by chance about .8


def near_duplicate_images(evidence: Evidence) -> Iterator[Finding]:
    """Test patients with an image that is all but one of a training patient's.

    Fingerprints are of 64 bits, and radiographs are alike: among thousands some pairs come within ``BITS_APART`` by chance.
    """
    if "images" not in evidence.modalities:
        return
    images = evidence.modalities["images"]
    prints = np.array([int(text, 16) for text in images["fingerprint"]], dtype=np.uint64)
    confirmed = same_pixels([evidence.pictures / path for path in images["path"]]) if evidence.pictures else _taken_as_said
    apart = evidence.folds.twins_apart(image_groups(prints, confirmed), evidence.positions("images"))
    if apart:
        said = f"{counted(apart)} of the test folds have an image that is all but a training patient's."
        remedy = "Look at these images: keep each patient's once, and one patient under one id."
        yield Finding("near_duplicate_images", "images", "error", apart, said, remedy)


def _taken_as_said(pairs: np.ndarray) -> np.ndarray:
    return np.ones(len(pairs), dtype=bool)


def image_groups(prints: np.ndarray, confirmed: Near) -> np.ndarray:
    """The group (n,) of each image, by its fingerprint in ``prints`` (n,) uint64, where ``confirmed`` says so too."""

    def near(pairs: np.ndarray) -> np.ndarray:
        close = np.bitwise_count(prints[pairs[:, 0]] ^ prints[pairs[:, 1]]) <= BITS_APART
        close[close] = confirmed(pairs[close])
        return close

    pieces = [(1 << stop) - (1 << start) for start, stop in pairwise(CUTS)]
    masks = [np.uint64(one | other) for one, other in combinations(pieces, 2)]
    return near_groups(len(prints), (prints & mask for mask in masks), near)


def same_pixels(paths: list[Path]) -> Near:
    """Says of pairs (m, 2) of positions in ``paths`` whether the two images, reduced to ``SIDE``, correlate by ``ALIKE`` or more: (m,)."""
    reduced: Callable[[int], np.ndarray] = lru_cache(maxsize=4096)(lambda which: _reduced(paths[which]))
    return lambda pairs: np.array([reduced(one) @ reduced(other) >= ALIKE for one, other in pairs.tolist()], dtype=bool)


def _reduced(path: Path) -> np.ndarray:
    """The image's pixels, centred and of length 1: (SIDE * SIDE,)."""
    from PIL import Image

    with Image.open(path) as image:
        pixels = np.asarray(image.convert("F").resize((SIDE, SIDE), Image.Resampling.BOX), dtype=float).ravel()
    pixels -= pixels.mean()
    return pixels / max(np.linalg.norm(pixels), 1e-12)
