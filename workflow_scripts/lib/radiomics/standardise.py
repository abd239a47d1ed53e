"""One image made like all others: cut, its grey levels spread over 8 bits, and laid on a square; its mask with it.

Every number that is needed comes from the image itself. Nothing is fitted on other patients, so nothing of a test patient can reach
a model in training, and an image is the same, byte for byte, whoever else is in the cohort.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from workflow_scripts.lib.config.modalities.standardise import StandardiseConfig
from workflow_scripts.lib.contracts.files import sha256_of
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.images.grey import save_png
from workflow_scripts.lib.ingest.images.workers import Done
from workflow_scripts.lib.radiomics.geometry import Geometry, box_of, fit, whole

FLAT = "flat: hardly any two of its pixels differ within the limits of grey"
UNUSED = "as_is would darken it: its 16 bits are not half used; set grey to percentile or zscore"
NO_MASK = "no mask to crop to; give one, or set without_mask: whole"


@dataclass(frozen=True)
class Task:
    """An image and its mask, if it has one, by their names, which stay; and the spacing of its pixels, where known."""

    path: str
    mask_path: str | None
    spacing_mm: float | None


@dataclass(frozen=True)
class Standardiser:
    """What a worker needs, ``source`` and ``final`` being folders; called with a Task."""

    source: Path
    final: Path
    cfg: StandardiseConfig

    def __call__(self, task: Task) -> Done:
        grey = _read(self.source / task.path)
        inside = _read(self.source / task.mask_path) > 0 if task.mask_path else None
        try:
            at = place(grey, inside, self.cfg)
            low, high = limits(grey, inside, self.cfg)
            picture = lay(spread(grey[at.source], low, high), at, self.cfg)
            mask, mask_fault = self._mask(inside, at)
        except StageRefusal as error:
            return Done({}, fault=f"image: {error}")
        save_png(picture, self.final / task.path)
        if mask is not None:
            save_png(mask, self.final / task.mask_path)
        facts = asdict(at) | {"mask_path": None if mask is None else task.mask_path, "sha256": sha256_of(self.final / task.path)}
        facts |= {"grey_low": low, "grey_high": high}
        if task.spacing_mm is not None:
            facts |= {"spacing_mm": task.spacing_mm / at.scale_x, "row_spacing_mm": task.spacing_mm / at.scale_y}
        return Done(facts, mask_fault=mask_fault)

    def _mask(self, inside: np.ndarray | None, at: Geometry) -> tuple[np.ndarray | None, str]:
        """The mask on the square and no fault, or none and why; raises StageRefusal where the image was cut to a mask that is gone."""
        if inside is None:
            return None, ""
        mask = lay_mask(inside, at, self.cfg.side)
        if not mask.any():
            if self.cfg.shape == "crop_to_mask":
                raise StageRefusal("its mask is gone at the new size")
            return None, "mask: gone at the new size"
        return (None, "mask: it covers the whole image at the new size") if mask.all() else (mask, "")


def _read(path: Path) -> np.ndarray:
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # ingest has judged the size
    with Image.open(path) as image:
        return np.asarray(image)


def place(grey: np.ndarray, inside: np.ndarray | None, cfg: StandardiseConfig) -> Geometry:
    """Where on the square what part of ``grey`` (height, width) goes; ``inside`` is its mask.

    Raises StageRefusal for a part smaller than the grid of patches, and where there is no mask to crop to.
    """
    if cfg.shape == "crop_to_mask" and inside is None and cfg.without_mask == "refuse":
        raise StageRefusal(NO_MASK)
    box = box_of(inside, cfg.margin) if cfg.shape == "crop_to_mask" and inside is not None else whole(grey)
    at = fit(box, cfg.side, cfg.shape == "resize")
    if min(at.width, at.height) < cfg.patches:
        raise StageRefusal(f"fewer pixels along a side than the {cfg.patches} patches: set a larger patch, or a smaller side")
    return at


def limits(grey: np.ndarray, inside: np.ndarray | None, cfg: StandardiseConfig) -> tuple[float, float]:
    """The grey levels that become 0 and 255. Over all of ``grey``; over its mask ``inside`` where the image is cut to it, so that the
    part that is looked at has the contrast, whatever the margin.

    Raises StageRefusal where nothing lies between them.
    """
    values = grey[inside] if cfg.shape == "crop_to_mask" and inside is not None else grey
    match cfg.grey:
        case "percentile":
            low, high = np.percentile(values, [cfg.low_percentile, cfg.high_percentile])
        case "zscore":
            mean, reach = values.mean(dtype=float), cfg.sds * values.std(dtype=float)
            low, high = mean - reach, mean + reach
        case _:
            low, high = 0, np.iinfo(grey.dtype).max
            if high > 255 and grey.max() <= high // 2:
                raise StageRefusal(UNUSED)
    if low >= high:
        raise StageRefusal(FLAT)
    return float(low), float(high)


def spread(grey: np.ndarray, low: float, high: float) -> np.ndarray:
    """``grey`` (height, width) as float32 with ``low`` at 0 and ``high`` at 255, cut there: what is resized after cannot smear a burnt-in
    letter over its surroundings."""
    levels = np.arange(np.iinfo(grey.dtype).max + 1)
    return np.clip((levels - low) * (255 / (high - low)), 0, 255).astype(np.float32)[grey]


def lay(values: np.ndarray, at: Geometry, cfg: StandardiseConfig) -> np.ndarray:
    """``values`` (height, width) of 0..255 of the box, resized onto the square (side, side) uint8, darkest grey around them.

    Raises StageRefusal where all became the same.
    """
    from PIL import Image

    resized = Image.fromarray(values).resize(at.content, Image.Resampling[cfg.interpolation.upper()])
    content = np.clip(np.rint(np.asarray(resized)), 0, 255).astype(np.uint8)  # some interpolations overshoot
    if content.min() == content.max():
        raise StageRefusal(FLAT)
    square = np.full((cfg.side, cfg.side), content.min(), dtype=np.uint8)
    square[at.square] = content
    return square


def lay_mask(inside: np.ndarray, at: Geometry, side: int) -> np.ndarray:
    """The mask ``inside`` (height, width) on the square (side, side), 0 or 255: the nearest pixel of the source; 0 around the box."""
    from PIL import Image

    box = Image.fromarray(np.where(inside[at.source], 255, 0).astype(np.uint8))
    square = np.zeros((side, side), dtype=np.uint8)
    square[at.square] = np.asarray(box.resize(at.content, Image.Resampling.NEAREST))
    return square
