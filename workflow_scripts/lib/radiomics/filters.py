"""The image itself and its filtered versions, by PyRadiomics' own filters: its numbers hang on their precision."""

from collections.abc import Iterator

import numpy as np

from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.radiomics.settings import ImageTypes, RadiomicsSettings

WAVELETS = ("LH", "HL", "HH", "LL")


def image_type_names(settings: RadiomicsSettings) -> list[str]:
    """What PyRadiomics calls the images that the settings ask for, in their order."""
    return [name for kind in _kinds(settings) for name in _names(kind, settings.imageType)]


def _kinds(settings: RadiomicsSettings) -> list[str]:
    return [name for name in ImageTypes.model_fields if getattr(settings.imageType, name)]


def _names(kind: str, types: ImageTypes) -> list[str]:
    if kind == "Wavelet":
        return [f"wavelet-{band}" for band in WAVELETS]
    if kind == "LoG":
        return [f"log-sigma-{str(sigma).replace('.', '-')}-mm-3D" for sigma in types.LoG.sigma]  # so called in 2-D too
    return [kind.lower()]


def check_image(image: np.ndarray) -> np.ndarray:
    """``image`` (height, width) as float32, which both engines start from.

    Raises StageRefusal for what would end in wrong numbers, or in PyRadiomics' own errors: pixels that are no finite numbers, and nothing
    but zeros, by whose maximum filters divide.
    """
    image = np.asarray(image, dtype=np.float32)
    if image.ndim != 2:
        raise StageRefusal(f"expected one flat image, found {image.ndim} dimensions")
    if not np.isfinite(image).all():
        raise StageRefusal("a pixel is not a finite number")
    if not image.any():
        raise StageRefusal("all pixels are zero")
    return image


def filtered(image: np.ndarray, spacing_mm: float, settings: RadiomicsSettings) -> Iterator[tuple[str, np.ndarray]]:
    """By name, each image that the settings ask for (height, width), float32 or float64 as the filter leaves it; few are held at once."""
    import SimpleITK
    from radiomics import imageoperations

    source = SimpleITK.GetImageFromArray(check_image(image))
    source.SetSpacing((spacing_mm, spacing_mm))
    for kind in _kinds(settings):
        filters = getattr(imageoperations, f"get{kind}Image")
        made = {name: picture for picture, name, _ in filters(source, None, **getattr(settings.imageType, kind).model_dump())}
        for name in _names(kind, settings.imageType):
            if name not in made:
                raise StageRefusal(f"the image is too small for {name}")
            yield name, SimpleITK.GetArrayFromImage(made[name])
