"""The reference engine: PyRadiomics itself (`vangriethuysen2017`), called for each region."""

from dataclasses import dataclass

import numpy as np

from workflow_scripts.lib.radiomics.filters import check_image, image_type_names
from workflow_scripts.lib.radiomics.settings import TEXTURES, RadiomicsSettings


def feature_names(settings: RadiomicsSettings) -> list[str]:
    """Every feature in the order of both engines, as PyRadiomics calls them: image type, class and feature."""
    shapes = [f"original_shape2D_{name}" for name in settings.features("shape2D")]
    return shapes + [
        f"{image_type}_{kind}_{name}" for image_type in image_type_names(settings) for kind in TEXTURES for name in settings.features(kind)
    ]


@dataclass
class PyRadiomics:
    """Computes what ``settings`` ask for, one region after another."""

    settings: RadiomicsSettings
    labels: np.ndarray
    spacing_mm: float = 1.0

    def __post_init__(self) -> None:
        from radiomics.featureextractor import RadiomicsFeatureExtractor

        asked = self.settings.model_dump(exclude_none=True)
        self.extractor = RadiomicsFeatureExtractor(additionalInfo=False, **asked["setting"])
        self.extractor.disableAllImageTypes()
        self.extractor.enableImageTypes(**asked["imageType"])
        self.extractor.disableAllFeatures()
        self.extractor.enableFeaturesByName(**{kind: self.settings.features(kind) for kind in self.settings.featureClass})
        self.names = feature_names(self.settings)

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """As ``Batched``: (p, f) float64."""
        import SimpleITK

        picture, mask = SimpleITK.GetImageFromArray(check_image(image)), SimpleITK.GetImageFromArray(self.labels.astype(np.uint32))
        for one in (picture, mask):
            one.SetSpacing((self.spacing_mm, self.spacing_mm))
        found = []
        for number in range(1, int(self.labels.max()) + 1):
            values = self.extractor.execute(picture, mask, label=number)
            found.append([float(values[name]) for name in self.names])
        return np.array(found)
