"""C of validation patients by epochs, for families that are to be compared in how fast they learn."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from workflow_scripts.lib.evaluate.learning import mean_curve
from workflow_scripts.lib.evaluate.style import GREY, looks, name_of, say_number


def draw_learning(curves: dict[str, dict[str, pd.DataFrame]], speeds: pd.DataFrame) -> Figure:
    """A colour per family: faint lines for folds, a strong one for their mean, and a dotted one
    where, in the median over folds, 95 % of what is gained over the C of a coin is reached.

    ``curves`` are learning curves by family and fold, ``speeds`` rows of the learning_speed contract.
    """
    figure = Figure(figsize=(10, 4.8))
    axes = figure.subplots()
    medians = speeds.groupby("family")[["peak", "reached", "gained", "level"]].median()
    for family, look in looks(list(curves)).items():
        for curve in curves[family].values():
            axes.plot(curve["epochs"], curve["c"], color=look.colour, linewidth=0.6, alpha=0.35)
        peak, reached, gained, level = medians.loc[family]
        words = f"{name_of(family)}: peak {say_number(peak)}, 95 % of it after {reached:.1f} epochs"
        words += f", of its gain after {gained:.1f}" if np.isfinite(gained) else ", and no gain"
        words += f", of the least gain after {level:.1f}" if np.isfinite(level) else ""
        mean = mean_curve(curves[family])
        axes.plot(mean["epochs"], mean["c"], color=look.colour, linestyle=look.line, label=words)
        if np.isfinite(gained):
            axes.axvline(gained, color=look.colour, linewidth=0.8, linestyle=":")
    axes.axhline(0.5, color=GREY, linewidth=0.8)
    axes.set_xlabel("epochs: how often each training patient was seen")
    axes.set_ylabel("Harrell's C, validation patients")
    figure.legend(loc="outside lower left")
    return figure
