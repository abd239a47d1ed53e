"""From a file's bytes to grey values. The format is told by content, never by suffix; a size is judged before anything is decoded."""

import warnings
from collections.abc import Callable
from functools import partial

from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.images.dicom import read_dicom
from workflow_scripts.lib.ingest.images.grey import Picture
from workflow_scripts.lib.ingest.images.raster import read_jpeg, read_png
from workflow_scripts.lib.ingest.images.slices import Cut
from workflow_scripts.lib.ingest.images.volumes import read_nifti, read_nrrd

Reader = Callable[[bytes, int, Cut | None], Picture]
SIGNATURES: tuple[tuple[int, bytes, str, Reader], ...] = (  # where in the file, what stands there
    (0, b"\x89PNG\r\n\x1a\n", "PNG", read_png),
    (0, b"\xff\xd8\xff", "JPEG", read_jpeg),
    (128, b"DICM", "DICOM", read_dicom),
    (344, b"n+1\0", "NIfTI", read_nifti),
    (344, b"ni1\0", "NIfTI", read_nifti),
    (0, b"\x1f\x8b", "NIfTI", read_nifti),
    (0, b"NRRD", "NRRD", read_nrrd),
)


def decode(data: bytes, most_pixels: int, cut: Cut | None = None) -> Picture:
    """The picture in a file's bytes, of a volume the slice to ``cut``.

    Raises StageRefusal, naming no file, for what is no image, damaged, too large, or not flat where there is nothing to cut.
    """
    for place, signature, name, read in SIGNATURES:
        if data[place : place + len(signature)] == signature:
            return _guarded(name, partial(read, data, most_pixels, cut))
    raise StageRefusal("the file is no PNG, JPEG, DICOM, NIfTI or NRRD" if data else "the file is empty")


def _guarded(name: str, read: Callable[[], Picture]) -> Picture:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they quote what a file holds
            return read()
    except StageRefusal:
        raise
    except Exception as error:  # decoders raise whatever they like
        reason = f"the {name} cannot be decoded ({type(error).__name__}): it is truncated, damaged, or of a kind that is not known"
        raise StageRefusal(reason) from None
