"""k-means against EM on clusters of unequal weight and width.

Run as ``python examples/plot_kmeans_against_em.py``; writes outputs/kmeans-against-em.png.
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import imgcluster as ic
from imgcluster.plotting import plot_responsibilities, save_plot

HERE = Path(__file__).resolve().parent
MEANS = np.array([[0.0, 0.0], [5.0, 0.0], [5.0, 3.0]])
WIDTHS = np.array([2.0, 0.4, 0.4])
SIZES = np.array([700, 200, 60])


def draw() -> Figure:
    """Color by the truth, by k-means and by a mixture, and count how many points each puts where they belong."""
    z = np.repeat(np.arange(3), SIZES)
    X = MEANS[z] + WIDTHS[z, None] * np.random.default_rng(0).normal(size=(len(z), 2))
    kmeans = ic.KMeans(3, init=MEANS).fit(X)
    mixture = ic.GaussianMixture(3, init=MEANS, tol=1e-6, max_iter=500).fit(X)
    panels = [
        ("where they come from", np.eye(3)[z]),
        ("k-means", np.eye(3)[kmeans.labels_]),
        ("EM", mixture.predict_proba(X)),
    ]
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    for ax, (title, shares) in zip(figure.subplots(1, 3), panels, strict=True):
        plot_responsibilities(X, shares, ax=ax).get_legend().remove()
        right = (shares.argmax(axis=1) == z).mean()
        ax.set_title(title if right == 1 else f"{title}: {right:.0%} right", fontsize=10)
    return figure


if __name__ == "__main__":
    target = HERE.parent / "outputs" / "kmeans-against-em.png"
    target.parent.mkdir(exist_ok=True)
    save_plot(draw(), target, width=900)
    print(f"wrote {target}")
