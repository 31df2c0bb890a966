"""A photo as k-means sees it: with 2, 3 and 10 colors, and the original.

Run as ``python examples/plot_photo_colors.py``; writes outputs/photo-colors.png.
"""

from pathlib import Path

from matplotlib.figure import Figure

import imgcluster as ic
from imgcluster.plotting import save_plot

HERE = Path(__file__).resolve().parent


def draw() -> Figure:
    """Put the mean color of its cluster in the place of every pixel."""
    photo = ic.read_image(HERE / "coffee.jpg")
    results = [(k, ic.quantize(photo, k)) for k in (2, 3, 10)]
    panels = [(f"K = {k}, PSNR {result.psnr:.1f} dB", result.to_array()) for k, result in results]
    n_colors = len(ic.Histogram.from_pixels(photo))
    figure = Figure(figsize=(9, 6.5), layout="constrained")
    panels.append((f"original, {n_colors:,} colors", photo))
    for ax, (title, pixels) in zip(figure.subplots(2, 2).flat, panels, strict=True):
        ax.imshow(pixels)
        ax.set_title(title, fontsize=10)
        ax.set_axis_off()
    return figure


if __name__ == "__main__":
    target = HERE.parent / "outputs" / "photo-colors.png"
    target.parent.mkdir(exist_ok=True)
    save_plot(draw(), target, width=900)
    print(f"wrote {target}")
