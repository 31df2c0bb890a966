"""The picture at the top of the README: a photo, the same in sixteen colors, dithered where smooth, and the palette.

Run as ``python examples/plot_before_after.py``; writes outputs/before-after.png.
"""

from pathlib import Path

import numpy as np

import imgcluster as ic

HERE = Path(__file__).resolve().parent
GAP = 12
SWATCHES = 40


def before_after(n_colors: int = 16) -> np.ndarray:
    """Put the photo and its palette image side by side, the palette below."""
    photo = ic.read_image(HERE / "coffee.jpg")[:, 60:540]
    result = ic.quantize(photo, n_colors, color_space="oklab", dither="auto", effort="best")
    height, width = photo.shape[:2]
    canvas = np.full((height + GAP + SWATCHES, 2 * width + GAP, 3), 255, np.uint8)
    canvas[:height, :width] = photo
    canvas[:height, -width:] = result.to_array()
    order = np.arange(canvas.shape[1]) * n_colors // canvas.shape[1]
    canvas[-SWATCHES:] = result.palette[order]
    return canvas


if __name__ == "__main__":
    target = HERE.parent / "outputs" / "before-after.png"
    target.parent.mkdir(exist_ok=True)
    ic.write_image(before_after(), target, compress_level=9)
    print(f"wrote {target}")
