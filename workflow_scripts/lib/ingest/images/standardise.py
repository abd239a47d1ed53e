"""An image decoded, checked and written as a grey PNG, with its mask."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workflow_scripts.lib.config.modalities.images import ImagesConfig
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.images.decoding import decode
from workflow_scripts.lib.ingest.images.grey import Picture, save_png
from workflow_scripts.lib.ingest.images.workers import Done
from workflow_scripts.lib.ingest.raw.folder import Folder


@dataclass(frozen=True)
class Task:
    """One image: where it is, where it goes, and its mask, if it has one."""

    path: str
    final: Path
    mask: str | None
    mask_final: Path


@dataclass(frozen=True)
class Standardiser:
    """What a worker needs; called with a Task."""

    folder: Folder
    masks: Folder | None
    cfg: ImagesConfig

    def __call__(self, task: Task) -> Done:
        try:
            picture = self._picture(task.path)
        except StageRefusal as error:
            return Done({}, fault=f"image: {error}")
        save_png(picture.grey, task.final)
        facts = facts_of(picture) | {"sha256": self.folder.digest(task.path), "mask_path": None}
        try:
            if task.mask is not None:
                save_png(self._mask(task.mask, picture), task.mask_final)
                facts["mask_path"] = task.mask_final.name
        except StageRefusal as error:
            return Done(facts, mask_fault=f"mask: {error}")
        return Done(facts)

    def _picture(self, path: str) -> Picture:
        picture = decode(self.folder.read(path), self.cfg.most_pixels)
        if picture.grey.size < self.cfg.fewest_pixels:
            raise StageRefusal(f"fewer than {self.cfg.fewest_pixels} pixels")
        if self.cfg.bits not in (None, picture.bits):
            raise StageRefusal(f"{picture.bits} bits per pixel, declared {self.cfg.bits}")
        if picture.grey.min() == picture.grey.max():
            raise StageRefusal("all pixels are the same")
        return picture

    def _mask(self, path: str, picture: Picture) -> np.ndarray:
        inside = decode(self.masks.read(path), self.cfg.most_pixels).grey > 0
        if inside.shape != picture.grey.shape:
            raise StageRefusal("not of its image's size")
        if inside.all() or not inside.any():
            raise StageRefusal("it covers the whole image" if inside.all() else "empty")
        return np.where(inside, 255, 0).astype(np.uint8)


def facts_of(picture: Picture) -> dict[str, object]:
    """Columns of the images contract that the pixels tell."""
    import imagehash
    from PIL import Image

    height, width = picture.grey.shape
    low, high = np.float32(picture.grey.min()), np.float32(picture.grey.max())
    eight = np.round((picture.grey - low) * (255 / (high - low))).astype(np.uint8)  # so that 12 bits in 16 are as bright as 8
    return {
        "format": picture.format, "width": width, "height": height, "bits": picture.bits, "spacing_mm": picture.spacing_mm,
        "fingerprint": str(imagehash.phash(Image.fromarray(eight))),
    }  # fmt: skip
