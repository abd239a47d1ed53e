"""Decoding: the same grey values from every format, and a sentence for whatever is no image."""

import gzip
import io
import zlib

import numpy as np
import pydicom
import pytest
from PIL import Image

from tests.ingest.pictures import GREY, coloured, deflated, dicom, itk, nifti, palette, png, repacked, rgba, spoilt, turned
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
        (png(Image.fromarray(GREY).convert("P"), transparency=bytes(range(256))), "PNG"),
        (png(Image.fromarray(np.dstack([GREY] * 3)).convert("CMYK"), "JPEG", quality=100), "JPEG"),
        (coloured(GREY), "DICOM"),
    ],
)
def test_grey_is_grey_in_every_mode(data, kind):
    found = decode(data, MOST)
    assert (found.format, found.bits) == (kind, 8)
    assert np.array_equal(found.grey, GREY)


@pytest.mark.parametrize(
    "make",
    [
        lambda _: png(WIDE),
        lambda root: itk(np.dstack([WIDE] * 3), root, ".png", channels=True),  # which Pillow would cut to 8 bits
        lambda root: itk(np.dstack([WIDE, WIDE, WIDE, 0 * WIDE]), root, ".png", channels=True),
        lambda _: coloured(WIDE),
    ],
    ids=["grey", "RGB", "RGBA", "DICOM in colour"],
)
def test_sixteen_bits_stay(tmp_path, make):
    found = decode(make(tmp_path), MOST)
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
    assert np.array_equal(found, 4095 - WIDE.astype(int))


def test_dicom_is_rescaled():
    found = decode(dicom(RescaleSlope=2, RescaleIntercept=5), MOST).grey
    assert np.array_equal(found, 2 * WIDE + 5)


def test_negative_values_are_scaled_to_the_range():
    found = decode(dicom(RescaleSlope=1, RescaleIntercept=-1000), MOST).grey
    assert (found.min(), found.max()) == (0, 65535)
    assert np.all(np.diff(found[0].astype(int)) > 0)


@pytest.mark.parametrize("compressor", ["JPEG", "JPEG2000"])
def test_dicom_in_the_compressions_of_hospitals(tmp_path, compressor):
    data = itk(WIDE, tmp_path, ".dcm", compressor=compressor)  # JPEG is the lossless kind
    assert pydicom.dcmread(io.BytesIO(data)).file_meta.TransferSyntaxUID.is_compressed
    assert np.array_equal(decode(data, MOST).grey, WIDE)


def test_dicom_in_run_lengths():
    file = pydicom.dcmread(io.BytesIO(dicom()))
    file.compress(pydicom.uid.RLELossless)
    stream = io.BytesIO()
    file.save_as(stream)
    assert np.array_equal(decode(stream.getvalue(), MOST).grey, WIDE)


@pytest.mark.parametrize(("suffix", "kind"), [(".nii", "NIFTI"), (".nii.gz", "NIFTI"), (".nrrd", "NRRD")])
def test_nifti_and_nrrd(tmp_path, suffix, kind):
    for values in (GREY, WIDE, WIDE[None]):  # a volume of one slice is flat
        found = decode(itk(values, tmp_path, suffix), MOST)
        assert (found.format, found.spacing_mm) == (kind, 0.5)
        assert np.array_equal(found.grey, np.squeeze(values))


def test_nifti_is_rescaled_and_packed_files_too(tmp_path):
    data = nifti(tmp_path, WIDE, slope=2, shift=5)
    assert np.array_equal(decode(data, MOST).grey, 2 * WIDE + 5)
    assert np.array_equal(decode(gzip.compress(data, mtime=0), MOST).grey, 2 * WIDE + 5)


def test_nifti_of_another_byte_order(tmp_path):
    data = bytearray(nifti(tmp_path, WIDE))
    for place, width, count in ((0, 4, 1), (40, 2, 8), (70, 2, 2), (76, 4, 8), (108, 4, 1), (352, 2, WIDE.size)):
        piece = np.frombuffer(bytes(data[place : place + width * count]), f"u{width}")
        data[place : place + width * count] = piece.byteswap().tobytes()
    found = decode(data, MOST)
    assert np.array_equal(found.grey, WIDE)
    assert found.spacing_mm == 0.5


NOISE = np.random.default_rng(1).integers(0, 255, GREY.shape, dtype=np.uint8)
HOLES = np.where(GREY > 5, GREY, np.nan).astype(np.float32)
ELSEWHERE = b"NRRD0004\ntype: uint8\ndimension: 2\nsizes: 48 40\nencoding: raw\ndata file: /etc/hostname\n"
BAD = {
    "empty": (lambda _: b"", "the file is empty"),
    "text": (lambda _: b"not an image at all", "no PNG, JPEG, DICOM, NIfTI or NRRD"),
    "truncated PNG": (lambda _: png()[:-40], "the PNG cannot be decoded"),
    "truncated JPEG": (lambda _: png(GREY, "JPEG")[:300], "the JPEG cannot be decoded"),
    "a PNG of noise": (lambda _: png()[:30] + b"\x00" * 90, "the PNG cannot be decoded"),
    "a PNG that ends with its signature": (lambda _: png()[:8], "the PNG cannot be decoded"),
    "DICOM without pixels": (lambda _: dicom(pixels=False), "the DICOM has no pixels"),
    "DICOM with frames": (lambda _: dicom(frames=3), "not one flat image: its size is 48 x 40 x 3; set images.slice"),
    "DICOM with frames it does not tell of": (lambda _: repacked(dicom(), Rows=20), "pixels for 2 images of its size, expected one"),
    "DICOM larger than its pixels": (lambda _: repacked(dicom(), Rows=41), "pixels for 0 images of its size, expected one"),
    "DICOM without a size": (lambda _: repacked(dicom(), Rows=0), "not one flat image: its size is 48 x 0 x 1"),
    "truncated DICOM": (lambda _: dicom()[:-400], "the DICOM has pixels for 0 images of its size"),
    "truncated compressed DICOM": (lambda root: itk(NOISE, root, ".dcm", compressor="JPEG2000")[:-900], "the DICOM"),
    "DICOM packed as a whole": (lambda _: deflated(), "packed as a whole"),
    "a volume": (lambda root: itk(np.stack([GREY] * 3), root, ".nrrd"), "not one flat image: its size is 48 x 40 x 3; set images.slice"),
    "a NIfTI volume": (lambda root: itk(np.stack([GREY] * 3), root, ".nii.gz"), "its size is 48 x 40 x 3; set images.slice"),
    "truncated NRRD": (lambda root: itk(NOISE, root, ".nrrd")[:-500], "the NRRD cannot"),
    "NRRD of colours": (lambda root: itk(np.dstack([GREY] * 3), root, ".nrrd", channels=True), "its pixels are vectors"),
    "NRRD whose pixels are elsewhere": (lambda _: ELSEWHERE, "its pixels are in another file"),
    "truncated NIfTI": (lambda root: itk(GREY, root, ".nii")[:600], "the NIfTI cannot be decoded"),
    "packed and truncated NIfTI": (lambda root: gzip.compress(itk(GREY, root, ".nii")[:600], mtime=0), "the NIfTI cannot be decoded"),
    "NIfTI whose pixels are elsewhere": (lambda root: nifti(root, magic=b"ni1\0"), "its pixels are in another file"),
    "pixels that are no numbers": (lambda root: itk(HOLES, root, ".nrrd"), "a pixel is not a number"),
    "NIfTI pixels that are no numbers": (lambda root: itk(HOLES, root, ".nii"), "a pixel is not a number"),
    "an archive": (lambda _: gzip.compress(b"not an image" * 60, mtime=0), "the archive holds no NIfTI"),
    "a damaged archive": (lambda _: b"\x1f\x8b" + b"\0" * 60, "the NIfTI cannot be decoded"),
}  # fmt: skip


@pytest.mark.parametrize("situation", BAD)
def test_what_is_refused_by_name(tmp_path, situation):
    make, words = BAD[situation]
    with pytest.raises(StageRefusal, match=words):
        decode(make(tmp_path), MOST)


LARGE = {
    "PNG": lambda _: png(),
    "PNG of 16 bits in colour": lambda root: itk(np.dstack([WIDE] * 3), root, ".png", channels=True),
    "JPEG": lambda _: png(GREY, "JPEG"),
    "DICOM": lambda _: dicom(),
    "NIfTI": lambda root: itk(GREY, root, ".nii.gz"),
    "NRRD": lambda root: itk(GREY, root, ".nrrd"),
}


@pytest.mark.parametrize("kind", LARGE)
def test_a_large_image_is_refused_by_its_header(tmp_path, kind):
    with pytest.raises(StageRefusal, match="more than 1000 pixels: it is not decoded"):
        decode(LARGE[kind](tmp_path), 1000)


def test_a_decompression_bomb_is_never_unpacked():
    header = bytearray(png(np.zeros((8, 8), dtype=np.uint8)))
    header[16:24] = (60_000).to_bytes(4, "big") * 2  # 3.6 thousand million pixels, says the header
    header[29:33] = zlib.crc32(bytes(header[12:29])).to_bytes(4, "big")
    with pytest.raises(StageRefusal, match="more than 100000000 pixels: it is not decoded"):
        decode(bytes(header), 100_000_000)


def test_of_a_packed_nifti_no_more_is_unpacked_than_its_header_asks_for(tmp_path):
    data = bytearray(nifti(tmp_path))
    assert np.array_equal(decode(gzip.compress(bytes(data) + b"\0" * 30_000_000, mtime=0), MOST).grey, GREY)
    data[108:112] = np.array([2e7], "<f4").tobytes()
    with pytest.raises(StageRefusal, match="its pixels begin behind 1000000 bytes"):
        decode(gzip.compress(bytes(data) + b"\0" * 30_000_000, mtime=0), MOST)


MAKERS = {
    "PNG": lambda _: png(NOISE),
    "JPEG": lambda _: png(GREY, "JPEG"),
    "DICOM": lambda _: dicom(),
    "DICOM in JPEG": lambda root: itk(WIDE, root, ".dcm", compressor="JPEG"),
    "NIfTI": lambda root: itk(GREY, root, ".nii"),
    "packed NIfTI": lambda root: itk(NOISE, root, ".nii.gz"),
    "NRRD": lambda root: itk(GREY, root, ".nrrd"),
}


@pytest.mark.parametrize("kind", MAKERS)
def test_whatever_becomes_of_a_file_it_is_decoded_or_refused(tmp_path, kind):
    """Cut at any length or with any bytes changed, nothing but a StageRefusal gets out."""
    whole, rng = MAKERS[kind](tmp_path), np.random.default_rng(1)
    for attempt in range(60):
        data = spoilt(whole, attempt, rng)
        try:
            found = decode(data, MOST)
        except StageRefusal:
            continue
        assert found.grey.ndim == 2
        assert found.grey.dtype in (np.uint8, np.uint16)
