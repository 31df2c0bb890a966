"""A bad local optimum of k-means beside a good one: the same points, other starts.

Run as ``python examples/plot_bad_optimum.py``; writes outputs/bad-optimum.png.
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import imgcluster as ic
from imgcluster.plotting import plot_optima, save_plot

HERE = Path(__file__).resolve().parent


def draw() -> Figure:
    """Start with two centers in one group and one between two others: k-means stays there."""
    rng = np.random.default_rng(0)
    groups = np.array([[0.0, 0.0], [8.0, 2.0], [8.0, -2.0]])
    X = np.repeat(groups, 60, axis=0) + rng.normal(scale=0.8, size=(180, 2))
    bad = ic.KMeans(3, init=[[0.0, 1.0], [0.0, -1.0], [8.0, 0.0]]).fit(X)
    good = ic.KMeans(3, init="k-means++", n_init=10, random_state=0).fit(X)
    figure = plot_optima(X, [bad, good])
    figure.set_size_inches(7.4, 4.0)
    return figure


if __name__ == "__main__":
    target = HERE.parent / "outputs" / "bad-optimum.png"
    target.parent.mkdir(exist_ok=True)
    save_plot(draw(), target, width=900)
    print(f"wrote {target}")
