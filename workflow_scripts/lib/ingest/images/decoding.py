"""From a file's bytes to grey values: PNG and JPEG by Pillow, DICOM by pydicom, NIfTI and NRRD by SimpleITK.

The format is told by content, never by suffix. A size is read from the header before anything is decoded.
"""

import io
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workflow_scripts.lib.errors import StageRefusal

BITS_OF_MODE = {"1": 8, "L": 8, "P": 8, "PA": 8, "LA": 8, "RGB": 8, "RGBA": 8, "CMYK": 8, "YCbCr": 8, "I;16": 16, "I;16B": 16, "I": 16}
NIFTI_HEADER = 352  # bytes
LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601, as Pillow weighs colours


@dataclass(frozen=True)
class Picture:
    """``grey`` (height, width), uint8 or uint16, upright, bright where the source is; ``spacing_mm`` where it is stated."""

    grey: np.ndarray
    format: str
    spacing_mm: float | None = None

    @property
    def bits(self) -> int:
        """Bits per pixel."""
        return 8 * self.grey.dtype.itemsize


def decode(data: bytes, most_pixels: int) -> Picture:
    """The picture in a file's bytes; raises StageRefusal, naming no file, for what is no image, damaged, too large or not flat."""
    if data.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")):
        return _pillow(data, most_pixels)
    if data[128:132] == b"DICM":
        return _dicom(data, most_pixels)
    if data[344:348] in (b"n+1\0", b"ni1\0"):
        return _itk(data, most_pixels, ".nii")
    if data.startswith(b"\x1f\x8b"):
        return _itk(data, most_pixels, ".nii.gz")
    if data.startswith(b"NRRD"):
        return _itk(data, most_pixels, ".nrrd")
    raise StageRefusal("the file is empty" if not data else "the file is no PNG, JPEG, DICOM, NIfTI or NRRD")


def _refuse_size(width: int, height: int, most_pixels: int) -> None:
    if width * height > most_pixels:
        raise StageRefusal(f"the image has more than {most_pixels} pixels: it is not decoded")


def _pillow(data: bytes, most_pixels: int) -> Picture:
    from PIL import Image, ImageFile, ImageOps

    ImageFile.LOAD_TRUNCATED_IMAGES = False
    kind = "PNG" if data.startswith(b"\x89PNG") else "JPEG"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # its size is judged below
            with Image.open(io.BytesIO(data), formats=[kind]) as image:
                _refuse_size(*image.size, most_pixels)
                upright = ImageOps.exif_transpose(image)
                return Picture(_grey(upright), kind)
    except StageRefusal:
        raise
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, EOFError) as error:
        raise StageRefusal(f"the {kind} cannot be decoded ({type(error).__name__}): it is truncated or damaged") from None


def _grey(image) -> np.ndarray:
    """Grey values of a Pillow image; transparency is dropped, so that colours below it stay what they are."""
    bits = BITS_OF_MODE.get(image.mode)
    if bits is None:
        raise StageRefusal(f"pixels of kind {image.mode} are neither grey nor colour of 8 or 16 bits")
    if image.mode.startswith("I"):
        values = np.asarray(image)
        if values.min() < 0 or values.max() > np.iinfo(np.uint16).max:
            raise StageRefusal("pixels are neither of 8 nor of 16 bits")
        return values.astype(np.uint16)
    if image.mode in ("P", "PA"):
        image = image.convert("RGB")
    if image.mode in ("LA", "RGBA"):
        image = image.convert(image.mode[:-1])  # drops the alpha channel, composing nothing
    return np.asarray(image.convert("L"))


def _dicom(data: bytes, most_pixels: int) -> Picture:
    import pydicom
    from pydicom.pixels import apply_rescale

    try:
        header = pydicom.dcmread(io.BytesIO(data))
        if "PixelData" not in header:
            raise StageRefusal("the DICOM has no pixels")
        _refuse_size(int(header.Columns), int(header.Rows), most_pixels)
        if int(header.get("NumberOfFrames") or 1) != 1:
            raise StageRefusal(f"the DICOM has {header.NumberOfFrames} frames, expected one flat image")
        values = header.pixel_array
    except StageRefusal:
        raise
    except Exception as error:  # pydicom and its decoders raise whatever they like on damaged files
        kind = type(error).__name__
        raise StageRefusal(f"the DICOM cannot be decoded ({kind}): it is damaged, or compressed in a way that is not known") from None
    if values.ndim == 3:
        return Picture(np.round(values[..., :3] @ LUMA).astype(np.uint8), "DICOM", _spacing(header))
    values = np.asarray(apply_rescale(values, header), dtype=np.float64)
    grey = _fitted(values, int(header.BitsStored))
    if header.PhotometricInterpretation == "MONOCHROME1":  # bright means low
        grey = grey.max() - grey + grey.min()
    return Picture(grey, "DICOM", _spacing(header))


def _spacing(header) -> float | None:
    found = header.get("PixelSpacing") or header.get("ImagerPixelSpacing")
    return float(found[0]) if found else None


def _itk(data: bytes, most_pixels: int, suffix: str) -> Picture:
    import SimpleITK

    kind = "NRRD" if suffix == ".nrrd" else "NIFTI"
    with tempfile.NamedTemporaryFile(suffix=suffix) as file:  # the library reads files only
        Path(file.name).write_bytes(data)
        try:
            reader = SimpleITK.ImageFileReader()
            reader.SetFileName(file.name)
            reader.ReadImageInformation()
            size = [length for length in reader.GetSize() if length > 1]
            if len(size) != 2:
                raise StageRefusal(f"the {kind} is not one flat image: its size is {' x '.join(map(str, reader.GetSize()))}")
            _refuse_size(*size, most_pixels)
            image = reader.Execute()
            if suffix == ".nii" and len(data) < NIFTI_HEADER + image.GetNumberOfPixels() * image.GetSizeOfPixelComponent():
                raise RuntimeError  # the library fills up with zeros
        except RuntimeError as error:
            raise StageRefusal(f"the {kind} cannot be decoded ({type(error).__name__}): it is truncated or damaged") from None
    values = np.squeeze(SimpleITK.GetArrayFromImage(image)).astype(np.float64)
    return Picture(_fitted(values, 16 if image.GetSizeOfPixelComponent() > 1 else 8), kind, float(image.GetSpacing()[0]))


def _fitted(values: np.ndarray, bits: int) -> np.ndarray:
    """Grey values as uint8 or uint16: as they are where they fit, else shifted and scaled to the range."""
    if values.ndim != 2:
        raise StageRefusal("the pixels are vectors, expected grey values")
    if not np.isfinite(values).all():
        raise StageRefusal("a pixel is not a number")
    kind = np.uint8 if bits <= 8 else np.uint16
    low, high, most = values.min(), values.max(), np.iinfo(kind).max
    if low < 0 or high > most or not np.array_equal(values, np.round(values)):
        values = (values - low) / max(high - low, 1e-12) * most
    return np.round(values).astype(kind)
