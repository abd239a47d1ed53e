"""DICOM: its header by pydicom, its pixels by GDCM inside SimpleITK.

GDCM knows the compressions that hospitals use, lossless JPEG among them, which pydicom leaves to further packages; it applies
palettes and rescaling and inverts MONOCHROME1. It believes the header, and reads past the end where that lies: so pixels are
counted first. Windows for viewing are not applied: they cut values off.
"""

import io
from typing import Any

from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.images.grey import Picture, check_size, fitted, weighed
from workflow_scripts.lib.ingest.images.volumes import read_by_itk

SPACINGS = ["PixelSpacing", "ImagerPixelSpacing"]
SHAPE = ["Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "PhotometricInterpretation", "BitsAllocated", "BitsStored"]
DEFLATED = b"1.2.840.10008.1.2.1.99"


def read_dicom(data: bytes, most_pixels: int) -> Picture:
    """A DICOM file as a picture."""
    import pydicom

    if DEFLATED in data:  # could unpack to anything before its size is known
        raise StageRefusal("the DICOM is packed as a whole: save it with another transfer syntax")
    header = pydicom.dcmread(io.BytesIO(data), specific_tags=[*SHAPE, *SPACINGS, "PixelData"])  # nothing that names a patient
    if "PixelData" not in header:
        raise StageRefusal("the DICOM has no pixels, or ends before they do")
    check_size((int(header.Columns), int(header.Rows), int(header.get("NumberOfFrames") or 1)), most_pixels)
    _count_pixels(header)
    values, _ = read_by_itk(data, ".dcm", "GDCMImageIO", most_pixels)
    found = next((header[name].value for name in SPACINGS if header.get(name)), None)
    return Picture(fitted(weighed(values), int(header.BitsStored)), "DICOM", float(found[0]) if found else None)


def _count_pixels(header: Any) -> None:
    from pydicom.pixels.utils import get_expected_length

    if header.file_meta.TransferSyntaxUID.is_encapsulated:  # its decoder sees where they end
        return
    images = len(header.PixelData) // get_expected_length(header)
    if images != 1:
        raise StageRefusal(f"the DICOM has pixels for {images} images of its size, expected one")
