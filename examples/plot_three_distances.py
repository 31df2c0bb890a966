"""The three distances of k-means on the same data: means, medians and directions.

Run as ``python examples/plot_three_distances.py``; writes outputs/three-distances.png.
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import imgcluster as ic
from imgcluster.plotting import cluster_colors, save_plot

HERE = Path(__file__).resolve().parent
NAMES = {
    "sqeuclidean": "squared Euclidean, means: \nthe outliers get a center of their own",
    "manhattan": "Manhattan, medians: \nthe outliers hardly count",
    "cosine": "cosine, mean directions: \nlengths do not count",
}


def make_points(rng: np.random.Generator) -> np.ndarray:
    """Make two groups along rays from the origin, and a few outliers far out."""
    angles = np.repeat(np.radians([15, 80]), 100) + rng.normal(scale=0.08, size=200)
    rays = rng.uniform(0.5, 7, (200, 1)) * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return np.concatenate([rays, rng.normal([17, 6], 0.4, (8, 2))])


def draw() -> Figure:
    """Fit the same points by each distance, with the best of twenty starts."""
    X = make_points(np.random.default_rng(1))
    colors = cluster_colors(2)
    figure = Figure(figsize=(9.6, 2.3), layout="constrained")
    for ax, (metric, title) in zip(figure.subplots(1, 3, sharey=True), NAMES.items(), strict=True):
        model = ic.KMeans(2, metric=metric, n_init=20, random_state=0).fit(X)
        by_angle = colors[np.argsort(np.argsort(np.arctan2(*model.cluster_centers_.T[::-1])))]
        ax.scatter(X[:, 0], X[:, 1], s=10, c=by_angle[model.labels_], linewidths=0)
        for center, color in zip(model.cluster_centers_, by_angle, strict=True):
            if metric == "cosine":
                ax.axline((0, 0), tuple(center), color=color, linewidth=1.2, zorder=1)
                center = center * 6
            ax.plot(*center, "X", color=color, markersize=11, markeredgecolor="black")
        ax.set(xlim=(-1, 19.5), ylim=(-1, 9), aspect="equal")
        ax.set_title(title, fontsize=10)
    return figure


if __name__ == "__main__":
    target = HERE.parent / "outputs" / "three-distances.png"
    target.parent.mkdir(exist_ok=True)
    save_plot(draw(), target, width=900)
    print(f"wrote {target}")
