"""A picture with soft edges in 32 colors, on four backgrounds: what is translucent stays so.

Run as ``python examples/plot_transparency.py``; writes outputs/transparency.png.
"""

from pathlib import Path

import numpy as np
from PIL import Image

import imgcluster as ic

HERE = Path(__file__).resolve().parent
GROUNDS = ("white", "black", "#808080", "#c04080")
SIDE = 240


def sticker() -> np.ndarray:
    """Cut the cup out of the photo, with an edge that fades and a shadow below it."""
    photo = ic.read_image(HERE / "coffee.jpg")
    rows, columns = np.indices(photo.shape[:2])
    cup = np.clip(16 * (1 - np.hypot((rows - 111) / 96, (columns - 289) / 120)), 0, 1)
    shadow = np.clip(0.6 - 0.5 * np.hypot((rows - 135) / 105, (columns - 300) / 130), 0, 1)
    alpha = cup + shadow * (1 - cup)
    color = photo * (cup / np.maximum(alpha, 1e-9))[..., np.newaxis]
    rgba = np.dstack([color, 255 * alpha]) + 0.5
    return rgba[0:260, 160:440].astype(np.uint8)


def draw() -> Image.Image:
    """Put the original in the first row, 32 colors below it, and dithered ones below these."""
    original = sticker()
    few = ic.quantize(original, 32)
    dithered = ic.quantize(original, 32, color_space="oklab", dither="auto")
    pictures = [original, few.to_array(), dithered.to_array()]
    sheet = Image.new("RGB", (len(GROUNDS) * SIDE, len(pictures) * SIDE))
    for row, pixels in enumerate(pictures):
        for column, ground in enumerate(GROUNDS):
            tile = Image.new("RGBA", (SIDE, SIDE), ground)
            tile.alpha_composite(Image.fromarray(np.ascontiguousarray(pixels[10 : 10 + SIDE, 20 : 20 + SIDE])))
            sheet.paste(tile.convert("RGB"), (column * SIDE, row * SIDE))
    return sheet


if __name__ == "__main__":
    target = HERE.parent / "outputs" / "transparency.png"
    target.parent.mkdir(exist_ok=True)
    draw().save(target)
    print(f"wrote {target}")
