"""Whole-slide feature bags, as CLAM and TRIDENT write them: looked at where they lie, chunk by chunk, and described in a table."""

from collections.abc import Iterator
from pathlib import Path, PurePath

import numpy as np
import pandas as pd

from workflow_scripts.lib.config.modalities.slides import SlidesConfig
from workflow_scripts.lib.contracts.modalities import SLIDES
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.folder import Folder
from workflow_scripts.lib.ingest.strangers import Members
from workflow_scripts.lib.ingest.texts.documents import ids_in

CHUNK = 4096  # patches in memory at a time
TWO = "a bag names two patients"


def describe(folder: Folder, members: Members, cfg: SlidesConfig) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of the slides and refusals contracts. Raises StageRefusal when no bag can be used."""
    rows, refused = [], set()
    for place, path in enumerate(folder.files["path"], 1):
        owners = [one for key in ids_in(PurePath(path).stem, cfg.patient) if (one := members.find(key, f"file {place}")) is not None]
        if len(owners) != 1:
            refused |= {(owner, TWO) for owner in owners}
            continue
        try:
            rows.append(_row(owners[0], path, folder, cfg))
        except StageRefusal as error:
            refused.add((owners[0], f"bag: {error}"))
    if not rows:
        reasons = "; ".join(sorted({reason for _, reason in refused}))
        raise StageRefusal(
            f"slides: not one of {len(folder.files)} bags can be used ({len(members.strangers)} ids are not the cohort's"
            f"{'; ' + reasons if reasons else ''}); correct slides.patient, or the files"
        )
    table = pd.DataFrame(rows, columns=[field.name for field in SLIDES.fields])
    left_out = sorted(pair for pair in refused if pair[0] not in set(table["patient_id"]))
    return table, pd.DataFrame(left_out, columns=["patient_id", "reason"], dtype=object)


def _row(patient: str, path: str, folder: Folder, cfg: SlidesConfig) -> tuple:
    read = {".h5": _hdf5, ".hdf5": _hdf5, ".pt": _torch}.get(PurePath(path).suffix.lower())
    if read is None:
        raise StageRefusal("its suffix is neither .h5 nor .pt")
    patches, width, located = read(folder.path(path), cfg)
    return patient, PurePath(path).stem, str(folder.folder), path, folder.digest(path), patches, width, located


def _hdf5(path: Path, cfg: SlidesConfig) -> tuple[int, int, bool]:
    import h5py

    try:
        with h5py.File(path, "r") as file:
            if cfg.features not in file:
                raise StageRefusal(f"there is no data set '{cfg.features}'")
            features = file[cfg.features]
            shape = _checked_shape(features.shape)
            _refuse_infinite(features[start : start + CHUNK] for start in range(0, shape[0], CHUNK))
            if cfg.coordinates in file and file[cfg.coordinates].shape != (shape[0], 2):
                raise StageRefusal("coordinates and features are not of the same patches")
            return *shape, cfg.coordinates in file
    except OSError as error:
        raise StageRefusal(f"it cannot be read ({type(error).__name__}): it is truncated, or no HDF5 file") from None


def _torch(path: Path, cfg: SlidesConfig) -> tuple[int, int, bool]:
    import pickle

    import torch

    try:
        found = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except pickle.UnpicklingError:
        raise StageRefusal("it holds more than tensors, and reading it would run code: save the features alone") from None
    except (RuntimeError, OSError, EOFError, ValueError) as error:
        raise StageRefusal(f"it cannot be read ({type(error).__name__}): it is truncated, or no .pt file of a recent torch") from None
    features = found.get(cfg.features) if isinstance(found, dict) else found
    if not isinstance(features, torch.Tensor):
        raise StageRefusal(f"there is no tensor '{cfg.features}'")
    shape = _checked_shape(tuple(features.shape))
    _refuse_infinite(features[start : start + CHUNK].float().numpy() for start in range(0, shape[0], CHUNK))
    located = isinstance(found, dict) and cfg.coordinates in found
    if located and tuple(found[cfg.coordinates].shape) != (shape[0], 2):
        raise StageRefusal("coordinates and features are not of the same patches")
    return *shape, located


def _checked_shape(shape: tuple[int, ...]) -> tuple[int, int]:
    """Patches and width; a leading dimension of 1, as some encoders leave it, is refused too: the bag must say what it is."""
    if len(shape) != 2:
        raise StageRefusal(f"its features have {len(shape)} dimensions, expected patches by width")
    if 0 in shape:
        raise StageRefusal("it has no patches")
    return shape[0], shape[1]


def _refuse_infinite(chunks: Iterator[np.ndarray]) -> None:
    if not all(np.isfinite(chunk).all() for chunk in chunks):
        raise StageRefusal("a feature is not a finite number")
