"""An image decoded, checked and written as a grey PNG, with its mask."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workflow_scripts.lib.config.modalities.images import ImagesConfig
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.images.decoding import decode
from workflow_scripts.lib.ingest.images.grey import Picture, save_png
from workflow_scripts.lib.ingest.images.slices import Cut
from workflow_scripts.lib.ingest.images.workers import Done
from workflow_scripts.lib.ingest.raw.folder import Folder

CHOOSES = "its mask, which says what slice to take: {}"


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
            picture = self._picture(task.path, self._cut(task.mask))
            mask, mask_fault = self._mask_or_fault(task.mask, picture)
        except StageRefusal as error:
            return Done({}, fault=f"image: {error}")
        save_png(picture.grey, task.final)
        facts = facts_of(picture) | {"sha256": self.folder.digest(task.path), "mask_path": None}
        if mask is not None:
            save_png(mask, task.mask_final)
            facts["mask_path"] = task.mask_final.name
        return Done(facts, mask_fault=mask_fault)

    def _cut(self, mask: str | None) -> Cut | None:
        """The slice to take of a volume, as the cohort's file says, or as this mask does."""
        wanted = self.cfg.slice
        if wanted is None or wanted.take != "largest_mask":
            return wanted and Cut(wanted.axis, wanted.take)
        try:
            return Cut(wanted.axis, mask and self._decode(self.masks, mask, Cut(wanted.axis, "largest")).slice)
        except StageRefusal as error:
            raise StageRefusal(CHOOSES.format(error)) from None

    def _decode(self, folder: Folder, path: str, cut: Cut | None) -> Picture:
        return decode(folder.read(path), self.cfg.most_pixels, cut)

    def _picture(self, path: str, cut: Cut | None) -> Picture:
        picture = self._decode(self.folder, path, cut)
        if picture.grey.size < self.cfg.fewest_pixels:
            raise StageRefusal(f"fewer than {self.cfg.fewest_pixels} pixels")
        if self.cfg.bits not in (None, picture.bits):
            raise StageRefusal(f"{picture.bits} bits per pixel, declared {self.cfg.bits}")
        if picture.grey.min() == picture.grey.max():
            raise StageRefusal("all pixels are the same")
        return picture

    def _mask_or_fault(self, path: str | None, picture: Picture) -> tuple[np.ndarray | None, str]:
        """The mask and no fault, or none and why, which is the image's fault where the mask has chosen its slice."""
        if path is None:
            return None, ""
        try:
            return self._mask(path, picture), ""
        except StageRefusal as error:
            if picture.slice is not None and self.cfg.slice.take == "largest_mask":
                raise StageRefusal(CHOOSES.format(error)) from None
            return None, f"mask: {error}"

    def _mask(self, path: str, picture: Picture) -> np.ndarray:
        mask = self._decode(self.masks, path, self.cfg.slice and Cut(self.cfg.slice.axis, picture.slice))
        inside = mask.grey > 0
        if (inside.shape, mask.slices) != (picture.grey.shape, picture.slices):
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
        "format": picture.format, "width": width, "height": height, "bits": picture.bits,
        "spacing_mm": picture.spacing_mm, "slice": picture.slice, "fingerprint": str(imagehash.phash(Image.fromarray(eight))),
    }  # fmt: skip
