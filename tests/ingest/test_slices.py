"""One slice of a volume: the right one, the same of its mask, and a sentence for what cannot be cut."""

import gzip
import io

import numpy as np
import pydicom
import pytest
import SimpleITK
from PIL import Image
from pydicom.dataset import Dataset

from tests.ingest.pictures import GREY, dicom, itk, nifti, png, repacked, spoilt
from tests.ingest.test_images import MASKS, build
from tests.shared import shared
from workflow_scripts.lib.config.base import parse
from workflow_scripts.lib.config.modalities.images import ImagesConfig
from workflow_scripts.lib.errors import ConfigError, StageRefusal
from workflow_scripts.lib.ingest.images.decoding import decode
from workflow_scripts.lib.ingest.images.slices import Cut

MOST = 20_000
VOLUME = np.stack([GREY.astype(np.uint16) * 3 + 50 * number for number in range(5)])  # 5 slices of 40 rows, 48 columns
INSIDE = np.zeros(VOLUME.shape, dtype=np.uint8)
INSIDE[1, :2, :3] = INSIDE[3, 10:20, 10:30] = INSIDE[4, 10:20, 10:30] = 1
LARGEST = {"axis": 2, "take": "largest_mask"}


def frames(values=VOLUME, **tags):
    """A DICOM file of several frames."""
    return repacked(dicom(frames=len(values)), PixelData=values.tobytes(), **tags)


def measured(between=3.0):
    """A DICOM file that states its spacing for all frames together, as those of several frames do."""
    groups, measures = Dataset(), Dataset()
    measures.PixelSpacing, measures.SpacingBetweenSlices = [0.7, 0.7], between
    groups.PixelMeasuresSequence = [measures]
    file = pydicom.dcmread(io.BytesIO(frames(SharedFunctionalGroupsSequence=[groups])))
    del file.PixelSpacing
    stream = io.BytesIO()
    file.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


KINDS = {
    "NIfTI": lambda root: itk(VOLUME, root, ".nii"),
    "packed NIfTI": lambda root: itk(VOLUME, root, ".nii.gz"),
    "NRRD": lambda root: itk(VOLUME, root, ".nrrd"),
    "DICOM": lambda _: frames(PixelSpacing=[0.5, 0.5], SpacingBetweenSlices=0.5),
    "DICOM in JPEG 2000": lambda root: itk(VOLUME, root, ".dcm", compressor="JPEG2000"),
}


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("kind", list(KINDS)[:4])
def test_a_slice_is_that_of_the_file(tmp_path, kind, axis):
    data, count = KINDS[kind](tmp_path), VOLUME.shape[2 - axis]
    for take in (0, count - 1):
        found = decode(data, MOST, Cut(axis, take))
        assert np.array_equal(found.grey, VOLUME.take(take, 2 - axis))
        assert (found.slice, found.slices, found.spacing_mm, found.bits) == (take, count, 0.5, 16)
    assert decode(data, MOST, Cut(axis, "middle")).slice == count // 2
    with pytest.raises(StageRefusal, match=f"there is no slice {count}, counted from 0, in the volume"):
        decode(data, MOST, Cut(axis, count))


def test_a_frame_of_a_compressed_dicom(tmp_path):
    data = KINDS["DICOM in JPEG 2000"](tmp_path)
    assert pydicom.dcmread(io.BytesIO(data)).file_meta.TransferSyntaxUID.is_compressed
    assert np.array_equal(decode(data, MOST, Cut(2, 3)).grey, VOLUME[3])


@pytest.mark.parametrize("suffix", [".nii.gz", ".nrrd"])
def test_the_largest_slice_of_a_mask_is_the_first_of_the_largest(tmp_path, suffix):
    found = decode(itk(INSIDE, tmp_path, suffix), MOST, Cut(2, "largest"))
    assert found.slice == 3
    assert np.array_equal(found.grey, INSIDE[3])
    with pytest.raises(StageRefusal, match="empty"):
        decode(itk(0 * INSIDE, tmp_path, suffix), MOST, Cut(2, "largest"))


def test_nifti_is_rescaled_before_it_is_measured(tmp_path):
    data = nifti(tmp_path, VOLUME, slope=2, shift=5)
    assert np.array_equal(decode(data, MOST, Cut(2, 1)).grey, 2 * VOLUME[1] + 5)
    outside = nifti(tmp_path, 1 - INSIDE, slope=-1, shift=1)
    assert decode(outside, MOST, Cut(2, "largest")).slice == 3


@pytest.mark.parametrize("suffix", [".nii", ".nrrd"])
def test_pixels_must_be_square_in_the_plane(tmp_path, suffix):
    data = itk(VOLUME, tmp_path, suffix, spacing=(0.7, 0.7, 3.0))
    assert decode(data, MOST, Cut(2, 0)).spacing_mm == pytest.approx(0.7)
    for axis in (0, 1):
        with pytest.raises(StageRefusal, match="the pixels of the slice are not square"):
            decode(data, MOST, Cut(axis, 0))
    side = itk(VOLUME, tmp_path, suffix, spacing=(3.0, 0.7, 0.7))
    assert decode(side, MOST, Cut(0, 0)).spacing_mm == pytest.approx(0.7)


def test_what_a_dicom_says_of_its_frames():
    assert decode(measured(), MOST, Cut(2, 0)).spacing_mm == 0.7
    assert decode(frames(PixelSpacing=None), MOST, Cut(1, 0)).spacing_mm is None
    assert decode(measured(0.7), MOST, Cut(1, 0)).spacing_mm == 0.7
    for data in (measured(), frames()):  # 3 mm apart; nobody knows
        with pytest.raises(StageRefusal, match="the pixels of the slice are not square, or not known to be"):
            decode(data, MOST, Cut(1, 0))


@pytest.mark.parametrize("kind", ["NIfTI", "NRRD", "DICOM"])
def test_a_large_volume_is_refused_by_its_header(tmp_path, kind):
    data = KINDS[kind](tmp_path)
    for cut in (Cut(2, 0), Cut(2, "largest")):
        with pytest.raises(StageRefusal, match="more than 9599 pixels: it is not decoded"):
            decode(data, VOLUME.size - 1, cut)
        decode(data, VOLUME.size, cut)


def test_a_bomb_is_not_unpacked(tmp_path):
    data = bytearray(nifti(tmp_path, VOLUME))
    data[42:48] = np.array([30_000] * 3, "<i2").tobytes()
    with pytest.raises(StageRefusal, match="more than 100000000 pixels: it is not decoded"):
        decode(gzip.compress(bytes(data), mtime=0), 100_000_000, Cut(2, 0))


def test_what_has_four_axes_cannot_be_cut(tmp_path):
    data = itk(np.stack([VOLUME] * 2), tmp_path, ".nii")
    for cut in (None, Cut(2, 0)):
        with pytest.raises(StageRefusal, match=r"not one flat image: its size is 48 x 40 x 5 x 2$"):
            decode(data, MOST, cut)


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_becomes_of_a_volume_it_is_cut_or_refused(tmp_path, kind):
    whole, rng = KINDS[kind](tmp_path), np.random.default_rng(1)
    for attempt in range(45):
        data = spoilt(whole, attempt, rng)
        try:
            found = decode(data, MOST, Cut(2, ("middle", "largest", 1)[attempt % 3]))
        except StageRefusal:
            continue
        assert found.grey.ndim == 2


def slices(root, take, masks=None, **files):
    """What becomes of volumes and masks that are given as arrays, and of flat images given as bytes."""
    given = {f"{name}.nrrd": data if isinstance(data, bytes) else itk(data, root, ".nrrd") for name, data in files.items()}
    told = {"name": "{stem}_mask.nrrd"} | MASKS["masks"]
    drawn = {f"{name}_mask.nrrd": data if isinstance(data, bytes) else itk(data, root, ".nrrd") for name, data in (masks or {}).items()}
    return build(root, given, drawn or None, slice={"axis": 2, "take": take}, **({"masks": told} if drawn else {}))


def read(root, path):
    with Image.open(root / "bundle" / path) as image:
        return np.asarray(image)


@pytest.mark.parametrize(("take", "number"), [("middle", 2), ("largest_mask", 3), (4, 4)])
def test_image_and_mask_are_cut_at_the_same_slice(tmp_path, take, number):
    marked = np.maximum(INSIDE, INSIDE[1])  # something in every slice
    _, images, refusals = slices(tmp_path, take, {"p1": marked}, p1=VOLUME, p2=png())
    assert not refusals
    assert images["slice"].tolist()[0] == number
    assert images["slice"].isna().tolist() == [False, True], "a flat image stays as it is"
    first = images.iloc[0]
    assert np.array_equal(read(tmp_path, first["path"]), VOLUME[number])
    assert np.array_equal(read(tmp_path, first["mask_path"]) > 0, marked[number] > 0)


@pytest.mark.parametrize(
    ("take", "mask", "reason", "kept"),
    [
        ("largest_mask", None, "image: nothing says which slice of the volume to take", False),
        ("largest_mask", INSIDE[3], "image: nothing says which slice of the volume to take", False),
        ("largest_mask", 0 * INSIDE, "image: its mask, which says what slice to take: empty", False),
        ("largest_mask", INSIDE[1:], "image: its mask, which says what slice to take: not of its image's size", False),
        ("largest_mask", b"nothing", "image: its mask, which says what slice to take: the file is no PNG", False),
        ("middle", INSIDE[1:], "mask: not of its image's size", True),
        ("middle", INSIDE[3], "mask: not of its image's size", True),
        ("middle", INSIDE, "mask: empty", True),
        (7, INSIDE, "image: there is no slice 7, counted from 0", False),
    ],
)
def test_what_leaves_out_a_volume_or_just_its_mask(tmp_path, take, mask, reason, kept):
    masks = {"p3": INSIDE} | ({} if mask is None else {"p1": mask})
    _, images, refusals = slices(tmp_path, take, masks, p1=VOLUME, p2=png())
    assert images["patient_id"].tolist() == (["p1", "p2"] if kept else ["p2"])
    assert images["mask_path"].isna().all()
    assert refusals["p1"].startswith(reason)


@pytest.mark.parametrize(("name", "number", "spacing"), [("brain1", 16, 0.78125), ("breast1", 9, 0.664062)])
def test_the_largest_slice_of_a_real_tumour(tmp_path, name, number, spacing):
    volume, label = (shared(f"radiomics_pyradiomics/{name}_{kind}.nrrd") for kind in ("image", "label"))
    _, images, refusals = slices(tmp_path, "largest_mask", {"p1": label.read_bytes()}, p1=volume.read_bytes())
    assert not refusals
    assert images[["format", "slice"]].to_numpy().tolist() == [["NRRD", number]]
    assert images["spacing_mm"].iloc[0] == pytest.approx(spacing)
    expected = [SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(path))[:, :, number]) for path in (volume, label)]
    assert np.array_equal(read(tmp_path, images["path"].iloc[0]), expected[0])
    assert np.array_equal(read(tmp_path, images["mask_path"].iloc[0]) > 0, expected[1] > 0)


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (LARGEST, "largest_mask needs masks"),
        ({"axis": 3, "take": 0}, "slice.axis"),
        ({"take": -1}, "slice.take"),
        ({"take": "center"}, "slice.take"),
        ({"axis": 1}, "slice.take"),
    ],
)
def test_settings_that_cannot_be_meant(wanted, words):
    with pytest.raises(ConfigError, match=words):
        parse(ImagesConfig, {"source": {"kind": "folder", "path": "pictures"}, "patient": {}, "slice": wanted}, "images")
