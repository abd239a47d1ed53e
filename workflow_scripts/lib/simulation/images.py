"""Chest radiographs with an opacity: the grain inside it, its size, and the heart's width carry hazard."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.special import ndtr

from workflow_scripts.lib.config.simulation import ImageHazard
from workflow_scripts.lib.simulation.anatomy import Frame, chest, field, frame, number, step

PIXELS = 2**20  # drawn at once
GRAIN = 0.085  # standard deviation of the grey values inside every opacity, coarse or fine
FINE, COARSE = 0.6, 2.4  # how many pixels of an image of 128 the grain is alike over
REPEATED = 0.08  # of the patients with an image have a second one


def draw(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Facts of n patients, each standard normal: ``grain`` (high is coarse), ``size``, ``heart``; and who has a second image."""
    facts = pd.DataFrame(np.clip(rng.standard_normal((n, 3)), -2.5, 2.5), columns=["grain", "size", "heart"])
    return facts.assign(repeated=rng.random(n) < REPEATED)


def effect(facts: pd.DataFrame, hazard: ImageHazard) -> np.ndarray:
    """What the image adds to the log-hazard (n,), before it is scaled; of its variance two thirds are the grain's, by default."""
    return sum(share * facts[name].to_numpy() for name, share in hazard.model_dump().items())


def render(rng: np.random.Generator, facts: pd.DataFrame, side: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Image and mask of the opacity, each (side, side) of 0..255, for each row of ``facts``."""
    at_once = max(1, PIXELS // side**2)
    for start in range(0, len(facts), at_once):
        pictures, masks = _pictures(rng, facts.iloc[start : start + at_once], side)
        yield from zip(pictures, masks, strict=True)


def taken_again(rng: np.random.Generator, picture: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A second exposure of the same patient, who has moved a little."""
    most = len(picture) // 32
    down, right = rng.integers(0, 2 * most + 1, 2)
    rows, columns = slice(down, down + len(picture)), slice(right, right + len(picture))
    moved, moved_mask = np.pad(picture, most, mode="edge")[rows, columns], np.pad(mask, most)[rows, columns]
    exposed = moved * rng.uniform(0.85, 1.1) + rng.normal(0, 3, moved.shape)
    return np.rint(np.clip(exposed, 0, 255)).astype(np.uint8), moved_mask


def _pictures(rng: np.random.Generator, facts: pd.DataFrame, side: int) -> tuple[np.ndarray, np.ndarray]:
    grain, size, heart = (facts[name].to_numpy(dtype=np.float32)[:, None, None] for name in ("grain", "size", "heart"))
    at = frame(rng, len(facts), side)
    picture = chest(rng, at, 0.4 + 0.045 * heart)
    away = _distance(rng, at, 0.15 * np.exp(0.22 * size))
    inside = away < 1
    speckle = _grain(rng, inside, ndtr(grain).astype(np.float32))
    opacity = number(rng, len(facts), 0.54, 0.03) + GRAIN * speckle
    blend = step(1.22 - away, 0.22)
    picture = picture * (1 - blend) + opacity * blend
    return np.rint(255 * np.clip(picture, 0, 1)).astype(np.uint8), np.where(inside, 255, 0).astype(np.uint8)


def _distance(rng: np.random.Generator, at: Frame, radius: np.ndarray) -> np.ndarray:
    """Distance of each pixel from the centre of an opacity somewhere in a lung, in units of its uneven outline."""
    images = len(at.x)
    side = np.where(rng.random((images, 1, 1)) < 0.5, -1, 1)
    x, y = at.x - side * number(rng, images, 0.46, 0.04), at.y - number(rng, images, -0.12, 0.17)
    angle = np.arctan2(y, x)
    outline = 1 + sum(number(rng, images, 0, 0.06) * np.cos(k * angle + number(rng, images, 0, 3)) for k in (2, 3, 5))
    return np.hypot(x, y) / (radius * outline)


def _grain(rng: np.random.Generator, inside: np.ndarray, coarse: np.ndarray) -> np.ndarray:
    """Noise with mean 0 and standard deviation 1 over the pixels ``inside``, whatever the share that is ``coarse`` (b, 1, 1).

    No sum over pixels, of values or of their squares, tells coarse from fine: only how neighbours go together does.
    """
    images, side = inside.shape[:2]
    noise = np.sqrt(coarse) * field(rng, images, side, COARSE * side / 128)
    noise += np.sqrt(1 - coarse) * field(rng, images, side, FINE * side / 128)
    noise -= noise.mean((1, 2), keepdims=True, where=inside)
    return np.clip(noise / noise.std((1, 2), keepdims=True, where=inside), -4, 4)
