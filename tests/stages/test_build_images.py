"""The scripts that read images and slides, on the real radiographs."""

import h5py
import numpy as np
import pandas as pd
import pytest

from tests.ingest.examples import Built
from tests.registry import registry_of
from tests.shared import shared
from workflow_scripts.ingest import build_images, build_slides
from workflow_scripts.lib.config.base import parse, plain
from workflow_scripts.lib.config.modalities.images import ImagesConfig
from workflow_scripts.lib.config.modalities.slides import SlidesConfig
from workflow_scripts.lib.contracts.base import read_table, write_table
from workflow_scripts.lib.contracts.ingest import REFUSALS
from workflow_scripts.lib.contracts.modalities import IMAGES, SLIDES, index_images
from workflow_scripts.lib.contracts.registry import REGISTRY
from workflow_scripts.lib.ingest.raw.folder import write_inventory


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
    cfg = parse(ImagesConfig, plain(built.cohort.images.model_dump(exclude={"standardise"})), "cfg")
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


def test_a_bag_is_described_where_it_lies(tmp_path):
    (tmp_path / "bags").mkdir()
    with h5py.File(tmp_path / "bags" / "p1.h5", "w") as file:
        file["features"] = np.ones((3, 2), dtype=np.float32)
    write_inventory(tmp_path / "bags", "*.h5", tmp_path / "inventory")
    write_table(registry_of(["p1", "p2"]), tmp_path / "registry", REGISTRY)
    cfg = parse(SlidesConfig, {"source": {"kind": "folder", "path": "bags"}, "patient": {}}, "cfg")
    out = [tmp_path / "slides.parquet", tmp_path / "refusals.parquet"]
    said = build_slides.main(tmp_path / "inventory", tmp_path / "registry", *out, cfg, strict=True)
    assert said.startswith("1 bags of 1 patients, 3 patches")
    assert read_table(out[0], SLIDES)[["patient_id", "patches", "width"]].to_numpy().tolist() == [["p1", 3, 2]]
    assert read_table(out[1], REFUSALS).empty
