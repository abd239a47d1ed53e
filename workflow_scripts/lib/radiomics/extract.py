"""Features of all patches of standardised images, image by image: what was computed before is not computed again."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from workflow_scripts.lib.config.base import plain
from workflow_scripts.lib.config.radiomics import RadiomicsConfig
from workflow_scripts.lib.contracts.base import Contract
from workflow_scripts.lib.errors import ContractError, StageRefusal
from workflow_scripts.lib.provenance.job import fingerprint
from workflow_scripts.lib.provenance.log import Progress
from workflow_scripts.lib.radiomics.cache import load_features, save_features
from workflow_scripts.lib.radiomics.engines import Engine, make_engine
from workflow_scripts.lib.radiomics.geometry import patch_grid
from workflow_scripts.lib.radiomics.reference import feature_names
from workflow_scripts.lib.radiomics.settings import RadiomicsSettings

SQUARE = 0.01  # spacings along rows and columns that differ by less are one: lengths were rounded to whole pixels
NO_SPACING = "no spacing of its pixels is stated; set radiomics.spacing: pixels"
NOT_SQUARE = "the spacing of its pixels along rows differs from that along columns; set images.standardise.shape: pad"


def in_shard(images: pd.DataFrame, shard: int, shards: int) -> pd.DataFrame:
    """The rows of the standardised contract that ``shard``, from 1, of ``shards`` has.

    An image's own digest says where it is, so that others that are added move none, and the same image is never in two.
    """
    return images[[int(digest, 16) % shards == shard - 1 for digest in images["sha256"]]]


@dataclass
class Extractor:
    """Features of the images in ``folder``, cut into patches of ``patch`` pixels a side; computed by ``code``, or taken from ``cache``.

    ``computed`` counts images that were not there, ``refused`` has patients and reasons.
    """

    folder: Path
    cache: Path
    settings: RadiomicsSettings
    cfg: RadiomicsConfig
    patch: int
    threads: int
    code: str
    computed: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)

    @cached_property
    def names(self) -> list[str]:
        """The f features."""
        return feature_names(self.settings)

    @cached_property
    def engine(self) -> Callable[[int, float], Engine]:
        """The engine for images of a side (pixels) and a spacing (mm); what it knows of patches is kept for the next image."""
        return lru_cache(maxsize=4)(self._make_engine)

    def _make_engine(self, side: int, spacing_mm: float) -> Engine:
        return make_engine(self.cfg, self.settings, patch_grid(side, self.patch), spacing_mm, self.threads)

    def pieces(self, images: pd.DataFrame, contract: Contract) -> Iterator[pa.Table]:
        """A row of ``contract`` for each of ``images``, rows of the standardised contract; those that have no features are refused."""
        progress = Progress("radiomics", len(images))
        for done, image in enumerate(images.itertuples(), 1):
            try:
                values = self.features(image)
            except StageRefusal as error:
                self.refused.append((image.patient_id, f"image: {error}"))
            else:
                row = {"patient_id": [image.patient_id], "image_id": [image.image_id], "values": [values.ravel()]}
                yield pa.table(row, schema=contract.schema())
            progress.step(done)
        progress.close()

    def features(self, image: Any) -> np.ndarray:
        """Of one row of the standardised contract (p, f) float32; raises StageRefusal for an image that has none."""
        spacing_mm = 1.0 if self.cfg.spacing == "pixels" else stated_spacing(image)
        path = self.place(image.sha256, spacing_mm)
        values = load_features(path, ((image.side // self.patch) ** 2, len(self.names)))
        if values is None:
            values = self._compute(image, spacing_mm)
            save_features(path, values)
            self.computed += 1
        return values

    def place(self, sha256: str, spacing_mm: float) -> Path:
        """Where the features of the image with this digest are kept: under a name that says all that they depend on."""
        key = fingerprint(sha256, plain(self.settings), self.cfg.engine, spacing_mm, self.patch, self.code)
        return self.cache / key[:2] / f"{key}.safetensors"

    def _compute(self, image: Any, spacing_mm: float) -> np.ndarray:
        grey = read_grey(self.folder / image.path, image.sha256)
        with np.errstate(over="ignore"):
            values = self.engine(image.side, spacing_mm)(grey).astype(np.float32)
        if bad := [name for name, finite in zip(self.names, np.isfinite(values).all(0), strict=True) if not finite]:
            raise StageRefusal(f"{len(bad)} features, such as {bad[0]}, are no finite numbers of 32 bits")
        return values


def stated_spacing(image: Any) -> float:
    """The spacing (mm) of the pixels of a row of the standardised contract; raises StageRefusal where there is none, or not one."""
    across, down = image.spacing_mm, image.row_spacing_mm
    if pd.isna(across) or pd.isna(down):
        raise StageRefusal(NO_SPACING)
    if abs(down - across) > SQUARE * across:
        raise StageRefusal(NOT_SQUARE)
    return float(across)


def read_grey(path: Path, sha256: str) -> np.ndarray:
    """The PNG at ``path``; raises ContractError when its bytes are not those of the digest."""
    from PIL import Image

    data = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ContractError(f"{path}: missing or altered since written; delete the folder and run again")
    with Image.open(BytesIO(data)) as image:
        return np.asarray(image)
