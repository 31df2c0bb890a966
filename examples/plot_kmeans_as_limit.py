"""k-means as the limit of EM: equal spherical components whose variance eps goes to zero (PRML, section 9.3.2).

Run as ``python examples/plot_kmeans_as_limit.py``; writes outputs/kmeans-as-limit.png.
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from plot_three_gaussians import draw_points

import imgcluster as ic
from imgcluster.plotting import plot_responsibilities, save_plot

HERE = Path(__file__).resolve().parent
VARIANCES = (0.03, 0.01, 0.001)


def draw() -> Figure:
    """Let responsibilities harden: soft k-means with beta = 1 / (2 eps) is EM with covariances eps I."""
    X, _ = draw_points(500, np.random.default_rng(3))
    kmeans = ic.KMeans(3, n_init=10, random_state=0).fit(X)
    panels = []
    for eps in VARIANCES:
        soft = ic.SoftKMeans(3, beta=1 / (2 * eps), init=kmeans.cluster_centers_, max_iter=2000).fit(X)
        away = np.linalg.norm(soft.cluster_centers_ - kmeans.cluster_centers_, axis=1).max()
        panels.append(
            (f"$\\epsilon$ = {eps:g}: up to {away:.3f} from k-means", soft.responsibilities_, soft.cluster_centers_)
        )
    panels.append(("$\\epsilon$ → 0: k-means", np.eye(3)[kmeans.labels_], kmeans.cluster_centers_))
    figure = Figure(figsize=(10.4, 2.8), layout="constrained")
    for ax, (title, shares, centers) in zip(figure.subplots(1, 4), panels, strict=True):
        plot_responsibilities(X, shares, ax=ax).get_legend().remove()
        ax.plot(*centers.T, "X", color="white", markersize=9, markeredgecolor="black")
        ax.set_title(title, fontsize=9)
    return figure


if __name__ == "__main__":
    target = HERE.parent / "outputs" / "kmeans-as-limit.png"
    target.parent.mkdir(exist_ok=True)
    save_plot(draw(), target, width=900)
    print(f"wrote {target}")
