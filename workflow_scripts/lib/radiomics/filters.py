"""The image itself and its filtered versions, by PyRadiomics' own filters: its numbers hang on their precision."""

from collections.abc import Iterator

import numpy as np

from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.radiomics.settings import ImageTypes, RadiomicsSettings

WAVELETS = ("LH", "HL", "HH", "LL")


def image_type_names(settings: RadiomicsSettings) -> list[str]:
    """What PyRadiomics calls the images that the settings ask for, in their order."""
    types, names = settings.imageType, []
    for kind in (name for name in ImageTypes.model_fields if getattr(types, name)):
        if kind == "Wavelet":
            names += [f"wavelet-{band}" for band in WAVELETS]
        elif kind == "LoG":
            names += [f"log-sigma-{str(sigma).replace('.', '-')}-mm-3D" for sigma in types.LoG.sigma]  # so called in 2-D too
        else:
            names.append(kind.lower())
    return names


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
    """By name, each image that the settings ask for (height, width), float32 or float64 as the filter leaves it."""
    import SimpleITK
    from radiomics import imageoperations

    source = SimpleITK.GetImageFromArray(check_image(image))
    source.SetSpacing((spacing_mm, spacing_mm))
    found = {}
    for kind in (name for name in ImageTypes.model_fields if getattr(settings.imageType, name)):
        filters = getattr(imageoperations, f"get{kind}Image")
        made = filters(source, None, **getattr(settings.imageType, kind).model_dump())
        found |= {name: SimpleITK.GetArrayFromImage(picture) for picture, name, _ in made}
    names = image_type_names(settings)
    if missing := [name for name in names if name not in found]:
        raise StageRefusal(f"the image is too small for {missing[0]}")
    yield from ((name, found[name]) for name in names)
