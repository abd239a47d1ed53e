"""Grey values: what every decoder ends in, and what all of them check."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.images.slices import Cut, Flat

LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601, as Pillow weighs colours


@dataclass(frozen=True)
class Picture:
    """``grey`` (height, width), uint8 or uint16, upright, bright where the source is; ``spacing_mm`` where it is stated.

    ``slice`` of ``slices`` where it was cut out of a volume.
    """

    grey: np.ndarray
    format: str
    spacing_mm: float | None = None
    slice: int | None = None
    slices: int = 1

    @property
    def bits(self) -> int:
        """Bits per pixel."""
        return 8 * self.grey.dtype.itemsize


def check_size(size: tuple[int, ...], most_pixels: int, cut: Cut | None = None) -> None:
    """Raise StageRefusal unless ``size`` is that of one flat image, or of a volume to ``cut``, of so many pixels at most.

    It is known from the header, before decoding.
    """
    axes = len([length for length in size if length > 1])
    if axes != 2 and (axes != 3 or cut is None):
        hint = "; set images.slice to take one of its slices" if axes == 3 else ""
        raise StageRefusal(f"not one flat image: its size is {' x '.join(map(str, size))}{hint}")
    if np.prod(size, dtype=float) > most_pixels:
        raise StageRefusal(f"the image has more than {most_pixels} pixels: it is not decoded")


def weighed(channels: np.ndarray) -> np.ndarray:
    """Grey (height, width) of grey, RGB and either with transparency (height, width, 1 to 4), which is dropped: colours below it stay."""
    return channels[..., 0] if channels.shape[-1] < 3 else np.round(channels[..., :3] @ LUMA)


def fitted(values: np.ndarray, bits: int) -> np.ndarray:
    """Grey values (height, width) as uint8, or as uint16 for more than 8 ``bits``: as they are where they fit, else stretched to the range.

    Raises StageRefusal where a value is no finite number.
    """
    kind = np.uint8 if bits <= 8 else np.uint16
    low, high, most = float(values.min()), float(values.max()), np.iinfo(kind).max
    if not np.isfinite([low, high]).all():
        raise StageRefusal("a pixel is not a number")
    if low < 0 or high > most or not (values.dtype.kind in "bui" or np.array_equal(values, np.round(values))):
        values = np.round((values.astype(np.float64) - low) * (most / max(high - low, 1e-300)))
    return values.astype(kind)


def pictured(flat: Flat, bits: int, kind: str) -> Picture:
    """What was read as ``kind``, with so many ``bits`` per pixel, as a picture."""
    return Picture(fitted(flat.values, bits), kind, flat.spacing_mm, flat.number, flat.count)


def save_png(grey: np.ndarray, path: Path) -> None:
    """Write grey values as PNG without loss: 8 bits, or 16."""
    from PIL import Image

    Image.fromarray(grey).save(path, format="PNG", compress_level=1)  # 6 takes five times as long, for files 15 % smaller
