"""How far pixels belong to superpixels: the responsibilities of a local mixture of Gaussians.

Run as ``python examples/plot_superpixels_soft.py``; writes outputs/superpixels-soft.png.
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from skimage import data

import imgcluster as ic
from imgcluster.plotting import save_plot

HERE = Path(__file__).resolve().parent
ROW, COLUMN = 127, 328  # a pixel of the segment to look at


def draw() -> Figure:
    """Draw the borders, the responsibility of one segment, and where pixels are torn between several."""
    result = ic.superpixels(data.astronaut(), 400, method="gmm")
    label = result.labels[ROW, COLUMN]
    shares = result.responsibilities.shares
    entropy = -(shares * np.log2(np.maximum(shares, 1e-9))).sum(axis=2)

    figure = Figure(figsize=(9, 2.45), layout="constrained")
    borders, one, torn = figure.subplots(1, 3)
    borders.imshow(result.overlay())
    borders.set_title("borders between segments", fontsize=10)
    heat = one.imshow(result.responsibilities.of(label), cmap="magma", vmin=0, vmax=1)
    one.set_title("responsibility of one of them", fontsize=10)
    doubt = torn.imshow(entropy, cmap="magma", vmin=0)
    torn.set_title("entropy of responsibilities, bits", fontsize=10)
    for ax in (borders, one, torn):
        ax.set(xlim=(COLUMN - 78, COLUMN + 78), ylim=(ROW + 65, ROW - 65))
        ax.contour(result.labels == label, [0.5], colors="cyan", linewidths=1)
        ax.set_axis_off()
    for ax, image in ((one, heat), (torn, doubt)):
        figure.colorbar(image, ax=ax, shrink=0.75)
    return figure


if __name__ == "__main__":
    target = HERE.parent / "outputs" / "superpixels-soft.png"
    target.parent.mkdir(exist_ok=True)
    save_plot(draw(), target, width=1000)
    print(f"wrote {target}")
