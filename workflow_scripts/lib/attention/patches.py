"""X-ray patches as tokens: squares cut side by side, each brought to mean 0 and standard deviation 1, then projected."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from workflow_scripts.lib.config.attention import PatchesConfig
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.images.decoding import decode
from workflow_scripts.lib.simulation.images import draw, render

MOST_PIXELS = 2**26
BLANK = 1e-3  # standard deviation of grey values, of 0 to 255 or more, below which nothing is to be seen in a patch


def radiographs(cfg: PatchesConfig, files: Sequence[str | Path], seed: int) -> np.ndarray:
    """Images (i, side, side): those of ``files`` where the config has a folder, else drawn as the simulated cohort's are.

    Raises StageRefusal where the folder has no image, and naming, by their place in the order of names, those that cannot be read.
    """
    if cfg.folder is None:
        rng = np.random.default_rng(seed)
        return np.stack([picture for picture, _ in render(rng, draw(rng, cfg.images), cfg.image_side)]).astype(np.float32)
    if not files:
        raise StageRefusal(f"attention.patches.folder: no PNG or JPEG in {cfg.folder}; name a folder of X-rays, or leave it out")
    pictures, faults = [], []
    for place, file in enumerate(files, 1):
        try:
            pictures.append(_square(decode(Path(file).read_bytes(), MOST_PIXELS).grey, cfg.image_side))
        except StageRefusal as refusal:
            faults.append(f"number {place} of {len(files)} by name: {refusal}")
    if faults:
        raise StageRefusal(f"attention.patches.folder: {cfg.folder} has images that cannot be read; take them out: {'; '.join(faults)}")
    return np.stack(pictures)


def _square(grey: np.ndarray, side: int) -> np.ndarray:
    """The middle of an image, as large a square as fits, at ``side`` by ``side`` pixels."""
    short = min(grey.shape)
    top, left = ((length - short) // 2 for length in grey.shape)
    middle = Image.fromarray(grey[top : top + short, left : left + short].astype(np.float32))
    return np.asarray(middle.resize((side, side), Image.Resampling.BILINEAR))


def cut(pictures: np.ndarray, side: int) -> np.ndarray:
    """Squares of ``side`` pixels, row by row, of every image (i, h, w): (i, squares, side²)."""
    images, height, width = pictures.shape
    grid = pictures.reshape(images, height // side, side, width // side, side)
    return grid.transpose(0, 1, 3, 2, 4).reshape(images, -1, side * side)


def standardised(patches: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Patches (p, pixels) in which something is to be seen, each with mean 0 and standard deviation 1, and which they are (p,) bool."""
    seen = patches.std(axis=1) > BLANK
    kept = patches[seen].astype(float)
    return (kept - kept.mean(axis=1, keepdims=True)) / kept.std(axis=1, keepdims=True), seen


def projected(patches: np.ndarray, width: int) -> np.ndarray:
    """The first ``width`` principal components of ``patches`` (p, pixels), each with standard deviation 1: (p, width).

    Whitened, for else most of a patch would be its slope. Raises StageRefusal where patches do not differ in so many ways.
    """
    centred = patches - patches.mean(axis=0)
    variance, axes = np.linalg.eigh(centred.T @ centred / max(len(patches), 1))
    ways = int((variance > 1e-9 * variance[-1]).sum())
    if min(ways, len(patches) - 1) < width:
        raise StageRefusal(f"{len(patches)} patches that are not blank differ in {ways} ways, expected {width} or more; give more images")
    axes = axes[:, ::-1][:, :width]
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), range(width)])  # an axis may point either way: the same bytes each time
    return centred @ axes / np.sqrt(variance[::-1][:width])
