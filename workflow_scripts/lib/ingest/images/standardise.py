"""Every image decoded, checked and written as a grey PNG, in as many processes as there are workers, one image in memory in each."""

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workflow_scripts.lib.config.modalities.images import ImagesConfig
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.images.decoding import decode
from workflow_scripts.lib.ingest.images.grey import Picture
from workflow_scripts.lib.ingest.raw.folder import Folder


@dataclass(frozen=True)
class Task:
    """One image: where it is, where it goes, and its mask, if it has one."""

    path: str
    final: Path
    mask: str | None
    mask_final: Path


@dataclass(frozen=True)
class Done:
    """What became of one image: facts of the images contract, or why it is refused; and why its mask is."""

    facts: dict[str, object]
    fault: str = ""
    mask_fault: str = ""


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


def standardise(tasks: Sequence[Task], work: Standardiser, workers: int) -> Iterator[Done]:
    """What became of each task, in their order, whatever the number of workers."""
    if workers <= 1 or len(tasks) < 2:
        yield from map(work, tasks)
        return
    chunk = max(1, len(tasks) // (8 * workers))  # the folder's inventory travels with every one
    try:
        with ProcessPoolExecutor(min(workers, len(tasks)), multiprocessing.get_context("forkserver")) as pool:
            yield from pool.map(work, tasks, chunksize=chunk)
    except BrokenProcessPool:
        raise StageRefusal("images: a worker was killed, most likely for want of memory: give more of it, or fewer threads") from None


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


def save_png(grey: np.ndarray, path: Path) -> None:
    """Write grey values as PNG without loss: 8 bits, or 16."""
    from PIL import Image

    Image.fromarray(grey).save(path, format="PNG", compress_level=1)  # 6 takes five times as long, for files 15 % smaller
