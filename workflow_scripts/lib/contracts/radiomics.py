"""Tables of the radiomics stage."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from workflow_scripts.lib.contracts.base import INTEGER, NUMBER, STRING, Contract, Field, read_table
from workflow_scripts.lib.contracts.modalities import VECTOR
from workflow_scripts.lib.errors import ContractError

STANDARDISED = Contract(
    "standardised",
    (
        Field("patient_id", STRING, "the patient"),
        Field("image_id", STRING, "the patient's index image, as in the images table"),
        Field("path", STRING, "the image in the bundle beside this table: 8-bit grey, PNG, square"),
        Field("mask_path", STRING, "its mask in the bundle, 0 outside and 255 inside", nullable=True),
        Field("side", INTEGER, "rows and columns", "pixels"),
        Field("patch", INTEGER, "rows and columns of a patch; patches fill the image and do not overlap", "pixels"),
        Field("spacing_mm", NUMBER, "from one pixel's centre to that of its right neighbour, where known", "mm", nullable=True),
        Field("row_spacing_mm", NUMBER, "from one row's centre to the next; differs where the image was stretched", "mm", nullable=True),
        Field("left", INTEGER, "columns of the source left of the box that is shown", "pixels of the source"),
        Field("top", INTEGER, "rows of the source above it", "pixels of the source"),
        Field("width", INTEGER, "columns of the box", "pixels of the source"),
        Field("height", INTEGER, "rows of the box", "pixels of the source"),
        Field("pad_left", INTEGER, "columns of padding left of the box", "pixels"),
        Field("pad_top", INTEGER, "rows of padding above the box", "pixels"),
        Field("scale_x", NUMBER, "pixels per pixel of the source, along a row", "ratio"),
        Field("scale_y", NUMBER, "pixels per pixel of the source, down a column", "ratio"),
        Field("grey_low", NUMBER, "grey level of the source that became 0", "grey level"),
        Field("grey_high", NUMBER, "grey level of the source that became 255", "grey level"),
        Field("sha256", STRING, "digest of the PNG"),
    ),
    key=("patient_id",),
    checks=(("the box has pixels", lambda rows: (rows["width"] > 0) & (rows["height"] > 0)),),
)


def patch_features_contract(names: Sequence[str], patches: int) -> Contract:
    """All features of all patches of one image per row; the features' ``names``, and how many ``patches`` are along a side, are in the
    metadata of ``values``."""
    length = patches**2 * len(names)
    notes = (("features", json.dumps(list(names))), ("patches", str(patches)))
    fields = (
        Field("patient_id", STRING, "the patient"),
        Field("image_id", STRING, "the patient's index image, as in the images table"),
        Field("values", VECTOR, "features of one patch after another, patches row by row", extra=notes),
    )
    checks = (
        (f"{length} values", lambda rows: rows["values"].map(len) == length),
        ("every value is a finite number", lambda rows: rows["values"].map(lambda values: np.isfinite(values).all())),
    )
    return Contract("patch_features", fields, ("patient_id",), checks)


@dataclass(frozen=True)
class PatchFeatures:
    """Features in memory, once: ``values`` of n patients, each (p, f) float32, of ``patient_ids`` (n,), which are in order.

    The p patches are row by row those of a grid with so many ``patches`` along a side; ``names`` are of the f features.
    """

    patient_ids: np.ndarray
    names: tuple[str, ...]
    patches: int
    values: list[np.ndarray]


def read_patch_features(paths: Sequence[str | Path]) -> PatchFeatures:
    """The tables of all shards, of which there is one at least, as one.

    Raises ContractError for a table that is damaged, has other features or another grid than the first, or a patient of another.
    """
    names, patches, _ = first = _read_shard(paths[0])
    shards = [first, *map(_read_shard, paths[1:])]
    for path, (other_names, other_patches, _) in zip(paths, shards, strict=True):
        if (other_names, other_patches) != (names, patches):
            what = "features" if other_names != names else "grid of patches"
            raise ContractError(f"{path}: its {what} differ from {paths[0]}: one of them is of earlier settings; run snakemake again")
    rows = pd.concat([found for *_, found in shards]).sort_values("patient_id")
    if twice := int(rows["patient_id"].duplicated().sum()):
        raise ContractError(f"patch_features: {twice} patients are in more than one of {len(paths)} shards; expected each in one")
    values = [own.reshape(patches**2, len(names)) for own in rows["values"]]
    return PatchFeatures(rows["patient_id"].to_numpy(), names, patches, values)


def _read_shard(path: str | Path) -> tuple[tuple[str, ...], int, pd.DataFrame]:
    try:
        notes = pq.read_schema(path).field("values").metadata
        names, patches = tuple(json.loads(notes[b"features"])), int(notes[b"patches"])
        return names, patches, read_table(path, patch_features_contract(names, patches))
    except (OSError, KeyError, TypeError, ValueError) as error:
        said = error if isinstance(error, ContractError) else f"{path}: not a table of patch features ({type(error).__name__})"
        raise ContractError(f"{said}; delete it and run again: images already computed are taken from the cache") from None
