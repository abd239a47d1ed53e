"""First-order features: of grey values, whatever their places. Named and defined as in PyRadiomics (`vangriethuysen2017`)."""

import torch

from workflow_scripts.lib.radiomics.batched.levels import Levels
from workflow_scripts.lib.radiomics.batched.texture import entropy

Features = dict[str, torch.Tensor]


def histogram_features(levels: Levels) -> Features:
    """Entropy and uniformity of the levels of each region (q,)."""
    share = levels.count / levels.total(levels.count)[levels.region]
    return {"Entropy": levels.total(entropy(share)), "Uniformity": levels.total(share**2)}


def value_features(values: torch.Tensor, ordered: torch.Tensor, shift: float, pixel_area: float) -> Features:
    """Of the values of regions with m pixels each (..., m) and the same in ascending order, by region (...).

    ``shift`` is added to values before they are squared for energies (PyRadiomics' voxelArrayShift); ``pixel_area`` in mm².
    """
    lowest, highest, mean = ordered[..., 0], ordered[..., -1], values.mean(-1)
    mean = torch.where(lowest == highest, lowest, mean)  # of a flat region rounding would make a moment, and of that a skewness
    away = values - mean[..., None]
    squared = away * away
    second, third, fourth = (part.mean(-1) for part in (squared, squared * away, squared * squared))
    whole = torch.where(second == 0, 1, second)
    mean_square = (mean + shift) ** 2 + second
    low, quarter, median, three_quarters, high = (percentile(ordered, share) for share in (0.1, 0.25, 0.5, 0.75, 0.9))
    kept = (values >= low[..., None]).logical_and_(values <= high[..., None]).to(values.dtype)
    many = kept.sum(-1)
    kept_mean = (values * kept).sum(-1) / many
    return {
        "10Percentile": low,
        "90Percentile": high,
        "Energy": mean_square * values.shape[-1],
        "InterquartileRange": three_quarters - quarter,
        "Kurtosis": fourth / whole**2,
        "Maximum": highest,
        "MeanAbsoluteDeviation": away.abs_().mean(-1),
        "Mean": mean,
        "Median": median,
        "Minimum": lowest,
        "Range": highest - lowest,
        "RobustMeanAbsoluteDeviation": (values - kept_mean[..., None]).abs_().mul_(kept).sum(-1) / many,
        "RootMeanSquared": mean_square.sqrt(),
        "Skewness": third / whole**1.5,
        "TotalEnergy": mean_square * values.shape[-1] * pixel_area,
        "Variance": second,
    }


def percentile(ordered: torch.Tensor, share: float) -> torch.Tensor:
    """The value (...) below which this share of the ``ordered`` (..., m) lies, between two of them by numpy's straight line."""
    place = share * (ordered.shape[-1] - 1)
    below, part = int(place), place - int(place)
    low, high = ordered[..., below], ordered[..., min(below + 1, ordered.shape[-1] - 1)]
    return high - (high - low) * (1 - part) if part >= 0.5 else low + (high - low) * part
