"""Which distance: how stable clusters are by each of four, on two sets of points that one of them was made for.

Run as ``python examples/plot_choose_metric.py``; writes outputs/choose-metric.png.
"""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import imgcluster as ic
from imgcluster.plotting import cluster_colors, save_plot

HERE = Path(__file__).resolve().parent
METRICS = ("sqeuclidean", "manhattan", "cosine", "mahalanobis")


def make_rays(rng: np.random.Generator) -> np.ndarray:
    """Make two groups along rays from the origin: their angle tells them apart."""
    angles = np.repeat([0.5, 1.1], 100) + rng.normal(scale=0.06, size=200)
    return rng.uniform(1, 9, (200, 1)) * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def make_bars(rng: np.random.Generator) -> np.ndarray:
    """Make two bars side by side: in units of the spread they are apart."""
    return np.repeat([[10.0, 100], [12, 100]], 150, axis=0) + rng.normal(scale=[0.2, 20], size=(300, 2))


def draw_points(ax: Axes, X: np.ndarray, metric: str) -> None:
    """Draw the clusters by one distance."""
    model = ic.KMeans(2, metric=metric, n_init=10, n_swaps=0, random_state=0).fit(X)
    ax.scatter(X[:, 0], X[:, 1], s=7, c=cluster_colors(2)[model.labels_], linewidths=0)
    ax.set_title(metric, fontsize=10)


def draw_values(ax: Axes, choice: ic.MetricChoice) -> None:
    """Draw the stability of each distance, with its standard error."""
    chosen = [metric == choice.recommended for metric in choice.metrics]
    colors = ["#C1272D" if yes else "#8C8C8C" for yes in chosen]
    places = np.arange(len(chosen))
    ax.barh(places, choice.values, xerr=choice.errors, color=colors, capsize=3)
    ax.set(yticks=places, yticklabels=choice.metrics, xlim=(0, 1.08), xlabel="agreement of two halves (ARI)")
    ax.invert_yaxis()
    ax.spines[["top", "right"]].set_visible(False)


def draw() -> Figure:
    """Compare the four on both sets: the usual distance, the one recommended, and the stability of all."""
    rng = np.random.default_rng(1)
    figure = Figure(figsize=(9.6, 5.2), layout="constrained")
    axes = figure.subplots(2, 3, width_ratios=[1, 1, 1.3])
    for row, X in zip(axes, (make_rays(rng), make_bars(rng)), strict=True):
        choice = ic.choose_metric(X, 2, METRICS)
        draw_points(row[0], X, "sqeuclidean")
        draw_points(row[1], X, choice.recommended)
        draw_values(row[2], choice)
    return figure


if __name__ == "__main__":
    target = HERE.parent / "outputs" / "choose-metric.png"
    target.parent.mkdir(exist_ok=True)
    save_plot(draw(), target, width=900)
    print(f"wrote {target}")
