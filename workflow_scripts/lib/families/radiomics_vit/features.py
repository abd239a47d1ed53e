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

    def standardised(self, values: np.ndarray, names: Sequence[str]) -> np.ndarray:
        """``values`` (n, p, all features), whose ``names`` are these, as the model sees them (n, p, f) float32.

        Raises StageRefusal for features that are not there.
        """
        place = {name: column for column, name in enumerate(names)}
        if absent := [name for name in self.names if name not in place]:
            raise StageRefusal(f"{len(absent)} features of the fitted model were not extracted, {absent[0]} among them")
        chosen = values[..., [place[name] for name in self.names]]
        return np.clip((chosen - self.mean) / self.sd, -self.most_sds, self.most_sds).astype(np.float32)


def fit_features(values: np.ndarray, names: Sequence[str], groups: int, most_sds: float, by_place: bool) -> Features:
    """Choose and group features from those of training patients ``values`` (n, p, all): those that vary, and their mean and sd.

    Raises StageRefusal where none varies, or where there are more classes than groups.
    """
    lowest, highest = values.min((0, 1)), values.max((0, 1))
    varying = np.flatnonzero(lowest < highest)
    if not len(varying):
        raise StageRefusal("no radiomic feature differs between two patches of training patients: look at the standardised images")
    classes = [names[column].split("_")[1] for column in varying]
    order = sorted(range(len(varying)), key=lambda place: (classes[place], place))
    chosen = values[..., varying[order]].astype(np.float64)
    group_names, sizes = _shared_out([classes[place] for place in order], groups)
    overall = chosen.std((0, 1), keepdims=True)[0]
    mean, sd = (chosen.mean(0), chosen.std(0)) if by_place else (chosen.mean((0, 1), keepdims=True)[0], overall)
    kept = [names[column] for column in varying[order]]
    return Features(kept, group_names, sizes, most_sds, mean, np.maximum(sd, LEAST_SD * overall))


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
