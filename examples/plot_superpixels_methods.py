"""The three methods of superpixels side by side, and boundary k-means from ragged to round.

Run as ``python examples/plot_superpixels_methods.py``; writes outputs/superpixels-methods.png.
"""

from pathlib import Path

from matplotlib.figure import Figure
from skimage import data

import imgcluster as ic
from imgcluster.metrics import compactness, explained_variation
from imgcluster.plotting import save_plot

HERE = Path(__file__).resolve().parent
PANELS = (
    ('method="boundary"', {}),
    ('method="slic"', {"method": "slic"}),
    ('method="gmm"', {"method": "gmm"}),
    ("compactness=2", {"compactness": 2}),
    ("compactness=20", {"compactness": 20}),
    ("compactness=60", {"compactness": 60}),
)


def draw() -> Figure:
    """Draw the borders, with the variation of color that segments explain, and how round they are."""
    photo = data.astronaut()[:300, 60:360]
    figure = Figure(figsize=(9, 6.8), layout="constrained")
    for ax, (name, options) in zip(figure.subplots(2, 3).flat, PANELS, strict=True):
        result = ic.superpixels(photo, 150, **options)
        explained, roundness = explained_variation(result.labels, photo), compactness(result.labels)
        ax.imshow(result.overlay())
        ax.set_title(f"{name}\nexplained variation {explained:.3f}, compactness {roundness:.2f}", fontsize=9)
        ax.set_axis_off()
    return figure


if __name__ == "__main__":
    target = HERE.parent / "outputs" / "superpixels-methods.png"
    target.parent.mkdir(exist_ok=True)
    save_plot(draw(), target, width=1000)
    print(f"wrote {target}")
