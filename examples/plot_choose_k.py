"""How many clusters: four criteria on the same points.

Run as ``python examples/plot_choose_k.py``; writes outputs/choose-k.png.
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import imgcluster as ic
from imgcluster.plotting import plot_choice, save_plot

HERE = Path(__file__).resolve().parent
NAMES = {
    "elbow": "elbow: farthest from the chord",
    "silhouette": "silhouette: the largest",
    "bic": "BIC: the lowest",
    "gap": "gap: first within one error of the next",
}


def draw() -> Figure:
    """Let every criterion choose for five groups of different sizes, the corners of a pentagon."""
    rng = np.random.default_rng(0)
    angles = np.radians([90, 162, 234, 306, 378])
    corners = 5 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    X = np.repeat(corners, [120, 60, 80, 40, 60], axis=0) + rng.normal(scale=0.8, size=(360, 2))
    figure = Figure(figsize=(9.6, 6.4), layout="constrained")
    for ax, (criterion, title) in zip(figure.subplots(2, 2).flat, NAMES.items(), strict=True):
        choice = ic.choose_k(X, range(1 if criterion != "silhouette" else 2, 13), criterion=criterion)
        plot_choice(choice, ax=ax)
        ax.set_title("", loc="left")  # the reason in words, too long here
        ax.set_title(title, fontsize=10)
    return figure


if __name__ == "__main__":
    target = HERE.parent / "outputs" / "choose-k.png"
    target.parent.mkdir(exist_ok=True)
    save_plot(draw(), target, width=900)
    print(f"wrote {target}")
