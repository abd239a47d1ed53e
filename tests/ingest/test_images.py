"""Images: whose each is, which one stands for the patient, masks, and what leaves out just its patient."""

from concurrent.futures.process import BrokenProcessPool

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tests.ingest.pictures import GREY, dicom, png
from tests.registry import registry_of
from workflow_scripts.ingest import build_images
from workflow_scripts.lib.config.base import parse
from workflow_scripts.lib.config.modalities.images import ImagesConfig
from workflow_scripts.lib.contracts.base import read_table, write_table
from workflow_scripts.lib.contracts.files import check_bundle
from workflow_scripts.lib.contracts.ingest import REFUSALS
from workflow_scripts.lib.contracts.modalities import IMAGES, index_images
from workflow_scripts.lib.contracts.registry import REGISTRY
from workflow_scripts.lib.errors import ConfigError, StageRefusal
from workflow_scripts.lib.ingest.raw.folder import write_inventory

BASE = {"source": {"kind": "folder", "path": "pictures"}, "patient": {"pattern": "^(p[0-9])"}}
LISTING = {"listing": {"kind": "table", "path": "list.csv"}, "file": "file", "patient": {"column": "who"}}
MASKS = {"masks": {"source": {"kind": "folder", "path": "masks"}}}
GOOD = png()
INSIDE = png((GREY > 60).astype("uint8"))


def build(root, files, mask_files=None, rows=None, threads=1, registry=None, strict=False, **changes):
    """What the script says, the images table, and reasons by patient."""
    cfg = parse(ImagesConfig, {**BASE, **changes}, "images")
    inputs = {}
    for name, data in {"pictures": files, "masks": mask_files}.items():
        if data is not None:
            (root / name).mkdir(exist_ok=True)
            for path, content in data.items():
                (root / name / path).write_bytes(content)
            write_inventory(root / name, "**/*", root / f"{name}.inventory")
            inputs[name] = root / f"{name}.inventory"
    if rows is not None:
        pd.DataFrame(rows).to_csv(root / "list", index=False)
        inputs["listing"] = root / "list"
    write_table(registry_of(["p1", "p2", "p3"]) if registry is None else registry, root / "registry.parquet", REGISTRY)
    out = {name: root / f"{name}.parquet" for name in ("images", "refusals")}
    source, bundle = inputs.pop("pictures"), root / "bundle" / "MANIFEST.json"
    said = build_images.main(source, root / "registry.parquet", **out, bundle=bundle, cfg=cfg, threads=threads, strict=strict, **inputs)
    refusals = read_table(out["refusals"], REFUSALS)
    return said, read_table(out["images"], IMAGES), dict(zip(refusals["patient_id"], refusals["reason"], strict=True))


def test_a_file_is_its_patients_by_name(tmp_path):
    said, images, refusals = build(tmp_path, {"p1_a.png": GOOD, "p2.dcm": dicom(), "x9.png": GOOD, "p9.png": GOOD})
    assert images["patient_id"].tolist() == ["p1", "p2"]
    assert images["index_image"].all()
    assert images[["format", "bits", "width", "height"]].to_numpy().tolist() == [["PNG", 8, 48, 40], ["DICOM", 16, 48, 40]]
    assert refusals == {"p9": "not among the cohort's patients"}
    assert said == "2 images of 2 patients, 0 masks; 0 refusals; 2 files are nobody's"
    folder = check_bundle(tmp_path / "bundle" / "MANIFEST.json")
    assert sorted(path.name for path in folder.glob("*.png")) == sorted(images["path"])
    with Image.open(folder / images["path"].iloc[0]) as image:
        assert image.mode == "L"
        assert list(image.tobytes()) == GREY.ravel().tolist()


def test_the_index_image_is_the_declared_one(tmp_path):
    listing = {
        "who": ["p1", "p1", "p2", "p1"],
        "file": ["b.png", "a.png", "c.png", "d.png"],
        "day": [10, 9, 3, 11],
        "view": ["PA", "PA", "PA", "L"],
    }
    files = dict.fromkeys(["a.png", "b.png", "c.png", "d.png"], GOOD)
    for take, expected in (("first", "002"), ("last", "001")):
        _, images, _ = build(tmp_path, files, rows=listing, **LISTING, index={"take": take, "by": "day"}, keep={"view": ["PA"]})
        assert len(images) == 3
        assert index_images(images).loc["p1", "image_id"] == expected


def test_masks_lie_beside_their_images(tmp_path):
    said, images, refusals = build(tmp_path, {"p1.png": GOOD, "p2.png": GOOD}, {"p1_mask.png": INSIDE}, **MASKS)
    assert images["mask_path"].notna().tolist() == [True, False]
    with Image.open(tmp_path / "bundle" / images["mask_path"].iloc[0]) as mask:
        assert set(mask.tobytes()) == {0, 255}
    assert not refusals
    assert "1 masks" in said


@pytest.mark.parametrize(
    ("mask", "reason"),
    [
        (png(GREY[:20]), "mask: not of its image's size"),
        (png(GREY * 0), "mask: empty"),
        (png(GREY * 0 + 1), "mask: it covers the whole image"),
        (b"nothing", "mask: the file is no PNG, JPEG, DICOM, NIfTI or NRRD"),
    ],
    ids=["another size", "empty", "full", "no image"],
)
def test_a_bad_mask_leaves_its_image(tmp_path, mask, reason):
    _, images, refusals = build(tmp_path, {"p1.png": GOOD, "p2.png": GOOD}, {"p1_mask.png": mask, "p2_mask.png": INSIDE}, **MASKS)
    assert images["patient_id"].tolist() == ["p1", "p2"]
    assert images["mask_path"].notna().tolist() == [False, True]
    assert refusals == {"p1": reason}


LEAVE_OUT = {
    "truncated": ({"p1.png": GOOD[:-30]}, {}, "image: the PNG cannot be decoded"),
    "no pixels": ({"p1.png": dicom(pixels=False)}, {}, "image: the DICOM has no pixels"),
    "of 16 bits, declared 8": ({"p1.png": dicom()}, {"bits": 8}, "image: 16 bits per pixel, declared 8"),
    "too small": ({"p1.png": png(GREY[:8, :8])}, {"fewest_pixels": 100}, "image: fewer than 100 pixels"),
    "too large": ({"p1.png": png(GREY.repeat(3, axis=0))}, {"most_pixels": 3000}, "image: the image has more than 3000 pixels"),
    "all black": ({"p1.png": png(GREY * 0)}, {}, "image: all pixels are the same"),
    "no image": ({"p1.png": b"<html>"}, {}, "image: the file is no PNG"),
    "zero bytes": ({"p1.png": b""}, {}, "image: the file is empty"),
    "several": ({"p1_a.png": GOOD, "p1_b.png": GOOD}, {}, "several images, and images.index does not say"),
    "two patients in a name": ({"p1p3.png": GOOD}, {"patient": {"pattern": "(p[0-9])"}}, "an image names two patients"),
}


@pytest.mark.parametrize("situation", LEAVE_OUT)
def test_what_leaves_out_just_its_patient(tmp_path, situation):
    files, changes, reason = LEAVE_OUT[situation]
    _, images, refusals = build(tmp_path, {"p2.png": GOOD, **files}, **changes)
    assert images["patient_id"].tolist() == ["p2"]
    assert refusals["p1"].startswith(reason)
    assert sorted(path.name for path in (tmp_path / "bundle").glob("*.png")) == images["path"].tolist()


LISTED = {
    "climbs out": ("../registry.parquet", "image: a file's path leaves its folder"),
    "absolute": ("/etc/hostname", "image: a file's path leaves its folder"),
    "not there": ("gone.png", "image: a file is not among those of its folder"),
    "no name": ("", "image: "),
}


@pytest.mark.parametrize("situation", LISTED)
def test_what_a_listing_may_not_name(tmp_path, situation):
    path, reason = LISTED[situation]
    _, images, refusals = build(tmp_path, {"b.png": GOOD}, rows={"who": ["p1", "p2"], "file": [path, "b.png"]}, **LISTING)
    assert images["patient_id"].tolist() == ["p2"]
    assert refusals["p1"].startswith(reason)


def test_strict_stops_at_one_bad_image_and_at_no_stranger(tmp_path):
    files = {"p2.png": GOOD, "p9.png": GOOD}
    assert build(tmp_path, files, strict=True)[2] == {"p9": "not among the cohort's patients"}
    with pytest.raises(StageRefusal, match="- image: the file is empty: 1 patients"):
        build(tmp_path, {**files, "p1.png": b""}, strict=True)


def test_a_file_listed_for_two_patients_is_neither_ones(tmp_path):
    listing = {"who": ["p1", "p3", "p2", "p2"], "file": ["a.png", "a.png", "b.png", "b.png"]}  # a row told twice is one image
    _, images, refusals = build(tmp_path, {"a.png": GOOD, "b.png": GOOD}, rows=listing, **LISTING)
    assert images["patient_id"].tolist() == ["p2"]
    assert refusals == dict.fromkeys(["p1", "p3"], "an image is listed for two patients")


def test_a_bad_image_beside_a_good_one_is_told(tmp_path):
    listing = {"who": ["p1", "p1"], "file": ["a.png", "b.png"], "day": [1, 2]}
    _, images, refusals = build(tmp_path, {"a.png": b"", "b.png": GOOD}, rows=listing, **LISTING, index={"take": "first", "by": "day"})
    assert images[["image_id", "index_image"]].to_numpy().tolist() == [["001", True]]
    assert refusals == {"p1": "image: the file is empty"}


def test_images_alike_have_like_fingerprints_whatever_their_bits(tmp_path):
    """And not those of others: the upper 8 of 16 bits may all be 0."""
    chest = np.add.outer(np.hanning(40), np.hanning(48)) * 120
    other = np.add.outer(np.cos(np.arange(40) / 4) ** 2, np.sin(np.arange(48) / 5) ** 2) * 120
    files = {"p1.png": png(chest.astype(np.uint8)), "p2.dcm": dicom(chest.astype(np.uint16)), "p3.png": png(other.astype(np.uint8))}
    prints = [int(text, 16) for text in build(tmp_path, files)[1]["fingerprint"]]
    assert (prints[0] ^ prints[1]).bit_count() <= 4
    assert (prints[0] ^ prints[2]).bit_count() > 10


def test_a_worker_that_dies_is_no_riddle(tmp_path, monkeypatch):
    def killed(*_, **__):
        raise BrokenProcessPool

    monkeypatch.setattr("concurrent.futures.ProcessPoolExecutor.map", killed)
    with pytest.raises(StageRefusal, match="a worker was killed, most likely for want of memory"):
        build(tmp_path, {"p1.png": GOOD, "p2.png": GOOD}, threads=2)


def test_a_tie_for_the_index_image_is_not_broken_by_chance(tmp_path):
    listing = {"who": ["p1", "p1", "p2"], "file": ["a.png", "b.png", "c.png"], "day": [1, 1, 1]}
    files = dict.fromkeys(["a.png", "b.png", "c.png"], GOOD)
    _, images, refusals = build(tmp_path, files, rows=listing, **LISTING, index={"take": "first", "by": "day"})
    assert images["patient_id"].tolist() == ["p2"]
    assert refusals["p1"] == "several images: the first 'day' is not that of one image"


def test_the_number_of_workers_changes_no_byte(tmp_path):
    files = {f"p{n}.png": png(GREY + n) for n in (1, 2, 3)}
    bytes_of = []
    for threads in (1, 2):
        build(tmp_path, files, threads=threads)
        bytes_of.append([(tmp_path / name).read_bytes() for name in ("images.parquet", "bundle/MANIFEST.json")])
    assert bytes_of[0] == bytes_of[1]


def test_an_altered_file_is_refused(tmp_path):
    build(tmp_path, {"p1.png": GOOD, "p2.png": GOOD})
    (tmp_path / "pictures" / "p1.png").write_bytes(png(GREY + 1))
    cfg = parse(ImagesConfig, BASE, "images")
    out = {name: tmp_path / f"{name}.parquet" for name in ("images", "refusals")}
    bundle = tmp_path / "bundle" / "MANIFEST.json"
    build_images.main(
        tmp_path / "pictures.inventory", tmp_path / "registry.parquet", **out, bundle=bundle, cfg=cfg, threads=1, strict=False
    )
    refusals = read_table(out["refusals"], REFUSALS)
    assert refusals["reason"].str.startswith("image: a file was altered since its folder was first seen").tolist() == [True]


@pytest.mark.parametrize(
    ("files", "changes", "words"),
    [
        ({"x1.png": GOOD}, {}, "not one of 1 is of a patient of the cohort"),
        ({"p1.png": b"", "p2.png": b""}, {}, "not one of 2 can be used .image: the file is empty: 2 patients"),
    ],
)
def test_what_stops_the_modality(tmp_path, files, changes, words):
    with pytest.raises(StageRefusal, match=words):
        build(tmp_path, files, **changes)
    assert not (tmp_path / "images.parquet").exists()
    assert not (tmp_path / "bundle").exists()


def test_a_column_that_the_listing_has_not(tmp_path):
    with pytest.raises(StageRefusal, match="there is no column 'day'"):
        build(tmp_path, {"a.png": GOOD}, rows={"who": ["p1"], "file": ["a.png"]}, **LISTING, index={"take": "first", "by": "day"})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"file": "file"}, "listing and file belong together"),
        ({"keep": {"view": ["PA"]}}, "name columns of a listing"),
        ({**LISTING, "index": {"take": "agreeing"}}, "take first or last"),
    ],
)
def test_settings_that_cannot_be_meant(changes, words):
    with pytest.raises(ConfigError, match=words):
        parse(ImagesConfig, {**BASE, **changes}, "images")
