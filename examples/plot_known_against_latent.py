"""Known against latent classes: the means and proportions of labeled points, and those that EM finds without labels.

Run as ``python examples/plot_known_against_latent.py``; writes outputs/known-against-latent.png.
"""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse
from plot_three_gaussians import MEANS, draw_points

import imgcluster as ic
from imgcluster.plotting import cluster_colors, save_plot

HERE = Path(__file__).resolve().parent


def add_ellipse(ax: Axes, mean: np.ndarray, covariance: np.ndarray, **style: object) -> None:
    """Draw where the density is that of 1.5 standard deviations."""
    variances, directions = np.linalg.eigh(covariance)
    angle = np.degrees(np.arctan2(directions[1, 1], directions[0, 1]))
    short, long = 3 * np.sqrt(variances)
    ax.add_patch(Ellipse((mean[0], mean[1]), long, short, angle=angle, fill=False, linewidth=1.8, **style))
    ax.plot(*mean, "o" if style["linestyle"] == "-" else "x", color=style["edgecolor"], markersize=8, mew=2)


def draw() -> Figure:
    """Estimate the same three Gaussians twice, and put the numbers side by side."""
    X, z = draw_points(500, np.random.default_rng(3))
    model = ic.GaussianMixture(3, init=MEANS, max_iter=500, tol=1e-6).fit(X)
    figure = Figure(figsize=(9.2, 3.9), layout="constrained")
    ax, side = figure.subplots(1, 2, width_ratios=[1, 1])
    colors = cluster_colors(3)
    ax.scatter(X[:, 0], X[:, 1], s=8, c=colors[z], alpha=0.35, linewidths=0)
    rows = []
    for k, color in enumerate(colors):
        points = X[z == k]
        mean, share = points.mean(axis=0), len(points) / len(X)
        add_ellipse(ax, mean, np.cov(points.T, bias=True), edgecolor=color, linestyle="-")
        add_ellipse(ax, model.means_[k], model.covariances_[k], edgecolor=color, linestyle="--")
        for name, m, s in (("labels", mean, share), ("EM", model.means_[k], model.weights_[k])):
            rows.append([f"{k + 1}", name, f"{s:.3f}", f"({m[0]:.3f}, {m[1]:.3f})"])
    ax.set_aspect("equal")
    ax.set_title("solid, dots: known classes; dashed, crosses: EM", fontsize=10)
    labels = ["class", "from", "proportion", "mean"]
    table = side.table(
        rows, colLabels=labels, colWidths=[0.14, 0.2, 0.26, 0.4], loc="center", cellLoc="center", edges="horizontal"
    )
    table.auto_set_font_size(False)
    table.set_fontsize(10)
    table.scale(1, 1.7)
    side.set_axis_off()
    return figure


if __name__ == "__main__":
    target = HERE.parent / "outputs" / "known-against-latent.png"
    target.parent.mkdir(exist_ok=True)
    save_plot(draw(), target, width=900)
    print(f"wrote {target}")
