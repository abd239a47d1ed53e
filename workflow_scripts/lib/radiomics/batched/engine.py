"""The batched engine: each image is filtered once, and the matrices and features of all its regions are computed together."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
import torch

from workflow_scripts.lib.config.radiomics import RadiomicsConfig
from workflow_scripts.lib.errors import ConfigError, StageRefusal
from workflow_scripts.lib.radiomics.batched.firstorder import Features, histogram_features, value_features
from workflow_scripts.lib.radiomics.batched.levels import Levels, find_levels
from workflow_scripts.lib.radiomics.batched.matrices import Pairs, cooccurrences, dependences, differences, runs, zones
from workflow_scripts.lib.radiomics.batched.quick import ascending
from workflow_scripts.lib.radiomics.batched.regions import Regions
from workflow_scripts.lib.radiomics.batched.texture import cooccurrence_features, difference_features, size_features
from workflow_scripts.lib.radiomics.filters import check_image, filtered
from workflow_scripts.lib.radiomics.settings import TEXTURES, RadiomicsSettings
from workflow_scripts.lib.radiomics.shape import shape_features

PAIRS_AT_ONCE = 2**21  # pairs of grey levels, over regions; images of 8 bits have a tenth of them
PIXELS_AT_ONCE = 300_000  # of all filters, as two of 384 x 384: more leave a processor's cache, and hold more memory


def _names(small: str, large: str, uneven: str, variance: str, entropy: str, part: str) -> dict[str, str]:
    """What a class calls the features that level-by-size matrices share; "{}" takes the level's part of a name."""
    return {
        "small": small.format(""), "small dark": small.format("LowGrayLevel"), "small bright": small.format("HighGrayLevel"),
        "large": large.format(""), "large dark": large.format("LowGrayLevel"), "large bright": large.format("HighGrayLevel"),
        "levels uneven": "GrayLevelNonUniformity", "levels uneven normalised": "GrayLevelNonUniformityNormalized",
        "level variance": "GrayLevelVariance", "sizes uneven": uneven, "sizes uneven normalised": f"{uneven}Normalized",
        "size variance": variance, "entropy": entropy, "part": part,
    }  # fmt: skip


RUNS = _names("ShortRun{}Emphasis", "LongRun{}Emphasis", "RunLengthNonUniformity", "RunVariance", "RunEntropy", "RunPercentage")
RUNS |= {"dark": "LowGrayLevelRunEmphasis", "bright": "HighGrayLevelRunEmphasis"}
ZONES = _names("SmallArea{}Emphasis", "LargeArea{}Emphasis", "SizeZoneNonUniformity", "ZoneVariance", "ZoneEntropy", "ZonePercentage")
ZONES |= {"dark": "LowGrayLevelZoneEmphasis", "bright": "HighGrayLevelZoneEmphasis"}
DEPENDENCES = _names(
    "SmallDependence{}Emphasis", "LargeDependence{}Emphasis", "DependenceNonUniformity", "DependenceVariance", "DependenceEntropy", ""
)
DEPENDENCES |= {"dark": "LowGrayLevelEmphasis", "bright": "HighGrayLevelEmphasis"}


def choose_device(cfg: RadiomicsConfig, threads: int) -> torch.device:
    """The device that the config asks for, a CPU with so many ``threads``; raises ConfigError when it asks for a GPU and there is none."""
    torch.set_num_threads(threads)
    there = torch.cuda.is_available()
    if cfg.device == "cuda" and not there:
        raise ConfigError("radiomics.device: cuda was asked for, but no GPU is visible; use auto or cpu, or ask the scheduler for a GPU")
    return torch.device("cuda" if there and cfg.device != "cpu" else "cpu")


@dataclass
class Batched:
    """Computes what ``settings`` ask for; what it knows of regions is kept from image to image."""

    settings: RadiomicsSettings
    labels: np.ndarray
    spacing_mm: float = 1.0
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    def __post_init__(self) -> None:
        self.regions = Regions(torch.from_numpy(self.labels.astype(np.int64)).to(self.device))
        self.shifts = self.regions.shifts(tuple(self.settings.setting.distances))
        self.shape = shape_features(self.labels, self.spacing_mm, self.settings.features("shape2D"))  # (p, shape features)

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """Features of each region of ``image`` (height, width): (p, f) float64, in the order of ``feature_names``.

        Raises StageRefusal for an image that has no defined features.
        """
        if not any(map(self.settings.features, TEXTURES)):
            check_image(image)
            return self.shape
        images = (picture for _, picture in filtered(image, self.spacing_mm, self.settings))
        at_once = max(1, PIXELS_AT_ONCE // image.size) if self.device.type == "cpu" else None
        parts = [self._features(some) for some in iter(lambda: list(islice(images, at_once)), [])]
        return np.concatenate([self.shape, *parts], axis=1)

    def _features(self, images: list[np.ndarray]) -> np.ndarray:
        """Of some filtered images (p, their features), image by image, class by class."""
        setting = self.settings.setting
        values = [torch.from_numpy(picture).to(self.device).flatten().index_select(0, self.regions.order) for picture in images]
        ordered = [[ascending(one[span].view(len(which), -1)) for one in values] for which, span in self.regions.sized]
        stacked = torch.stack([one.to(torch.float64) for one in values])  # (images, inside)
        levels = find_levels(stacked, self._lowest(ordered), self.regions, setting.binWidth)
        self._check_memory(levels)
        pairs = Pairs(levels)
        computed: dict[str, Callable[[], Features]] = {
            "firstorder": lambda: self._firstorder(stacked, ordered, levels),
            "glcm": lambda: cooccurrence_features(pairs, cooccurrences(pairs, self.shifts)),
            "glrlm": lambda: size_features(runs(levels, self.regions), RUNS),
            "glszm": lambda: size_features(zones(levels), ZONES),
            "gldm": lambda: size_features(dependences(levels, self.shifts, setting.gldm_a), DEPENDENCES),
            "ngtdm": lambda: difference_features(pairs, differences(levels, self.shifts)),
        }
        found = []
        for kind in (name for name in TEXTURES if self.settings.features(name)):
            features = computed[kind]()
            found += [features[name].view(len(images), -1) for name in self.settings.features(kind)]
        return torch.stack(found, 2).permute(1, 0, 2).flatten(1).cpu().numpy()

    def _check_memory(self, levels: Levels) -> None:
        if int((levels.number**2).sum()) > PAIRS_AT_ONCE:
            width, most = self.settings.setting.binWidth, int(levels.number.max())
            raise StageRefusal(
                f"binWidth {width:g} leaves {most} grey levels in a patch, and more pairs of them than fit into memory: widen it, or take "
                "engine: pyradiomics"
            )

    def _lowest(self, ordered: list[list[torch.Tensor]]) -> list[np.ndarray]:
        """Each region's lowest value, by image in that image's own precision: (p,) each."""
        lowest = []
        for image in zip(*ordered, strict=True):
            found = np.empty(self.regions.count, dtype=image[0].cpu().numpy().dtype)
            for (which, _), part in zip(self.regions.sized, image, strict=True):
                found[which.cpu().numpy()] = part[:, 0].cpu().numpy()
            lowest.append(found)
        return lowest

    def _firstorder(self, stacked: torch.Tensor, ordered: list[list[torch.Tensor]], levels: Levels) -> Features:
        """Image by image: their passes over all pixels are fastest in a processor's cache."""
        found: Features = {}
        shift, area = self.settings.setting.voxelArrayShift, self.spacing_mm**2
        for (which, span), in_order in zip(self.regions.sized, ordered, strict=True):
            for place, one in enumerate(in_order):
                values = stacked[place, span].view(len(which), -1)  # (s, m)
                for name, value in value_features(values, one.to(torch.float64), shift, area).items():
                    found.setdefault(name, stacked.new_empty((len(stacked), self.regions.count)))[place, which] = value
        return found | histogram_features(levels)
