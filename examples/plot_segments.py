"""A photo cut into the clusters of its pixels: by color, and by color and position.

Run as ``python examples/plot_segments.py``; writes outputs/segments.png.
"""

from pathlib import Path

from matplotlib.figure import Figure

import imgcluster as ic
from imgcluster.plotting import save_plot

HERE = Path(__file__).resolve().parent
FEATURES = {"rgb": "(r, g, b)", "rgbxy": "(r, g, b, x, y)"}


def draw() -> Figure:
    """Put the mean color of its cluster in the place of every pixel, for few clusters of two kinds."""
    photo = ic.read_image(HERE / "coffee.jpg")
    figure = Figure(figsize=(9, 6.4), layout="constrained")
    for row, (features, name) in zip(figure.subplots(2, 2), FEATURES.items(), strict=True):
        for ax, k in zip(row, (3, 6), strict=True):
            ax.imshow(ic.segment(photo, k, features=features).mosaic())
            ax.set_title(f"k-means on {name}, K = {k}", fontsize=10)
            ax.set_axis_off()
    return figure


if __name__ == "__main__":
    target = HERE.parent / "outputs" / "segments.png"
    target.parent.mkdir(exist_ok=True)
    save_plot(draw(), target, width=1000)
    print(f"wrote {target}")
