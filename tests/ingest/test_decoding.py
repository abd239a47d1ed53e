"""Decoding: the same grey values from every format, and a sentence for whatever is no image."""

import numpy as np
import pytest
from PIL import Image

from tests.ingest.pictures import GREY, dicom, itk, palette, png, rgba, turned
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.images.decoding import decode

MOST = 10_000
WIDE = GREY.astype(np.uint16) * 16  # 12 of 16 bits


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (png(), "PNG"),
        (png(np.dstack([GREY] * 3)), "PNG"),
        (rgba(255), "PNG"),
        (rgba(0), "PNG"),  # as bright below full transparency as it is
        (png(Image.fromarray(GREY).convert("LA")), "PNG"),
        (palette(), "PNG"),
    ],
)
def test_grey_is_grey_in_every_mode(data, kind):
    found = decode(data, MOST)
    assert (found.format, found.bits) == (kind, 8)
    assert np.array_equal(found.grey, GREY)


def test_sixteen_bits_stay():
    found = decode(png(WIDE), MOST)
    assert found.bits == 16
    assert np.array_equal(found.grey, WIDE)


def test_colours_are_weighed_as_eyes_do():
    red, green = (np.dstack([GREY if channel == place else np.zeros_like(GREY) for channel in range(3)]) for place in (0, 1))
    assert decode(png(red), MOST).grey.max() == pytest.approx(0.299 * GREY.max(), abs=1)
    assert decode(png(green), MOST).grey.max() == pytest.approx(0.587 * GREY.max(), abs=1)


def test_a_photograph_is_turned_upright():
    grey = decode(turned(), MOST).grey.astype(int)
    assert grey.shape == GREY.shape
    assert np.abs(grey - GREY).max() <= 4


def test_dicom_as_stored_and_with_its_spacing():
    found = decode(dicom(), MOST)
    assert (found.format, found.bits, found.spacing_mm) == ("DICOM", 16, 0.25)
    assert np.array_equal(found.grey, WIDE)


def test_dicom_whose_bright_means_low_is_inverted():
    found = decode(dicom(photometric="MONOCHROME1"), MOST).grey.astype(int)
    assert np.array_equal(found, WIDE.max() - WIDE.astype(int))


def test_dicom_is_rescaled():
    found = decode(dicom(RescaleSlope=2, RescaleIntercept=5), MOST).grey
    assert np.array_equal(found, 2 * WIDE + 5)


def test_negative_values_are_scaled_to_the_range():
    found = decode(dicom(RescaleSlope=1, RescaleIntercept=-1000), MOST).grey
    assert (found.min(), found.max()) == (0, 65535)
    assert np.all(np.diff(found[0].astype(int)) > 0)


@pytest.mark.parametrize(("suffix", "kind"), [(".nii", "NIFTI"), (".nii.gz", "NIFTI"), (".nrrd", "NRRD")])
def test_nifti_and_nrrd(tmp_path, suffix, kind):
    for values in (GREY, WIDE, WIDE[None]):  # a volume of one slice is flat
        found = decode(itk(values, tmp_path, suffix), MOST)
        assert (found.format, found.spacing_mm) == (kind, 0.5)
        assert np.array_equal(found.grey, np.squeeze(values))


NOISE = np.random.default_rng(1).integers(0, 255, GREY.shape, dtype=np.uint8)
HOLES = np.where(GREY > 5, GREY, np.nan).astype(np.float32)
BAD = {
    "empty": (lambda _: b"", "the file is empty"),
    "text": (lambda _: b"not an image at all", "no PNG, JPEG, DICOM, NIfTI or NRRD"),
    "truncated PNG": (lambda _: png()[:-40], "the PNG cannot be decoded"),
    "truncated JPEG": (lambda _: png(GREY, "JPEG")[:300], "the JPEG cannot be decoded"),
    "a PNG of noise": (lambda _: png()[:30] + b"\x00" * 90, "the PNG cannot be decoded"),
    "DICOM without pixels": (lambda _: dicom(pixels=False), "the DICOM has no pixels"),
    "DICOM with frames": (lambda _: dicom(frames=3), "3 frames, expected one flat image"),
    "truncated DICOM": (lambda _: dicom()[:-400], "the DICOM cannot be decoded"),
    "a volume": (lambda root: itk(np.stack([GREY] * 3), root, ".nrrd"), "not one flat image: its size is 48 x 40 x 3"),
    "truncated NRRD": (lambda root: itk(NOISE, root, ".nrrd")[:-500], "the NRRD cannot"),
    "truncated NIfTI": (lambda root: itk(GREY, root, ".nii")[:600], "the NIFTI cannot be decoded"),
    "pixels that are no numbers": (lambda root: itk(HOLES, root, ".nrrd"), "a pixel is not a number"),
    "an archive": (lambda _: b"\x1f\x8b" + b"\0" * 60, "the NIFTI cannot be decoded"),
}  # fmt: skip


@pytest.mark.parametrize("situation", BAD)
def test_what_is_refused_by_name(tmp_path, situation):
    make, words = BAD[situation]
    with pytest.raises(StageRefusal, match=words):
        decode(make(tmp_path), MOST)


@pytest.mark.parametrize("make", [lambda _: png(), lambda _: png(GREY, "JPEG"), lambda _: dicom(), lambda root: itk(GREY, root, ".nii")])
def test_a_large_image_is_refused_by_its_header(tmp_path, make):
    with pytest.raises(StageRefusal, match="more than 1000 pixels: it is not decoded"):
        decode(make(tmp_path), 1000)


def test_a_decompression_bomb_is_never_unpacked():
    header = bytearray(png(np.zeros((8, 8), dtype=np.uint8)))
    header[16:24] = (60_000).to_bytes(4, "big") * 2  # 3.6 thousand million pixels, says the header
    import zlib

    header[29:33] = zlib.crc32(bytes(header[12:29])).to_bytes(4, "big")
    with pytest.raises(StageRefusal, match=r"more than 100000000 pixels|cannot be decoded"):
        decode(bytes(header), 100_000_000)
