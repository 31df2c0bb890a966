"""From a thousand superpixels to ten segments: all from one run, by its merge tree.

Run as ``python examples/plot_superpixels_merged.py``; writes outputs/superpixels-merged.png.
"""

from pathlib import Path

from matplotlib.figure import Figure
from skimage import data

import imgcluster as ic
from imgcluster.plotting import save_plot

HERE = Path(__file__).resolve().parent


def draw() -> Figure:
    """Draw mosaics of fewer and fewer segments, each of them a union of those before."""
    photo = data.astronaut()[:400, :480]
    finest = ic.superpixels(photo, 1000)
    panels = [("the photo", photo), ("1000 superpixels", finest.mosaic())]
    panels += [(f"merged to {n}", finest.merge(n).mosaic()) for n in (300, 100, 30, 10)]
    figure = Figure(figsize=(9, 5.45), layout="constrained")
    for ax, (title, pixels) in zip(figure.subplots(2, 3).flat, panels, strict=True):
        ax.imshow(pixels)
        ax.set_title(title, fontsize=10)
        ax.set_axis_off()
    return figure


if __name__ == "__main__":
    target = HERE.parent / "outputs" / "superpixels-merged.png"
    target.parent.mkdir(exist_ok=True)
    save_plot(draw(), target, width=1000)
    print(f"wrote {target}")
