"""PNG and JPEG, by Pillow; PNG of 16 bits in colour or with transparency, which Pillow cuts to 8, by SimpleITK."""

import io

import numpy as np

from workflow_scripts.lib.ingest.images.grey import Picture, check_size, fitted, weighed
from workflow_scripts.lib.ingest.images.slices import Cut
from workflow_scripts.lib.ingest.images.volumes import read_by_itk

DEPTH, COLOUR = 24, 25  # bytes of a PNG that hold the bits per channel and the kind of colour; 0 is grey


def read_png(data: bytes, most_pixels: int, _: Cut | None) -> Picture:
    """A PNG as a picture."""
    if data[DEPTH] == 16 and data[COLOUR] != 0:
        return Picture(fitted(weighed(read_by_itk(data, ".png", "PNGImageIO", most_pixels)[0]), 16), "PNG")
    return Picture(_by_pillow(data, "PNG", most_pixels), "PNG")


def read_jpeg(data: bytes, most_pixels: int, _: Cut | None) -> Picture:
    """A JPEG as a picture."""
    return Picture(_by_pillow(data, "JPEG", most_pixels), "JPEG")


def _by_pillow(data: bytes, kind: str, most_pixels: int) -> np.ndarray:
    """Grey values, turned upright as the file's orientation says."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = None  # the size is judged here
    with Image.open(io.BytesIO(data), formats=[kind]) as image:
        check_size(image.size, most_pixels)
        upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I"):
        return fitted(np.asarray(upright), 16)
    return np.asarray(upright.convert("L"))  # drops transparency, composing nothing: colours below it stay
