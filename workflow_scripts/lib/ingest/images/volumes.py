"""NIfTI, here; NRRD, by SimpleITK. Their pixels lie as they are stored: directions in space are not applied.

SimpleITK's own NIfTI reader fills a truncated file up with zeros and takes pixels that are no numbers for zeros.
"""

import re
import tempfile
import zlib

import numpy as np

from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.images.grey import Picture, check_size, pictured, weighed
from workflow_scripts.lib.ingest.images.slices import Cut, flattened

HEADER, FURTHEST = 352, 1_000_000  # bytes of a NIfTI header; where its pixels begin at the latest
KINDS = {2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8"}
MM = {1: 1000.0, 3: 0.001}  # per metre and micrometre; all else is in millimetres
ELSEWHERE = re.compile(rb"[\r\n]\s*data ?file\s*:", re.IGNORECASE)
DETACHED = "its pixels are in another file: save them in one"


def read_nifti(data: bytes, most_pixels: int, cut: Cut | None) -> Picture:
    """A NIfTI-1 file, gzipped or not, as a picture."""
    header = _start(data, HEADER)
    if header[344:348] != b"n+1\0":
        raise StageRefusal(DETACHED if header[344:348] == b"ni1\0" else "the archive holds no NIfTI")
    order = "<" if header[:4] == (348).to_bytes(4, "little") else ">"
    dimensions = np.frombuffer(header, f"{order}i2", 8, 40)
    size = tuple(int(length) for length in dimensions[1 : 1 + dimensions[0]])
    check_size(size, most_pixels, cut)
    kind = np.dtype(order + KINDS[int(np.frombuffer(header, f"{order}i2", 1, 70)[0])])
    begin, slope, shift = (float(np.frombuffer(header, f"{order}f4", 1, place)[0]) for place in (108, 112, 116))
    first, wanted = int(begin) or HEADER, int(np.prod(size)) * kind.itemsize
    if first > FURTHEST:  # no more than this is unpacked in search of them
        raise StageRefusal(f"its pixels begin behind {FURTHEST} bytes")
    pixels = _start(data, first + wanted)[first:]
    values = np.frombuffer(pixels, kind, wanted // kind.itemsize).reshape([length for length in size[::-1] if length > 1])
    stated = np.frombuffer(header, f"{order}f4", len(size), 80) * MM.get(header[123] & 7, 1.0)
    spacing = [float(one) for one, length in zip(stated, size, strict=True) if length > 1]
    flat = flattened(values, spacing, cut, lambda raw: raw if slope in (0, 1) and shift == 0 else raw * slope + shift)
    return pictured(flat, 8 * kind.itemsize, "NIFTI")


def _start(data: bytes, length: int) -> bytes:
    """The first bytes, unpacked where they are packed, and no more of them than asked for."""
    return zlib.decompressobj(wbits=31).decompress(data, length) if data.startswith(b"\x1f\x8b") else data[:length]


def read_nrrd(data: bytes, most_pixels: int, cut: Cut | None) -> Picture:
    """An NRRD file as a picture."""
    if ELSEWHERE.search(data):  # any file of the disk could be named
        raise StageRefusal(DETACHED)
    values, spacing = read_by_itk(data, ".nrrd", "NrrdImageIO", most_pixels, cut)
    if values.shape[-1] != 1:
        raise StageRefusal("its pixels are vectors, expected grey values")
    return pictured(flattened(values, spacing, cut, weighed), 8 * values.itemsize, "NRRD")


def read_by_itk(data: bytes, suffix: str, library: str, most_pixels: int, cut: Cut | None = None) -> tuple[np.ndarray, list[float]]:
    """Pixels (height, width, channels), or (slices, height, width, channels) of what is to be ``cut``, by a reader of SimpleITK.

    And their spacing in mm, in the order of the file: along width, height and slices. Such readers take files only.
    """
    import SimpleITK

    SimpleITK.ProcessObject.GlobalWarningDisplayOff()
    reader = SimpleITK.ImageFileReader()
    with tempfile.NamedTemporaryFile(suffix=suffix) as file:
        file.write(data)
        file.flush()
        reader.SetFileName(file.name)
        reader.SetImageIO(library)
        reader.ReadImageInformation()
        size = reader.GetSize()
        check_size(size, most_pixels, cut)
        image = reader.Execute()
    shape = [length for length in size[::-1] if length > 1]
    spacing = [one for one, length in zip(image.GetSpacing(), size, strict=True) if length > 1]
    return SimpleITK.GetArrayFromImage(image).reshape(*shape, -1), spacing
