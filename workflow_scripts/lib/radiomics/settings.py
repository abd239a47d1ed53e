"""The file that says which features are computed, in the words of PyRadiomics' own parameter files (`vangriethuysen2017`)."""

from pathlib import Path

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
SPLINES = ("1.1", "1.3", "1.5", "2.2", "2.4", "2.6", "2.8", "3.1", "3.3", "3.5", "3.7", "3.9", "4.4", "5.5", "6.8")
DISCRETE = {  # wavelets that PyWavelets has; it is not asked, for every job loads this and none should wait for numpy
    *("haar", "dmey", *(f"db{order}" for order in range(1, 39)), *(f"sym{order}" for order in range(2, 21))),
    *(*(f"coif{order}" for order in range(1, 18)), *(f"{kind}{orders}" for kind in ("bior", "rbio") for orders in SPLINES)),
}


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
        if wavelet not in DISCRETE:
            raise ValueError(f"there is no discrete wavelet {wavelet!r}: {did_you_mean(wavelet, DISCRETE)}")
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

    @field_validator("featureClass")
    @classmethod
    def _by_name(cls, asked: dict[str, list[str] | None]) -> dict[str, list[str]]:
        """Every feature by its name, in one order: what means the same is the same."""
        faults = [f"'{name}' is no class of features: {did_you_mean(name, FEATURES)}" for name in asked if name not in FEATURES]
        for kind in set(asked) & set(FEATURES):
            strange = [name for name in asked[kind] or [] if name not in FEATURES[kind]]
            faults += [f"{kind} has no feature '{name}': {did_you_mean(name, FEATURES[kind])}" for name in strange]
        if faults:
            raise ValueError("; ".join(sorted(faults)))
        return {kind: sorted(set(asked[kind] or FEATURES[kind])) for kind in FEATURES if kind in asked}

    @model_validator(mode="after")
    def _of_some_image(self) -> "RadiomicsSettings":
        if not any(getattr(self.imageType, name) for name in ImageTypes.model_fields):
            raise ValueError("imageType: name at least one, as in `Original: {}`")
        return self

    def features(self, kind: str) -> list[str]:
        """The features of a class that are asked for, by name; none of a class that is not there."""
        return self.featureClass.get(kind, [])


def load_settings(path: str | Path) -> RadiomicsSettings:
    """The parameter file at ``path``; raises ConfigError when there is none, or naming every fault."""
    try:
        raw = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"radiomics.settings: there is no file {path}") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise ConfigError(f"{path}: not valid YAML") from None
    return parse(RadiomicsSettings, raw, str(path))
