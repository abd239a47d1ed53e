"""Where the language model puts patients in its mind: two projections, trained beside untrained."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from workflow_scripts.lib.evaluate.style import INK, TALLEST, say_number

COLOURS = "viridis_r"  # dark is high risk; read alike by the colour-blind
WEIGHTS = {"trained": "after training", "untrained": "before training"}
METRICS = {"probe_r2": "linear probe R²", "neighbour_spearman": "neighbours' Spearman"}


def percentiles(risk: np.ndarray) -> np.ndarray:
    """The percentile, 0 to 100, of each risk (n,) among these; ties at their middle."""
    return 100 * (pd.Series(risk).rank().to_numpy() - 0.5) / len(risk)


def principal_components(states: np.ndarray, risk: np.ndarray) -> np.ndarray:
    """First two principal components (n, 2) of ``states`` (n, d), signs chosen so that the higher ``risk`` is to the right and up."""
    centred = states - states.mean(axis=0)
    left, size, _ = np.linalg.svd(centred, full_matrices=False)
    found = (left * size)[:, :2]
    return found * np.where((risk - risk.mean()) @ found < 0, -1, 1)


def tsne(states: np.ndarray, start: np.ndarray, perplexity: float) -> np.ndarray:
    """t-SNE (n, 2) of ``states`` (n, d), begun at the principal components ``start``: nothing in it is drawn by chance."""
    from sklearn.manifold import TSNE

    scale = 1e-4 / max(float(start[:, 0].std()), 1e-12)
    fitted = TSNE(perplexity=min(perplexity, (len(states) - 1) / 3), init=(start * scale).astype(np.float32), random_state=0)
    return fitted.fit_transform(states)


def draw_hidden_states(states: dict[str, np.ndarray], risk: np.ndarray, probe: pd.DataFrame, fold: str, perplexity: float) -> Figure:
    """Rows PCA and t-SNE, columns trained and untrained, of the ``states`` (n, d) by weights; n patients with the teacher's ``risk``."""
    figure = Figure(figsize=(8.6, TALLEST))
    panels, colour = figure.subplots(2, 2), percentiles(risk)
    for column, (weights, title) in enumerate(WEIGHTS.items()):
        flat = principal_components(states[weights], risk)
        for axes, name, found in zip(panels[:, column], ("PCA", "t-SNE"), (flat, tsne(states[weights], flat, perplexity)), strict=True):
            _draw_points(axes, found, colour, name)
        panels[0, column].set_title(f"{title}\n{_words(probe, weights, fold)}", linespacing=1.5, fontsize=9.5)
    bar = ScalarMappable(Normalize(0, 100), COLOURS)
    figure.colorbar(bar, ax=panels, label="teacher's risk, percentile among these patients", shrink=0.5, aspect=30)
    return figure


def _draw_points(axes: Axes, found: np.ndarray, colour: np.ndarray, name: str) -> None:
    axes.scatter(*found.T, c=colour, cmap=COLOURS, vmin=0, vmax=100, s=20, edgecolors=INK, linewidths=0.3)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[["top", "right"]].set_visible(True)
    axes.set_xlabel(name)


def _words(probe: pd.DataFrame, weights: str, fold: str) -> str:
    mine = probe[probe["weights"] == weights]
    lines = []
    for metric, title in METRICS.items():
        values = mine[mine["metric"] == metric].set_index("fold")["value"]
        here, mean = say_number(values.get(fold, np.nan), places=2), say_number(values.mean(), places=2)
        lines.append(f"{title} {here} (all folds {mean})")
    return "\n".join(lines)
