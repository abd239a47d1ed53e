"""Whole-slide feature bags, as CLAM and TRIDENT write them: looked at where they lie, chunk by chunk, and described in a table."""

import pickle
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Any

import numpy as np
import pandas as pd

from workflow_scripts.lib.config.modalities.slides import SlidesConfig
from workflow_scripts.lib.contracts.modalities import SLIDES
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.members import Members
from workflow_scripts.lib.ingest.raw.folder import Folder
from workflow_scripts.lib.ingest.raw.streams import refuse_bomb

CHUNK = 4_000_000  # features in memory at a time
TWO = "a bag names two patients"
ODD = "bag: its features are not as wide as those of most bags"
CODE = "it holds more than tensors, and reading it would run code: save the features alone"
Facts = tuple[int, int, bool]  # patches, width, whether there are coordinates


def describe(folder: Folder, members: Members, cfg: SlidesConfig) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of the slides and refusals contracts. Raises StageRefusal when no bag can be used, or a slide has several."""
    rows, refused = [], set()
    for place, path in enumerate(folder.files["path"], 1):
        owners = members.owners(PurePath(path).stem, cfg.patient, f"file {place}")
        if len(owners) != 1:
            refused |= {(owner, TWO) for owner in owners}
            continue
        try:
            rows.append((owners[0], PurePath(path).stem, str(folder.folder), path, folder.digest(path), *_facts(folder.path(path), cfg)))
        except StageRefusal as error:
            refused.add((owners[0], f"bag: {error}"))
    if not rows:
        reasons = "; ".join(sorted({reason for _, reason in refused}))
        raise StageRefusal(
            f"slides: not one of {len(folder.files)} bags can be used ({len(members.strangers)} ids are not the cohort's"
            f"{'; ' + reasons if reasons else ''}); correct slides.patient, or the files"
        )
    table = pd.DataFrame(rows, columns=[field.name for field in SLIDES.fields])
    odd = _odd_widths(table)
    refused |= {(owner, ODD) for owner in table.loc[odd, "patient_id"]}
    return table[~odd], pd.DataFrame(sorted(refused), columns=["patient_id", "reason"], dtype=object)


def _odd_widths(table: pd.DataFrame) -> pd.Series:
    """True (n,) for bags of another width than most; raises StageRefusal where a slide has two bags or no width is that of most."""
    twins = int(table.duplicated(["patient_id", "slide_id"]).sum())
    if twins:
        raise StageRefusal(f"slides: {twins} slides have a second bag of their name, as .h5 and .pt: narrow source.pattern to one kind")
    widths = table["width"].value_counts()
    if widths.iloc[0] * 2 <= len(table):
        found = ", ".join(f"{width} ({count} bags)" for width, count in widths.sort_index().items())
        raise StageRefusal(f"slides: features are of different widths, {found}: give the bags of one encoder")
    return table["width"] != widths.index[0]


def _facts(path: Path, cfg: SlidesConfig) -> Facts:
    read = {".h5": _hdf5, ".hdf5": _hdf5, ".pt": _torch}.get(path.suffix.lower())
    if read is None:
        raise StageRefusal("its suffix is neither .h5 nor .pt")
    try:
        return read(path, cfg)
    except StageRefusal:
        raise
    except pickle.UnpicklingError:
        raise StageRefusal(CODE) from None
    except Exception as error:  # of damaged files: whatever the libraries raise
        raise StageRefusal(f"it cannot be read ({type(error).__name__}): it is truncated, or no bag in a recent format") from None


def _hdf5(path: Path, cfg: SlidesConfig) -> Facts:
    import h5py

    with h5py.File(path, "r") as file:
        found = {name: file[name] for name in (cfg.features, cfg.coordinates) if name in file}
        for data in found.values():
            if data.file.filename != file.filename or data.is_virtual or data.external:
                raise StageRefusal("its data are in another file: save them in one")
        return _checked(found, cfg, path, np.asarray)


def _torch(path: Path, cfg: SlidesConfig) -> Facts:
    import torch

    found = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    found = found if isinstance(found, dict) else {cfg.features: found}
    return _checked(found, cfg, path, lambda tensor: tensor.detach().float().numpy())


def _checked(found: dict[str, Any], cfg: SlidesConfig, path: Path, array: Callable[[Any], np.ndarray]) -> Facts:
    """The facts of a bag whose features can be cut into chunks, of which ``array`` makes numbers; shapes are judged before."""
    if cfg.features not in found:
        raise StageRefusal(f"there is no '{cfg.features}' in it: correct slides.features")
    features, coordinates = found[cfg.features], found.get(cfg.coordinates)
    shape = tuple(features.shape)
    if len(shape) != 2:  # a leading 1, as some encoders leave it, included: the bag must say what it is
        raise StageRefusal(f"its features have {len(shape)} dimensions, expected patches by width")
    if 0 in shape:
        raise StageRefusal("it has no patches")
    if coordinates is not None and tuple(coordinates.shape) != (shape[0], 2):
        raise StageRefusal("coordinates and features are not of the same patches")
    refuse_bomb(shape[0] * shape[1] * features.dtype.itemsize, path.stat().st_size, "its features")
    rows = max(1, CHUNK // shape[1])
    if not all(np.isfinite(array(features[start : start + rows])).all() for start in range(0, shape[0], rows)):
        raise StageRefusal("a feature is not a finite number")
    return *shape, coordinates is not None
