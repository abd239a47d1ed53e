"""Features of the matrices of texture, named and defined as in PyRadiomics (`vangriethuysen2017`, `zwanenburg2020`)."""

import torch

from workflow_scripts.lib.radiomics.batched.levels import summed
from workflow_scripts.lib.radiomics.batched.matrices import Entries, Pairs
from workflow_scripts.lib.radiomics.batched.quick import taken

EPS = 2.0**-52
Features = dict[str, torch.Tensor]


def entropy(share: torch.Tensor) -> torch.Tensor:
    """What each share adds to an entropy, in bits, guarded against 0 as PyRadiomics does it."""
    return -share * torch.log2(share + EPS)


def mean_of_directions(found: Features, there: torch.Tensor) -> Features:
    """The mean of each feature (directions, q) over the directions that are ``there`` (directions, q): (q,)."""
    return {name: torch.where(there, value, 0).sum(0) / there.sum(0) for name, value in found.items()}


def size_features(entries: Entries, names: dict[str, str]) -> Features:
    """What level-by-size matrices share, under the ``names`` that a class gives to it: by region (q,), averaged over directions.

    "small" and "large" weigh sizes, "dark" and "bright" levels; "part" is entries per pixel.
    """
    levels, size, count = entries.levels, entries.size, entries.count
    level, groups = taken(levels.value, entries.row), entries.directions * levels.regions
    group = entries.direction * levels.regions + taken(levels.region, entries.row)

    def total(values: torch.Tensor) -> torch.Tensor:
        return summed(values, group, groups)

    whole = total(count)
    of = whole.clamp(min=1)
    share = count / taken(of, group)
    rows, sizes = len(levels.region), int(size.max()) + 1
    by_level = summed(count, entries.direction * rows + entries.row, entries.directions * rows).view(-1, rows)
    by_size = summed(count, group * sizes + size.long(), groups * sizes).view(-1, sizes)
    by_level, by_size = levels.total(by_level**2).flatten(), (by_size**2).sum(-1)
    mean_level, mean_size = total(share * level), total(share * size)
    bright, large = level**2, size**2
    found = {
        "small": total(share / large), "large": total(share * large), "dark": total(share / bright), "bright": total(share * bright),
        "small dark": total(share / (bright * large)), "small bright": total(share * bright / large),
        "large dark": total(share * large / bright), "large bright": total(share * bright * large),
        "levels uneven": by_level / of, "levels uneven normalised": by_level / of**2,
        "sizes uneven": by_size / of, "sizes uneven normalised": by_size / of**2,
        "level variance": total(share * (level - taken(mean_level, group)) ** 2),
        "size variance": total(share * (size - taken(mean_size, group)) ** 2),
        "entropy": total(entropy(share)), "part": whole / total(count * size).clamp(min=1),
    }  # fmt: skip
    shaped = {names[what]: value.view(-1, levels.regions) for what, value in found.items() if what in names}
    return mean_of_directions(shaped, whole.view(-1, levels.regions) > 0)


def cooccurrence_features(pairs: Pairs, counts: torch.Tensor) -> Features:
    """Of ``counts`` (directions, c) of pairs of levels, symmetric: by region (q,), averaged over directions."""
    levels, region = pairs.levels, pairs.region
    whole = pairs.total(counts)  # (directions, q)
    share = counts / taken(torch.where(whole == 0, 1, whole), region)
    one, other = taken(levels.value, pairs.first), taken(levels.value, pairs.second)  # (c,)
    margin = summed(share, pairs.first, len(levels.region))  # (directions, r)
    product = taken(margin, pairs.first) * taken(margin, pairs.second)  # (directions, c): the shares, were levels independent
    mean = levels.total(margin * levels.value)  # (directions, q)
    off_one, off_other = one - taken(mean, region), other - taken(mean, region)
    variance = levels.total(margin * (levels.value - taken(mean, levels.region)) ** 2)
    sum_off = off_one + off_other
    covariance = pairs.total(share * off_one * off_other)
    found = {
        "Autocorrelation": pairs.total(share * (one * other)),
        "JointAverage": mean,
        "ClusterTendency": pairs.total(share * sum_off**2),
        "ClusterShade": pairs.total(share * sum_off**3),
        "ClusterProminence": pairs.total(share * (sum_off**2) ** 2),
        "Correlation": torch.where(variance == 0, 1, covariance / (variance.sqrt() ** 2 + EPS)),
        "JointEnergy": pairs.total(share**2),
        "JointEntropy": pairs.total(entropy(share)),
        "MaximumProbability": torch.zeros_like(whole).scatter_reduce_(1, region.expand_as(share), share, "amax"),
        "SumSquares": variance,
        **_information(pairs, share, margin, product),
        **_sums_and_differences(pairs, share, one, other),
        "MCC": _maximal_correlation(pairs, share, product),
    }
    return mean_of_directions(found, whole > 0)


def _information(pairs: Pairs, share: torch.Tensor, margin: torch.Tensor, product: torch.Tensor) -> Features:
    """The two informational measures of correlation (directions, q)."""
    joint, alone = pairs.total(entropy(share)), pairs.levels.total(entropy(margin))
    crossed = pairs.total(-share * torch.log2(product + EPS))
    independent = pairs.total(entropy(product))
    first = torch.where(alone == 0, 0, (joint - crossed) / torch.where(alone == 0, 1, alone))
    gap = independent - joint
    return {"Imc1": first, "Imc2": torch.where(gap <= 0, 0, (1 - torch.exp(-2 * gap)).clamp(min=0).sqrt())}


def _sums_and_differences(pairs: Pairs, share: torch.Tensor, one: torch.Tensor, other: torch.Tensor) -> Features:
    """Features of the distributions of the sum and of the difference of two neighbours' levels (directions, q)."""
    levels = pairs.levels
    most, directions = int(levels.largest.max()), len(share)
    added = summed(share, pairs.region * (2 * most + 1) + (one + other).long(), levels.regions * (2 * most + 1))
    apart = summed(share, pairs.region * most + (one - other).abs().long(), levels.regions * most)
    added, apart = added.view(directions, levels.regions, -1), apart.view(directions, levels.regions, -1)
    sums, gaps = (torch.arange(part.shape[-1], dtype=share.dtype, device=share.device) for part in (added, apart))
    mean_gap, scale = (apart * gaps).sum(-1), levels.largest[:, None]
    return {
        "SumAverage": (added * sums).sum(-1),
        "SumEntropy": entropy(added).sum(-1),
        "Contrast": (apart * gaps**2).sum(-1),
        "DifferenceAverage": mean_gap,
        "DifferenceEntropy": entropy(apart).sum(-1),
        "DifferenceVariance": (apart * (gaps - mean_gap[..., None]) ** 2).sum(-1),
        "Id": (apart / (1 + gaps)).sum(-1),
        "Idm": (apart / (1 + gaps**2)).sum(-1),
        "Idn": (apart / (1 + gaps / scale)).sum(-1),
        "Idmn": (apart / (1 + gaps**2 / scale**2)).sum(-1),
        "InverseVariance": (apart[..., 1:] / gaps[1:] ** 2).sum(-1),
    }


def _maximal_correlation(pairs: Pairs, share: torch.Tensor, product: torch.Tensor) -> torch.Tensor:
    """The square root of the second largest eigenvalue of Q = Σ_k P(i,k) P(j,k) / (p(i) p(k)): (directions, q); 1 for one level.

    With A = P(i,k) / √(p(i) p(k)), Q is similar to A Aᵀ, which is symmetric; PyRadiomics' guard against 0 makes it (A∘W) Aᵀ.
    """
    levels, found = pairs.levels, torch.ones((len(share), pairs.levels.regions), dtype=share.dtype, device=share.device)
    scaled = share / torch.where(product == 0, 1, product).sqrt()
    guarded = scaled * (product / (product + EPS))
    number = taken(levels.number, pairs.region)
    for size in torch.unique(levels.number).tolist():
        if size > 1:
            which = number == size
            plain, weighed = (part[:, which].view(len(share), -1, size, size) for part in (scaled, guarded))
            matrix = weighed @ plain.mT
            second = torch.linalg.eigvalsh((matrix + matrix.mT) / 2)[..., -2]
            found[:, levels.number == size] = second.clamp(min=0).sqrt()
    return found


def difference_features(pairs: Pairs, away: torch.Tensor) -> Features:
    """Of neighbourhood grey tone differences ``away`` (r,), each level's summed distances from its neighbours: by region (q,)."""
    levels = pairs.levels
    pixels = levels.total(levels.count)
    share = levels.count / taken(pixels, levels.region)
    weighed, apart = share * away, levels.total(away)
    first, second = taken(levels.value, pairs.first), taken(levels.value, pairs.second)
    gap = first - second
    one, other = taken(share, pairs.first), taken(share, pairs.second)
    coarse, steps = levels.total(weighed), levels.number * (levels.number - 1)
    tone = pairs.total((first * one - second * other).abs())
    mixed = gap.abs() * (taken(weighed, pairs.first) + taken(weighed, pairs.second)) / (one + other)

    def divided(value: torch.Tensor, by: torch.Tensor, otherwise: float = 0.0) -> torch.Tensor:
        return torch.where(by == 0, otherwise, value / torch.where(by == 0, 1, by))

    return {
        "Busyness": divided(coarse, tone),
        "Coarseness": divided(torch.ones_like(coarse), coarse, 1e6),
        "Complexity": pairs.total(mixed) / pixels,
        "Contrast": divided(pairs.total(one * other * gap**2) * apart / pixels, steps),
        "Strength": divided(pairs.total((one + other) * gap**2), apart),
    }
