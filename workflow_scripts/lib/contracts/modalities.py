"""Tables of the modalities, each joined to the rest by patient_id; a patient may lack any of them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from workflow_scripts.lib.contracts.base import FLAG, INTEGER, MOMENT, NUMBER, STRING, Contract, Field, read_arrow, read_table

VECTOR = pa.list_(pa.float32())


def expression_contract(genes: Sequence[str], unit: str) -> Contract:
    """One vector per patient; the genes that it runs over are in the metadata of ``values``."""
    notes = (("genes", json.dumps(list(genes))),)
    fields = (
        Field("patient_id", STRING, "the patient"),
        Field("samples", INTEGER, "samples behind the vector; more than one are averaged", "samples"),
        Field("values", VECTOR, "expression of each gene, NaN where not measured", unit, extra=notes),
    )
    return Contract("expression", fields, key=("patient_id",))


@dataclass(frozen=True)
class Expression:
    """Expression in memory: ``values`` (n, genes) float32 of ``patient_ids`` (n,), in the unit stated."""

    patient_ids: np.ndarray
    genes: tuple[str, ...]
    values: np.ndarray
    unit: str


def read_expression(path: str | Path) -> Expression:
    """The expression table as one matrix; raises ContractError when it is not as promised."""
    notes = read_arrow(path).schema.field("values").metadata
    genes, unit = json.loads(notes[b"genes"]), notes[b"unit"].decode()
    rows = read_table(path, expression_contract(genes, unit))
    values = np.stack(list(rows["values"])) if len(rows) else np.empty((0, len(genes)), dtype=np.float32)
    return Expression(rows["patient_id"].to_numpy(), tuple(genes), values, unit)


REPORTS = Contract(
    "reports",
    (
        Field("patient_id", STRING, "the patient"),
        Field("text", STRING, "the report, identifiers replaced by their kind in brackets, as [NAME]"),
        Field("words", INTEGER, "its length", "words"),
        Field("documents", INTEGER, "reports of the patient in the source that were joined, or chosen from", "reports"),
        Field("replaced", INTEGER, "identifiers replaced", "places"),
    ),
    key=("patient_id",),
)

IMAGES = Contract(
    "images",
    (
        Field("patient_id", STRING, "the patient"),
        Field("image_id", STRING, "the image, numbered within the patient in the order of the source"),
        Field("index_image", FLAG, "True for the one image that stands for the patient"),
        Field("path", STRING, "the standardised image in the bundle beside this table: grey, upright, PNG"),
        Field("mask_path", STRING, "its mask in the bundle, 0 outside and 255 inside", nullable=True),
        Field("format", STRING, "the source's format: PNG, JPEG, DICOM, NIFTI or NRRD"),
        Field("width", INTEGER, "columns", "pixels"),
        Field("height", INTEGER, "rows", "pixels"),
        Field("bits", INTEGER, "bits per pixel, of the source and of the standardised image", "bits"),
        Field(
            "spacing_mm",
            NUMBER,
            "distance in the image of the centres of pixels, where the source states it",
            "mm",
            nullable=True,
        ),
        Field("slice", INTEGER, "the slice that was taken of a volume, from 0 along images.slice.axis", nullable=True),
        Field("fingerprint", STRING, "perceptual hash, 64 bits in hexadecimal: near-duplicates differ in few bits"),
        Field("sha256", STRING, "digest of the source's file"),
    ),
    key=("patient_id", "image_id"),
)

SLIDES = Contract(
    "slides",
    (
        Field("patient_id", STRING, "the patient"),
        Field("slide_id", STRING, "the file's name without suffix"),
        Field("folder", STRING, "the source's folder, where the bag stays"),
        Field("path", STRING, "the bag's path in the folder"),
        Field("sha256", STRING, "its digest"),
        Field("patches", INTEGER, "patches", "patches"),
        Field("width", INTEGER, "features per patch", "features"),
        Field("coordinates", FLAG, "True where the bag says where each patch lay"),
    ),
    key=("patient_id", "slide_id"),
)

VISITS = Contract(
    "visits",
    (
        Field("subject_id", INTEGER, "the patient as MEDS numbers subjects"),
        Field("time", MOMENT, "time of the code on a calendar on which everybody's index date is 2000-01-01"),
        Field("code", STRING, "vocabulary//code, with //unit behind it where the table states the unit of its values"),
        Field("numeric_value", pa.float32(), "a number that belongs to the code", nullable=True),
        Field("patient_id", STRING, "the patient, as in every other table"),
    ),
    key=(),
)


def index_images(images: pd.DataFrame) -> pd.DataFrame:
    """The one image of each patient that stands for the patient, by patient_id."""
    return images[images["index_image"]].set_index("patient_id", verify_integrity=True)
