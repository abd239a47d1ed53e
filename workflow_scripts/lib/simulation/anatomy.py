"""A frontal chest radiograph without disease, drawn for many patients at once: from air, soft tissue, lungs, bones, heart and noise.

Coordinates run from -1 to 1, x to the right of the image (the patient's left) and y down; arrays are (b, side, side) for b images,
and every number of the anatomy is (b, 1, 1), drawn anew for each image, so that no two look alike.
"""

from dataclasses import dataclass

import numpy as np
from scipy import fft

AIR, LUNG, TISSUE, ABDOMEN, CENTRE = 0.02, 0.2, 0.54, 0.74, 0.74  # grey of what stands in the beam, 0 black to 1 white


@dataclass(frozen=True)
class Frame:
    """Where each pixel lies in its patient: ``x`` and ``y`` (b, side, side), after shift, turn and zoom of the patient."""

    x: np.ndarray
    y: np.ndarray

    @property
    def lateral(self) -> np.ndarray:
        """Distance from the midline."""
        return np.abs(self.x)


def frame(rng: np.random.Generator, images: int, side: int) -> Frame:
    """How each of ``images`` patients stands before the detector."""
    y, x = np.meshgrid(*[np.linspace(-1, 1, side, dtype=np.float32)] * 2, indexing="ij")
    turn, zoom = number(rng, images, 0, 0.06), number(rng, images, 1, 0.09)
    x, y = x - number(rng, images, 0, 0.11), y - number(rng, images, 0, 0.11)
    return Frame((x + turn * y) * zoom * number(rng, images, 1, 0.05), (y - turn * x) * zoom)


def number(rng: np.random.Generator, images: int, mean: float, sd: float) -> np.ndarray:
    """A number per image, within two standard deviations: (b, 1, 1)."""
    return (mean + sd * np.clip(rng.standard_normal((images, 1, 1)), -2, 2)).astype(np.float32)


def step(value: np.ndarray, softness: float) -> np.ndarray:
    """0 where ``value`` is well below zero, 1 well above, smooth over ± ``softness``."""
    part = np.clip(value / (2 * softness) + 0.5, 0, 1)
    return part * part * (3 - 2 * part)


def field(rng: np.random.Generator, images: int, side: int, sigma: float) -> np.ndarray:
    """Gaussian noise that is alike within ``sigma`` pixels, mean 0 and standard deviation 1 over its image: (b, side, side)."""
    waves = fft.rfft2(rng.standard_normal((images, side, side), dtype=np.float32))
    squared = fft.fftfreq(side)[:, None] ** 2 + fft.rfftfreq(side) ** 2
    noise = fft.irfft2(waves * np.exp(-2 * (np.pi * sigma) ** 2 * squared).astype(np.float32), s=(side, side))
    return (noise - noise.mean((1, 2), keepdims=True)) / noise.std((1, 2), keepdims=True)


def chest(rng: np.random.Generator, at: Frame, heart: np.ndarray) -> np.ndarray:
    """Grey values (b, side, side) in 0..1; ``heart`` (b, 1, 1) is half the heart's width, about 0.4."""
    images, side = at.x.shape[:2]
    lungs, dome = _lungs(rng, at)
    picture = TISSUE + number(rng, images, 0, 0.04) - (TISSUE - LUNG) * lungs * number(rng, images, 1, 0.12)
    picture += lungs * _vessels(rng, at)
    picture += _ribs(rng, at) * (0.25 + 0.75 * lungs) + _clavicles(rng, at)
    picture += (ABDOMEN - TISSUE) * step(at.y - dome, 0.03) * (1 - lungs)
    picture -= _stomach_bubble(rng, at, dome)
    middle = _middle(rng, at, heart, dome)
    picture = picture * (1 - middle) + (CENTRE + number(rng, images, 0, 0.04)) * middle
    picture += _spine(rng, at) - _trachea(rng, at)
    picture = AIR + (picture - AIR) * _body(rng, at)
    picture += number(rng, images, 0.09, 0.025) * field(rng, images, side, side / 7)
    return _exposed(rng, at, picture)


def _exposed(rng: np.random.Generator, at: Frame, picture: np.ndarray) -> np.ndarray:
    """Brightness and contrast of each image, falling off to one side, edges that the beam was kept from, and its noise."""
    images, side = picture.shape[:2]
    picture = np.clip(picture, 0, 1) ** number(rng, images, 1, 0.12)
    picture = picture * (number(rng, images, 0.97, 0.05) + number(rng, images, 0, 0.09) * at.x + number(rng, images, 0, 0.09) * at.y)
    picture = picture * _collimated(rng, images, side)
    noise = number(rng, images, 0.018, 0.005) * field(rng, images, side, 0.5 * side / 128)
    return np.clip(picture + noise, 0, 1)


def _collimated(rng: np.random.Generator, images: int, side: int) -> np.ndarray:
    """1 inside the beam; some images have black edges, above or below and left or right."""
    along = np.linspace(-1, 1, side, dtype=np.float32)
    where = number(rng, images, 0, 0.1)
    across = step(1.03 - where - along[None, None, :] * np.where(rng.random(where.shape) < 0.5, 1, -1), 0.01)
    return across * step(1.03 - number(rng, images, 0, 0.1) - along[None, :, None] * np.where(rng.random(where.shape) < 0.5, 1, -1), 0.01)


def _body(rng: np.random.Generator, at: Frame) -> np.ndarray:
    images = len(at.x)
    neck, chest_wall = number(rng, images, 0.3, 0.04), number(rng, images, 1.1, 0.09)
    shoulder = number(rng, images, -0.82, 0.05)
    width = neck + (chest_wall - neck) * step(at.y - shoulder, 0.22)
    return step(width + 0.08 * np.cos(2.5 * at.y) - at.lateral, 0.07)


def _lungs(rng: np.random.Generator, at: Frame) -> tuple[np.ndarray, np.ndarray]:
    """How much of each pixel is lung, and the height of the diaphragm above it."""
    images = len(at.x)
    left = at.x > 0
    top, wide = number(rng, images, -0.8, 0.04), number(rng, images, 0.8, 0.04)
    right_dome = number(rng, images, 0.5, 0.08)
    centre = np.where(left, right_dome + number(rng, images, 0.07, 0.025), right_dome)
    dome = centre + number(rng, images, 0.9, 0.2) * (at.lateral - 0.42) ** 2
    depth = np.clip((at.y - top) / (0.75 - top), 0, 1)  # 0 at the apex
    outer = 0.3 + (wide - 0.3) * (1 - (1 - depth) ** 2.5) ** 0.6
    inner = 0.1 + number(rng, images, 0.13, 0.03) * (1 - depth) ** 2
    inside = step(outer - at.lateral, 0.03) * step(at.lateral - inner, 0.04)
    return inside * step(at.y - top - 0.5 * (at.lateral - 0.3) ** 2, 0.05) * step(dome - at.y, 0.02), dome


def _vessels(rng: np.random.Generator, at: Frame) -> np.ndarray:
    """Branching lines that are dense at the hila and fade outwards."""
    images, side = at.x.shape[:2]
    branches = np.exp(-4 * np.abs(field(rng, images, side, 0.03 * side)))
    branches += 0.5 * np.exp(-4 * np.abs(field(rng, images, side, 0.015 * side)))
    away = np.hypot(at.lateral - 0.18, 0.8 * (at.y - number(rng, images, -0.02, 0.04)))
    hilum = number(rng, images, 0.3, 0.05) * np.exp(-((away / 0.17) ** 2))
    return hilum + number(rng, images, 0.17, 0.04) * branches * np.exp(-away / 0.45)


def _ribs(rng: np.random.Generator, at: Frame) -> np.ndarray:
    """Posterior ribs, bright and nearly level, and anterior ones, fainter and steep."""
    images, side = at.x.shape[:2]
    apart, first = number(rng, images, 0.165, 0.01), number(rng, images, -0.75, 0.05)
    cage = step(0.86 - at.lateral, 0.05) * step(at.lateral - 0.1, 0.05) * step(at.y + 0.85, 0.08)
    behind = at.y - first - number(rng, images, 0.55, 0.1) * (at.lateral - 0.28) ** 2 * 1.6
    before = at.y - first - 0.08 + number(rng, images, 0.55, 0.1) * (at.lateral - 0.75)
    bones = number(rng, images, 0.11, 0.02) * _bands(behind / apart) + number(rng, images, 0.035, 0.01) * _bands(before / apart)
    return cage * bones * (1 + 0.25 * field(rng, images, side, side / 16)) * step(0.75 - at.y, 0.2)


def _bands(phase: np.ndarray) -> np.ndarray:
    """A band per whole number of ``phase``, brighter along its edges, as the cortex of a bone is."""
    off = np.abs(phase - np.round(phase))
    return step(0.25 - off, 0.07) * (0.8 + 0.35 * np.exp(-(((off - 0.19) / 0.06) ** 2)))


def _clavicles(rng: np.random.Generator, at: Frame) -> np.ndarray:
    images = len(at.x)
    height, rise = number(rng, images, -0.58, 0.05), number(rng, images, 0.28, 0.06)
    off = at.y - height + rise * at.lateral - 0.05 * np.sin(6 * at.lateral)
    return number(rng, images, 0.13, 0.03) * step(0.04 - np.abs(off), 0.015) * step(at.lateral - 0.08, 0.03) * step(0.9 - at.lateral, 0.1)


def _middle(rng: np.random.Generator, at: Frame, heart: np.ndarray, dome: np.ndarray) -> np.ndarray:
    """How much of each pixel is heart, great vessels and mediastinum."""
    images = len(at.x)
    across, down = at.x - (0.45 * heart - 0.02), at.y - number(rng, images, 0.31, 0.03)
    tilt = number(rng, images, 0.55, 0.1)
    long, short = across * np.cos(tilt) + down * np.sin(tilt), down * np.cos(tilt) - across * np.sin(tilt)
    body = step(1 - np.hypot(long / (1.15 * heart), short / (0.8 * heart)), 0.13)
    atrium = step(1 - np.hypot((at.x + 0.2 * heart) / (0.5 * heart), down / 0.34), 0.13)
    knob = step(1 - np.hypot(at.x - 0.12, at.y - number(rng, images, -0.27, 0.03)) / number(rng, images, 0.11, 0.015), 0.25)
    band = step(number(rng, images, 0.12, 0.015) + 0.05 * at.y + 0.05 * step(-0.45 - at.y, 0.3) - at.lateral, 0.06)
    shape = np.maximum.reduce([body, atrium, 0.9 * knob, 0.9 * band * (1 - 0.45 * step(-0.35 - at.y, 0.3))])
    return 0.92 * shape * (1 - 0.6 * step(at.y - dome, 0.08))


def _trachea(rng: np.random.Generator, at: Frame) -> np.ndarray:
    images = len(at.x)
    return 0.1 * step(0.045 - np.abs(at.x - number(rng, images, 0, 0.012)), 0.025) * step(-0.17 - at.y, 0.06)


def _spine(rng: np.random.Generator, at: Frame) -> np.ndarray:
    images = len(at.x)
    vertebrae = 0.6 + 0.4 * np.cos(2 * np.pi * at.y / number(rng, images, 0.15, 0.01))
    return number(rng, images, 0.05, 0.015) * step(0.075 - at.lateral, 0.02) * vertebrae


def _stomach_bubble(rng: np.random.Generator, at: Frame, dome: np.ndarray) -> np.ndarray:
    images = len(at.x)
    size = number(rng, images, 0.1, 0.06).clip(0.001)
    off = np.hypot((at.x - number(rng, images, 0.4, 0.05)) / (1.6 * size), (at.y - dome - size - 0.05) / size)
    return 0.35 * step(1 - off, 0.15) * (size > 0.08)
