"""Superpixels where you want them: inside a mask, and from seeds of your own.

Run as ``python examples/plot_superpixels_where.py``; writes outputs/superpixels-where.png.
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import imgcluster as ic
from imgcluster.plotting import save_plot

HERE = Path(__file__).resolve().parent


def draw() -> Figure:
    """Segment the cup and its saucer alone, and the whole photo finely in the cup."""
    photo = ic.read_image(HERE / "coffee.jpg")
    rows, columns = np.indices(photo.shape[:2])
    rim = np.hypot((rows - 111) / 96, (columns - 289) / 120) < 1
    saucer = np.hypot((rows - 220) / 172, (columns - 278) / 203) < 1
    masked = ic.superpixels(photo, 100, mask=rim | saucer)

    fine, coarse = (columns % 20 == 10) & (rows % 20 == 10), (columns % 60 == 30) & (rows % 60 == 30)
    seeds = np.where(rim, fine, coarse)  # a map of marks; rows and columns of points do as well
    seeded = ic.superpixels(photo, seeds=seeds)

    figure = Figure(figsize=(9, 3.22), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.imshow(masked.overlay())
    left.set_title(f"mask: {masked.n_segments} segments of cup and saucer", fontsize=10)
    right.imshow(seeded.overlay())
    right.plot(
        *np.nonzero(seeds)[::-1], "o", color="white", markeredgecolor="black", markersize=2.5, markeredgewidth=0.5
    )
    right.set_title(f"seeds: {seeded.n_segments} segments, one a dot, fine in the cup", fontsize=10)
    for ax in (left, right):
        ax.set_axis_off()
    return figure


if __name__ == "__main__":
    target = HERE.parent / "outputs" / "superpixels-where.png"
    target.parent.mkdir(exist_ok=True)
    save_plot(draw(), target, width=1000)
    print(f"wrote {target}")
