"""Settings of radiomics: how it is computed, and the file that says what is computed, in the words of PyRadiomics' own parameter files."""

from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field, field_validator, model_validator

from workflow_scripts.lib.config.base import Section, parse
from workflow_scripts.lib.errors import ConfigError, did_you_mean

SIZES = ("GrayLevelNonUniformity", "GrayLevelNonUniformityNormalized", "GrayLevelVariance")
FEATURES: dict[str, tuple[str, ...]] = {
    "shape2D": (
        *("Elongation", "MajorAxisLength", "MaximumDiameter", "MeshSurface", "MinorAxisLength"),
        *("Perimeter", "PerimeterSurfaceRatio", "PixelSurface", "Sphericity"),
    ),
    "firstorder": (
        *("10Percentile", "90Percentile", "Energy", "Entropy", "InterquartileRange", "Kurtosis", "Maximum", "Mean"),
        *("MeanAbsoluteDeviation", "Median", "Minimum", "Range", "RobustMeanAbsoluteDeviation"),
        *("RootMeanSquared", "Skewness", "TotalEnergy", "Uniformity", "Variance"),
    ),
    "glcm": (
        *("Autocorrelation", "ClusterProminence", "ClusterShade", "ClusterTendency", "Contrast", "Correlation", "DifferenceAverage"),
        *("DifferenceEntropy", "DifferenceVariance", "Id", "Idm", "Idmn", "Idn", "Imc1", "Imc2", "InverseVariance", "JointAverage"),
        *("JointEnergy", "JointEntropy", "MCC", "MaximumProbability", "SumAverage", "SumEntropy", "SumSquares"),
    ),
    "glrlm": (
        *SIZES, "HighGrayLevelRunEmphasis", "LongRunEmphasis", "LongRunHighGrayLevelEmphasis", "LongRunLowGrayLevelEmphasis",
        *("LowGrayLevelRunEmphasis", "RunEntropy", "RunLengthNonUniformity", "RunLengthNonUniformityNormalized", "RunPercentage"),
        *("RunVariance", "ShortRunEmphasis", "ShortRunHighGrayLevelEmphasis", "ShortRunLowGrayLevelEmphasis"),
    ),
    "glszm": (
        *SIZES, "HighGrayLevelZoneEmphasis", "LargeAreaEmphasis", "LargeAreaHighGrayLevelEmphasis", "LargeAreaLowGrayLevelEmphasis",
        *("LowGrayLevelZoneEmphasis", "SizeZoneNonUniformity", "SizeZoneNonUniformityNormalized", "SmallAreaEmphasis"),
        *("SmallAreaHighGrayLevelEmphasis", "SmallAreaLowGrayLevelEmphasis", "ZoneEntropy", "ZonePercentage", "ZoneVariance"),
    ),
    "gldm": (
        "DependenceEntropy", "DependenceNonUniformity", "DependenceNonUniformityNormalized", "DependenceVariance",
        *("GrayLevelNonUniformity", "GrayLevelVariance", "HighGrayLevelEmphasis", "LargeDependenceEmphasis"),
        *("LargeDependenceHighGrayLevelEmphasis", "LargeDependenceLowGrayLevelEmphasis", "LowGrayLevelEmphasis"),
        *("SmallDependenceEmphasis", "SmallDependenceHighGrayLevelEmphasis", "SmallDependenceLowGrayLevelEmphasis"),
    ),
    "ngtdm": ("Busyness", "Coarseness", "Complexity", "Contrast", "Strength"),
}  # fmt: skip
TEXTURES = tuple(name for name in FEATURES if name != "shape2D")  # of every image type


class Setting(Section):
    """What PyRadiomics calls settings; those that are not here stay at its defaults."""

    binWidth: float = Field(25, gt=0, description="grey values per level")
    distances: list[int] = Field([1], min_length=1, description="distances of neighbours in GLCM, GLDM and NGTDM, in pixels")
    gldm_a: int = Field(0, ge=0, description="by how many levels dependent neighbours may differ")
    voxelArrayShift: float = Field(0, description="added to grey values before they are squared for energies")

    @field_validator("distances")
    @classmethod
    def _near(cls, distances: list[int]) -> list[int]:
        if min(distances) < 1 or len(set(distances)) < len(distances):
            raise ValueError("distances are whole numbers from 1, each once")
        return sorted(distances)


class Plain(Section):
    """A filter without settings."""


class WaveletBands(Section):
    """One undecimated level of a wavelet, in four bands."""

    wavelet: str = Field("coif1", description="a discrete wavelet, as PyWavelets calls it")

    @field_validator("wavelet")
    @classmethod
    def _there(cls, wavelet: str) -> str:
        import pywt

        if wavelet not in pywt.wavelist(kind="discrete"):
            raise ValueError(f"there is no discrete wavelet {wavelet!r}: {did_you_mean(wavelet, pywt.wavelist(kind='discrete'))}")
        return wavelet


class LaplacianOfGaussian(Section):
    """Edges at given scales."""

    sigma: list[float] = Field(min_length=1, description="widths of the Gaussian, in mm (in pixels where no spacing is given)")

    @field_validator("sigma")
    @classmethod
    def _positive(cls, sigma: list[float]) -> list[float]:
        if min(sigma) <= 0:
            raise ValueError("every sigma must be above 0")
        return [float(width) for width in sigma]  # the number is in the features' names


class GradientMagnitude(Section):
    """The gradient's magnitude."""

    gradientUseSpacing: bool = Field(True, description="per mm, not per pixel")


class ImageTypes(Section):
    """Which images features are computed of, in this order: the original and filtered ones."""

    Original: Plain | None = None
    Wavelet: WaveletBands | None = None
    LoG: LaplacianOfGaussian | None = None
    Square: Plain | None = None
    SquareRoot: Plain | None = None
    Logarithm: Plain | None = None
    Exponential: Plain | None = None
    Gradient: GradientMagnitude | None = None


class RadiomicsSettings(Section):
    """What is computed: a PyRadiomics parameter file, of which both engines understand the same."""

    setting: Setting = Setting()
    imageType: ImageTypes
    featureClass: dict[str, list[str] | None] = Field(
        min_length=1, description="features by class; an empty list, or nothing, is all of them"
    )

    @model_validator(mode="after")
    def _known(self) -> "RadiomicsSettings":
        faults = [f"'{name}' is no class of features: {did_you_mean(name, FEATURES)}" for name in self.featureClass if name not in FEATURES]
        for kind in set(self.featureClass) & set(FEATURES):
            strange = [name for name in self.featureClass[kind] or [] if name not in FEATURES[kind]]
            faults += [f"{kind} has no feature '{name}': {did_you_mean(name, FEATURES[kind])}" for name in strange]
        if faults:
            raise ValueError("; ".join(sorted(faults)))
        if not any(getattr(self.imageType, name) for name in ImageTypes.model_fields):
            raise ValueError("imageType: name at least one, as in `Original: {}`")
        return self

    def features(self, kind: str) -> list[str]:
        """The features of a class that are asked for, by name; none of a class that is not there."""
        if kind not in self.featureClass:
            return []
        return [name for name in sorted(FEATURES[kind]) if name in (self.featureClass[kind] or FEATURES[kind])]


class RadiomicsConfig(Section):
    """How radiomic features of patches are computed."""

    settings: str = Field("resources/radiomics/patches.yaml", description="the parameter file: filters, features, and what they depend on")
    engine: Literal["batched", "pyradiomics"] = Field(
        "batched", description="batched computes all patches of an image at once; pyradiomics is the reference, called for each patch"
    )
    spacing: Literal["pixels", "stated"] = Field(
        "pixels", description="pixels: lengths count pixels, for all images alike; stated: mm, and images without a spacing are refused"
    )
    shards: int = Field(4, ge=1, le=10_000, description="jobs that share a cohort's images")
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="auto takes a GPU where there is one")


def load_settings(path: str | Path) -> RadiomicsSettings:
    """The parameter file at ``path``; raises ConfigError when there is none, or naming every fault."""
    try:
        raw = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"radiomics.settings: there is no file {path}") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise ConfigError(f"{path}: not valid YAML") from None
    return parse(RadiomicsSettings, raw, str(path))
