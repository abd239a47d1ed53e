"""Which radiomic features of patches a model sees, standardised and in groups; fitted on training patients only."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workflow_scripts.lib.errors import StageRefusal

LEAST_SD = 0.05  # of a feature's sd over all patches: where a place of the image hardly varies, nothing is blown up


@dataclass(frozen=True)
class Features:
    """The f features that vary among training patches, group by group: ``names`` (f,), and by place or over all places ``mean`` and ``sd``
    (p or 1, f) of training patients.

    ``group_names`` (g,) and ``sizes`` (g,): how many features each group has; ``most_sds``: where standardised values are cut.
    """

    names: Sequence[str]
    group_names: Sequence[str]
    sizes: Sequence[int]
    most_sds: float
    mean: np.ndarray
    sd: np.ndarray

    def standardised(self, values: Sequence[np.ndarray], names: Sequence[str]) -> np.ndarray:
        """``values`` of n patients, each (p, all features), whose ``names`` are these, as the model sees them (n, p, f) float32.

        Raises StageRefusal for features that are not there.
        """
        place = {name: column for column, name in enumerate(names)}
        if absent := [name for name in self.names if name not in place]:
            raise StageRefusal(f"{len(absent)} features of the fitted model were not extracted, {absent[0]} among them")
        columns = [place[name] for name in self.names]
        seen = np.empty((len(values), len(values[0]), len(columns)), dtype=np.float32)
        for own, into in zip(values, seen, strict=True):  # one by one: there are gigabytes of them
            into[:] = np.clip((own[:, columns] - self.mean) / self.sd, -self.most_sds, self.most_sds)
        return seen


def fit_features(values: Sequence[np.ndarray], names: Sequence[str], groups: int, most_sds: float, by_place: bool) -> Features:
    """Choose and group features from those of n training patients, ``values`` of each (p, all): those that vary, and their mean and sd.

    Raises StageRefusal where none varies, or where there are more classes than groups.
    """
    lowest, highest = (pick([pick(own, axis=0) for own in values], axis=0) for pick in (np.min, np.max))
    varying = np.flatnonzero(lowest < highest)
    if not len(varying):
        raise StageRefusal("no radiomic feature differs between two patches of training patients: look at the standardised images")
    classes = [names[column].split("_")[1] for column in varying]
    order = sorted(range(len(varying)), key=lambda place: (classes[place], place))
    columns = varying[order]
    group_names, sizes = _shared_out([classes[place] for place in order], groups)
    mean, sd = _moments(values, columns)
    # over all places: the places' own spread, and that between them
    mean_of_all, sd_of_all = mean.mean(0, keepdims=True), np.sqrt((sd**2).mean(0, keepdims=True) + mean.var(0, keepdims=True))
    if not by_place:
        mean, sd = mean_of_all, sd_of_all
    return Features([names[column] for column in columns], group_names, sizes, most_sds, mean, np.maximum(sd, LEAST_SD * sd_of_all))


def _moments(values: Sequence[np.ndarray], columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and sd (p, f) over patients of the features in ``columns``, one patient after another."""
    mean = sum(own[:, columns].astype(np.float64) for own in values) / len(values)
    return mean, np.sqrt(sum((own[:, columns] - mean) ** 2 for own in values) / len(values))


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
