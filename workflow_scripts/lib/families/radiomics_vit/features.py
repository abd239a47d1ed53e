"""Which radiomic features of patches a model sees, standardised and in groups; fitted on training patients only."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from workflow_scripts.lib.errors import StageRefusal


@dataclass(frozen=True)
class Features:
    """The f features that vary among training patches, group by group: ``names`` (f,), ``mean`` and ``sd`` (f,) of training patches.

    ``group_names`` (g,) and ``sizes`` (g,): how many features each group has; ``most_sds``: where standardised values are cut.
    """

    names: Sequence[str]
    mean: Sequence[float]
    sd: Sequence[float]
    group_names: Sequence[str]
    sizes: Sequence[int]
    most_sds: float

    def standardised(self, values: np.ndarray, names: Sequence[str]) -> np.ndarray:
        """``values`` (..., all features), whose ``names`` are these, as the model sees them (..., f) float32.

        Raises StageRefusal for features that are not there.
        """
        place = {name: column for column, name in enumerate(names)}
        if absent := [name for name in self.names if name not in place]:
            raise StageRefusal(f"{len(absent)} features of the fitted model were not extracted, {absent[0]} among them")
        chosen = values[..., [place[name] for name in self.names]]
        reach = self.most_sds
        return np.clip((chosen - np.asarray(self.mean)) / np.asarray(self.sd), -reach, reach).astype(np.float32)

    @cached_property
    def spans(self) -> list[slice]:
        """Where each group's features are."""
        ends = np.cumsum(self.sizes)
        return [slice(int(end - size), int(end)) for end, size in zip(ends, self.sizes, strict=True)]


def fit_features(values: np.ndarray, names: Sequence[str], groups: int, most_sds: float) -> Features:
    """Choose and group features from those of training patches ``values`` (n, p, all): those that vary, and their mean and sd.

    Raises StageRefusal where none varies, or where there are more classes than groups.
    """
    patches = values.reshape(-1, values.shape[-1])
    varying = np.flatnonzero(patches.min(0) < patches.max(0))
    if not len(varying):
        raise StageRefusal("no radiomic feature differs between two patches of training patients: look at the standardised images")
    classes = [names[column].split("_")[1] for column in varying]
    order = sorted(range(len(varying)), key=lambda place: (classes[place], place))
    chosen = varying[order]
    group_names, sizes = _shared_out([classes[place] for place in order], groups)
    mean, sd = patches[:, chosen].mean(0, dtype=np.float64), patches[:, chosen].std(0, dtype=np.float64)
    kept = [names[column] for column in chosen]
    return Features(kept, mean.tolist(), np.where(sd > 0, sd, 1.0).tolist(), group_names, sizes, most_sds)


def _shared_out(classes: Sequence[str], groups: int) -> tuple[list[str], list[int]]:
    """Names and sizes of ``groups`` groups of one class each, as even as can be, for features sorted by their ``classes``."""
    kinds, counts = np.unique(classes, return_counts=True)
    if len(kinds) > groups:
        raise StageRefusal(f"features of {len(kinds)} classes cannot make {groups} groups of one class each; raise groups")
    parts = np.ones(len(kinds), dtype=int)
    for _ in range(min(groups, len(classes)) - len(kinds)):
        parts[np.argmax(np.where(parts < counts, counts / parts, 0))] += 1
    names = [f"{kind} {number + 1}" if many > 1 else str(kind) for kind, many in zip(kinds, parts, strict=True) for number in range(many)]
    sizes = [len(part) for count, many in zip(counts, parts, strict=True) for part in np.array_split(np.arange(count), many)]
    return names, sizes
