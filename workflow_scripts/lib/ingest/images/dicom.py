"""DICOM: its header by pydicom, its pixels by GDCM inside SimpleITK.

GDCM knows the compressions that hospitals use, lossless JPEG among them, which pydicom leaves to further packages; it applies
palettes and rescaling and inverts MONOCHROME1. It believes the header, and reads past the end where that lies: so pixels are
counted first. Windows for viewing are not applied: they cut values off.
"""

import io
from typing import Any

from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.images.grey import Picture, check_size, pictured, weighed
from workflow_scripts.lib.ingest.images.slices import Cut, flattened
from workflow_scripts.lib.ingest.images.volumes import read_by_itk

SPACINGS = ["PixelSpacing", "ImagerPixelSpacing"]
BETWEEN, SHARED = "SpacingBetweenSlices", "SharedFunctionalGroupsSequence"  # of several frames
SHAPE = ["Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "PhotometricInterpretation", "BitsAllocated", "BitsStored", "PixelData"]
DEFLATED = b"1.2.840.10008.1.2.1.99"


def read_dicom(data: bytes, most_pixels: int, cut: Cut | None) -> Picture:
    """A DICOM file as a picture; its frames are the slices of a volume."""
    import pydicom

    if DEFLATED in data:  # could unpack to anything before its size is known
        raise StageRefusal("the DICOM is packed as a whole: save it with another transfer syntax")
    header = pydicom.dcmread(io.BytesIO(data), specific_tags=[*SHAPE, *SPACINGS, BETWEEN, SHARED])  # nothing that names a patient
    if "PixelData" not in header:
        raise StageRefusal("the DICOM has no pixels, or ends before they do")
    check_size((int(header.Columns), int(header.Rows), int(header.get("NumberOfFrames") or 1)), most_pixels, cut)
    _count_pixels(header)
    values, axes = read_by_itk(data, ".dcm", "GDCMImageIO", most_pixels, cut)
    return pictured(flattened(values, _spacing(header)[: len(axes)], cut, weighed), int(header.BitsStored), "DICOM")


def _spacing(header: Any) -> list[float | None]:
    """Distances in mm of columns, rows and frames, where they are stated."""
    shared = header.get(SHARED) or [{}]
    measures = (shared[0].get("PixelMeasuresSequence") or [{}])[0]
    found = next((place.get(name) for place in (header, measures) for name in SPACINGS if place.get(name)), (None, None))
    between = header.get(BETWEEN) or measures.get(BETWEEN)
    return [length and float(length) for length in (found[1], found[0], between)]


def _count_pixels(header: Any) -> None:
    from pydicom.pixels.utils import get_expected_length

    if header.file_meta.TransferSyntaxUID.is_encapsulated:  # its decoder sees where they end
        return
    images = len(header.PixelData) // get_expected_length(header)
    if images != 1:
        raise StageRefusal(f"the DICOM has pixels for {images} images of its size, expected one")
