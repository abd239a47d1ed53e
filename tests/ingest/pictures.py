"""Small image files of every kind, good and bad, for the tests of images."""

import io
from pathlib import Path

import numpy as np
import pydicom
import SimpleITK
from PIL import Image
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian

GREY = (np.add.outer(np.arange(40), np.arange(48)) * 2).astype(np.uint8)  # rises to the right and downwards


def png(values: np.ndarray = GREY, kind: str = "PNG", **settings) -> bytes:
    """An image file by Pillow."""
    stream = io.BytesIO()
    image = values if isinstance(values, Image.Image) else Image.fromarray(values)
    image.save(stream, format=kind, **settings)
    return stream.getvalue()


def rgba(alpha: int) -> bytes:
    """GREY as colours below a transparency."""
    return png(np.dstack([GREY, GREY, GREY, np.full_like(GREY, alpha)]))


def palette() -> bytes:
    """GREY by way of a palette."""
    return png(Image.fromarray(GREY).convert("P"))


def turned() -> bytes:
    """A JPEG that lies on its side and says so."""
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter, clockwise
    return png(np.rot90(GREY), "JPEG", exif=exif, quality=100)


def dicom(values: np.ndarray | None = None, *, photometric: str = "MONOCHROME2", pixels: bool = True, frames: int = 1, **tags) -> bytes:
    """A DICOM file with 12 bits stored."""
    values = (GREY.astype(np.uint16) * 16) if values is None else values
    meta = FileMetaDataset()
    meta.TransferSyntaxUID, meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = (
        ExplicitVRLittleEndian,
        "1.2.840.10008.5.1.4.1.1.1",
        "1.2",
    )
    file = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    file.Rows, file.Columns = values.shape
    file.SamplesPerPixel, file.PhotometricInterpretation = 1, photometric
    file.BitsAllocated, file.BitsStored, file.HighBit, file.PixelRepresentation = 16, 12, 11, 0
    file.PixelSpacing = [0.25, 0.25]
    for name, value in tags.items():
        setattr(file, name, value)
    if frames > 1:
        file.NumberOfFrames = frames
    if pixels:
        file.PixelData = np.repeat(values[None], frames, axis=0).astype(np.uint16).tobytes()
    stream = io.BytesIO()
    pydicom.dcmwrite(stream, file, enforce_file_format=True)
    return stream.getvalue()


def repacked(data: bytes, **tags) -> bytes:
    """A DICOM file with other tags, the number of pixel bytes left as it was."""
    file = pydicom.dcmread(io.BytesIO(data))
    for name, value in tags.items():
        setattr(file, name, value)
    stream = io.BytesIO()
    file.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def deflated() -> bytes:
    """A DICOM file that is packed as a whole, header and all."""
    file = pydicom.dcmread(io.BytesIO(dicom()))
    file.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    stream = io.BytesIO()
    file.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def coloured(values: np.ndarray) -> bytes:
    """A DICOM file of three channels, 8 or 16 bits as ``values`` has."""
    bits = 8 * values.itemsize
    depth = {"BitsAllocated": bits, "BitsStored": bits, "HighBit": bits - 1, "PlanarConfiguration": 0}
    return repacked(dicom(), SamplesPerPixel=3, PhotometricInterpretation="RGB", **depth, PixelData=np.dstack([values] * 3).tobytes())


def itk(
    values: np.ndarray, folder: Path, suffix: str, *, channels: bool = False, compressor: str = "", spacing: tuple[float, ...] = ()
) -> bytes:
    """A file by SimpleITK, with a ``spacing`` of 0.5 mm unless given; ``channels``: the last axis of ``values``."""
    image = SimpleITK.GetImageFromArray(values, isVector=channels)
    image.SetSpacing(spacing or [0.5] * image.GetDimension())
    SimpleITK.WriteImage(image, str(folder / f"x{suffix}"), useCompression=bool(compressor), compressor=compressor)
    return (folder / f"x{suffix}").read_bytes()


def nifti(folder: Path, values: np.ndarray = GREY, *, slope: float = 0.0, shift: float = 0.0, magic: bytes = b"n+1\0") -> bytes:
    """A NIfTI file with another scale or magic in its header."""
    data = bytearray(itk(values, folder, ".nii"))
    data[112:120] = np.array([slope, shift], "<f4").tobytes()
    data[344:348] = magic
    return bytes(data)


def spoilt(whole, attempt, rng):
    """A file's bytes cut at any length, in every third attempt, or with any four of the first bytes changed."""
    data = bytearray(whole)
    if attempt % 3 == 0:
        return bytes(data[: rng.integers(len(data))])
    for place in rng.integers(0, min(len(data), 1200), 4):
        data[place] = rng.integers(256)
    return bytes(data)
