"""The scripts that read images and slides, on the real radiographs."""

import pandas as pd
import pytest

from tests.ingest.examples import Built
from tests.registry import registry_of
from tests.shared import shared
from workflow_scripts.ingest import build_images, build_slides
from workflow_scripts.lib.config.base import parse, plain
from workflow_scripts.lib.config.modalities.images import ImagesConfig
from workflow_scripts.lib.contracts.base import read_table, write_table
from workflow_scripts.lib.contracts.modalities import IMAGES, index_images
from workflow_scripts.lib.contracts.registry import REGISTRY


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return Built("chest_xrays", tmp_path_factory.mktemp("chest_xrays"))


def test_patients_whose_outcome_is_unknown_are_refused_by_reason(built):
    listed = pd.read_csv(shared("cxr_covid/metadata.csv"))["patientid"].nunique()
    assert listed == 57 == len(built.patients) + built.refusals["patient_id"].nunique()
    assert built.patients.rows["event"].sum() == 24
    assert set(built.refusals["reason"]) == {"event 'went_icu': missing"}


def test_every_radiograph_is_read_and_one_stands_for_each_patient(built):
    everybody = pd.read_csv(shared("cxr_covid/metadata.csv"))["patientid"].astype(str).unique()
    write_table(registry_of(sorted(everybody)), built.folder / "all", REGISTRY)
    cfg = parse(ImagesConfig, plain(built.cohort.images), "cfg")
    inputs = {name: built.fetch(f"images.{name}") for name in ("listing", "masks")}
    outputs = {name: built.folder / name for name in ("images.parquet", "images_refusals.parquet")}
    said = build_images.main(
        built.fetch("images"),
        built.folder / "all",
        images=outputs["images.parquet"],
        bundle=built.folder / "pictures" / "MANIFEST.json",
        refusals=outputs["images_refusals.parquet"],
        cfg=cfg,
        threads=2,
        strict=True,
        **inputs,
    )
    images = read_table(outputs["images.parquet"], IMAGES)
    assert said == "79 images of 57 patients, 30 masks; 0 refusals; 0 files are nobody's"
    assert len(index_images(images)) == 57
    assert set(images["format"]) == {"PNG", "JPEG"}


def test_slides_have_a_script_too():
    assert build_slides.main.__doc__
