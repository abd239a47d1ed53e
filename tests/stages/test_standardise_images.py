"""The script that makes images alike: nothing passes between patients, and who has no image is said."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tests.ingest.examples import Built
from tests.registry import registry_of
from workflow_scripts.ingest import build_images, fetch_source, simulate_world
from workflow_scripts.lib.config.base import parse
from workflow_scripts.lib.config.modalities.images import ImagesConfig
from workflow_scripts.lib.config.modalities.standardise import StandardiseConfig
from workflow_scripts.lib.config.sources import FetchConfig
from workflow_scripts.lib.config.workflow import load_cohort
from workflow_scripts.lib.contracts.base import read_table, write_table
from workflow_scripts.lib.contracts.files import bundle_folder, check_bundle, sha256_of
from workflow_scripts.lib.contracts.ingest import REFUSALS
from workflow_scripts.lib.contracts.modalities import IMAGES, index_images
from workflow_scripts.lib.contracts.radiomics import STANDARDISED
from workflow_scripts.lib.contracts.registry import REGISTRY
from workflow_scripts.lib.errors import ContractError, StageRefusal
from workflow_scripts.radiomics import standardise_images

ROOT = Path(__file__).parents[2]
NOISE = np.random.default_rng(1).integers(0, 200, (90, 120), dtype=np.uint8)
BLOCK = np.zeros((90, 120), dtype=np.uint8)
BLOCK[20:70, 30:100] = 255
SPECK = np.zeros((90, 120), dtype=np.uint8)
SPECK[0, 0] = SPECK[89, 119] = 255


def ingested(folder, images):
    """What ingest would have written of ``images``: by patient, grey, mask or None, spacing or None; a second image of each stands by."""
    rows = []
    with bundle_folder(folder / "images" / "MANIFEST.json") as bundle:
        for number, (patient, (grey, mask, spacing)) in enumerate(images.items(), 1):
            name = f"{number:07}.png"
            Image.fromarray(grey).save(bundle / name)
            if mask is not None:
                Image.fromarray(mask).save(bundle / f"{number:07}_mask.png")
            common = {"patient_id": patient, "format": "PNG", "bits": 8 * grey.itemsize, "spacing_mm": spacing, "slice": None}
            common |= {"fingerprint": "0" * 16, "width": grey.shape[1], "height": grey.shape[0], "path": name, "sha256": "0" * 64}
            rows.append(common | {"image_id": "002", "index_image": True, "mask_path": None if mask is None else f"{number:07}_mask.png"})
            rows.append(common | {"image_id": "001", "index_image": False, "mask_path": None, "path": "not_there.png"})
    write_table(pd.DataFrame(rows), folder / "images.parquet", IMAGES)


def standardise(folder, images=None, threads=1, strict=False, **changes):
    """What the script says, the table by patient, and reasons by patient."""
    if images is not None:
        ingested(folder, images)
    cfg = parse(StandardiseConfig, {"side": 64, "patch": 16, **changes}, "cfg")
    made, refusals, bundle = folder / "standardised.parquet", folder / "refusals.parquet", folder / "radiomics" / "MANIFEST.json"
    pictures = folder / "images" / "MANIFEST.json"
    said = standardise_images.main(folder / "images.parquet", pictures, bundle, made, refusals, cfg, threads, strict)
    refused = read_table(refusals, REFUSALS)
    reasons = dict(zip(refused["patient_id"], refused["reason"], strict=True))
    return said, read_table(made, STANDARDISED).set_index("patient_id"), reasons


def pixels(folder, path):
    with Image.open(folder / "radiomics" / path) as image:
        return np.asarray(image)


def test_one_image_of_each_patient_and_its_mask(tmp_path):
    images = {"p1": (NOISE, BLOCK, 0.5), "p2": (NOISE.astype(np.uint16) * 9, None, None)}
    said, table, refusals = standardise(tmp_path, images)
    assert said == "2 images of 64 x 64 pixels, 4 x 4 patches, 1 masks; 0 refusals"
    assert not refusals
    assert set(table["image_id"]) == {"002"}
    folder = check_bundle(tmp_path / "radiomics" / "MANIFEST.json")
    assert sorted(path.name for path in folder.glob("*.png")) == ["0000001.png", "0000001_mask.png", "0000002.png"]
    for row in table.itertuples():
        assert pixels(tmp_path, row.path).shape == (64, 64) == (row.side, row.side)
        assert pixels(tmp_path, row.path).dtype == np.uint8
        assert row.sha256 == sha256_of(folder / row.path)
    assert set(np.unique(pixels(tmp_path, table.loc["p1", "mask_path"]))) == {0, 255}


def test_the_spacing_is_that_of_the_new_pixels(tmp_path):
    images = {"p1": (NOISE, None, 0.5), "p2": (NOISE, None, None)}  # 60 mm by 45 mm
    _, table, _ = standardise(tmp_path, images)
    assert table.loc["p1", ["spacing_mm", "row_spacing_mm"]].tolist() == [60 / 64, 45 / 48]
    assert table.loc["p2", ["spacing_mm", "row_spacing_mm"]].isna().all()
    _, table, _ = standardise(tmp_path, shape="resize")
    assert table.loc["p1", ["spacing_mm", "row_spacing_mm"]].tolist() == [60 / 64, 45 / 64]


def test_an_image_is_the_same_whoever_else_is_in_the_cohort(tmp_path):
    """Nothing is fitted on other patients: so nothing of a test patient's can reach a training patient's image."""
    others = {"p2": ((NOISE // 3).astype(np.uint8), None, None), "p3": (NOISE[::-1].copy(), BLOCK, 2.0)}
    digests = []
    for number, cohort in enumerate([{}, others]):
        (tmp_path / str(number)).mkdir()
        for grey in ("percentile", "zscore", "as_is"):
            _, table, _ = standardise(tmp_path / str(number), {"p1": (NOISE, BLOCK, 1.0)} | cohort, grey=grey)
            digests.append(table.loc["p1"].to_dict())
    assert digests[:3] == digests[3:]
    assert len({row["sha256"] for row in digests}) == 3


def test_the_number_of_workers_changes_no_byte(tmp_path):
    images = {f"p{n}": (np.roll(NOISE, n), BLOCK, None) for n in range(4)}
    written = []
    for threads in (1, 2):
        standardise(tmp_path, images, threads=threads)
        written.append([(tmp_path / name).read_bytes() for name in ("standardised.parquet", "radiomics/MANIFEST.json")])
    assert written[0] == written[1]


@pytest.mark.parametrize(
    ("image", "changes", "reason", "kept"),
    [
        ((NOISE[:3], None, None), {}, "image: fewer pixels along a side than the 4 patches", False),
        ((np.where(SPECK, 9, 8).astype(np.uint8), None, None), {}, "image: flat", False),
        ((NOISE, None, None), {"shape": "crop_to_mask"}, "image: no mask to crop to", False),
        ((NOISE, SPECK, None), {"shape": "crop_to_mask", "side": 32, "patch": 8}, "image: its mask is gone at the new size", False),
        ((NOISE, SPECK, None), {"side": 32, "patch": 8}, "mask: gone at the new size", True),
        ((NOISE, 255 - SPECK, None), {"side": 32, "patch": 8, "shape": "resize"}, "mask: it covers the whole image at the new size", True),
    ],
)
def test_what_leaves_out_an_image_or_just_its_mask(tmp_path, image, changes, reason, kept):
    said, table, refusals = standardise(tmp_path, {"p1": image, "p2": (NOISE, BLOCK, None)}, **changes)
    assert list(table.index) == (["p1", "p2"] if kept else ["p2"])
    assert table["mask_path"].notna().tolist() == ([False, True] if kept else [True])
    assert list(refusals) == ["p1"]
    assert refusals["p1"].startswith(reason)
    assert said.endswith("1 refusals")
    named = {*table["path"], *table["mask_path"].dropna()}
    assert {path.name for path in (tmp_path / "radiomics").glob("*.png")} == named


def test_what_stops_the_stage(tmp_path):
    with pytest.raises(StageRefusal, match=r"not one of 2 can be standardised \(image: no mask to crop to.*: 2 patients"):
        standardise(tmp_path, {"p1": (NOISE, None, None), "p2": (NOISE, None, None)}, shape="crop_to_mask")
    with pytest.raises(StageRefusal, match="strict: not one patient may be refused"):
        standardise(tmp_path, {"p1": (NOISE, BLOCK, None), "p2": (NOISE, None, None)}, shape="crop_to_mask", strict=True)
    (tmp_path / "images" / "0000001.png").write_bytes(b"altered")
    with pytest.raises(ContractError, match=r"0000001\.png missing or altered"):
        standardise(tmp_path)
    assert not (tmp_path / "radiomics").exists()


def built(folder, cohort, registry, fetch):
    """The images of a cohort as ingest builds them, then standardised as the cohort's file says."""
    write_table(registry_of(registry), folder / "registry.parquet", REGISTRY)
    cfg = parse(ImagesConfig, cohort.images.model_dump(exclude={"standardise"}), "cfg")
    inputs = {name: fetch(f"images.{name}") for name in ("listing", "masks")}
    out = {"images": folder / "images.parquet", "bundle": folder / "images" / "MANIFEST.json", "refusals": folder / "refused.parquet"}
    build_images.main(fetch("images"), folder / "registry.parquet", **out, cfg=cfg, threads=2, strict=False, **inputs)
    said, table, refusals = standardise(folder, threads=2, **cohort.images.standardise.model_dump())
    return said, table, refusals, index_images(read_table(out["images"], IMAGES))


def test_simulated_images_stay_as_they_were_drawn(tmp_path):
    cohort = load_cohort(ROOT / "config" / "cohorts", "simulated")
    simulate_world.main(tmp_path / "world" / "MANIFEST.json", cohort.source.model_copy(update={"patients": 20}))

    def fetch(name):
        cfg = parse(FetchConfig, {"source": cohort.sources[name].model_dump()}, "cfg")
        fetch_source.main(tmp_path / name, cfg, world=tmp_path / "world" / "MANIFEST.json")
        return tmp_path / name

    patients = pd.read_csv(tmp_path / "world" / "images.csv")["patient"].unique()
    said, table, refusals, images = built(tmp_path, cohort, patients, fetch)
    assert said == f"{len(images)} images of 128 x 128 pixels, 8 x 8 patches, {len(images)} masks; 0 refusals"
    assert not refusals
    for patient, row in images.iterrows():
        for name in ("path", "mask_path"):
            with Image.open(tmp_path / "images" / row[name]) as image:
                assert np.array_equal(np.asarray(image), pixels(tmp_path, table.loc[patient, name]))


def test_real_radiographs_fill_their_squares(tmp_path):
    example = Built("chest_xrays", tmp_path)
    listing = pd.read_csv(example.fetch("images.listing"))
    said, table, _, images = built(tmp_path, example.cohort, sorted(listing["patientid"].astype(str).unique()), example.fetch)
    assert said == "57 images of 384 x 384 pixels, 12 x 12 patches, 15 masks; 0 refusals"
    assert (table[["width", "height"]] == images.loc[table.index, ["width", "height"]]).all(axis=None)
    for row in table.itertuples():
        picture = pixels(tmp_path, row.path)
        assert (picture.min(), picture.max()) == (0, 255)
        assert 30 < picture.std() < 100
