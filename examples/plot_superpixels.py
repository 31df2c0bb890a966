"""Superpixels of a photo: their borders, and the photo in their mean colors.

Run as ``python examples/plot_superpixels.py``; writes outputs/superpixels.png.
"""

from pathlib import Path

import numpy as np

import imgcluster as ic

HERE = Path(__file__).resolve().parent
GAP = 12


def borders_and_mosaic(n_segments: int = 400) -> np.ndarray:
    """Put the photo with its borders beside the mosaic."""
    photo = ic.read_image(HERE / "coffee.jpg")[:, 60:540]
    segmentation = ic.superpixels(photo, n_segments)
    gap = np.full((len(photo), GAP, 3), 255, np.uint8)
    return np.hstack([segmentation.overlay(), gap, segmentation.mosaic()])


if __name__ == "__main__":
    target = HERE.parent / "outputs" / "superpixels.png"
    target.parent.mkdir(exist_ok=True)
    ic.write_image(borders_and_mosaic(), target, compress_level=9)
    print(f"wrote {target}")
