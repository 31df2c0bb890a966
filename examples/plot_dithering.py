"""One photo in few colors: plain, in RGB and in OKLab, and dithered in three ways.

Run as ``python examples/plot_dithering.py``; writes outputs/dithering.png.
"""

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import imgcluster as ic
from imgcluster import metrics

HERE = Path(__file__).resolve().parent
NUMBERS = (4, 16, 64, 256)
WAYS = {
    "plain, RGB": {},
    "plain, OKLab": {"color_space": "oklab"},
    "auto": {"color_space": "oklab", "dither": "auto"},
    "blue noise": {"color_space": "oklab", "dither": "blue-noise"},
    "ordered": {"color_space": "oklab", "dither": "ordered"},
}
SIDE, TEXT = 180, 18


def draw() -> Image.Image:
    """Put crops of all pictures in rows by their number of colors, bytes and SSIM of the whole photo under each."""
    photo = ic.read_image(HERE / "coffee.jpg")[20:380, 100:500]
    sheet = Image.new("RGB", (len(WAYS) * SIDE, len(NUMBERS) * (SIDE + TEXT)), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(11)
    for row, n_colors in enumerate(NUMBERS):
        for column, (way, parameters) in enumerate(WAYS.items()):
            result = ic.quantize(photo, n_colors, **parameters)
            file = io.BytesIO()
            result.save(file)
            left, top = column * SIDE, row * (SIDE + TEXT)
            pixels = result.to_array()
            sheet.paste(Image.fromarray(np.ascontiguousarray(pixels[40 : 40 + SIDE, 120 : 119 + SIDE])), (left, top))
            figures = f"{n_colors}, {way}: {file.tell() / 1000:.0f} kB, {metrics.ssim(photo, pixels):.3f}"
            pen.text((left + 3, top + SIDE + 2), figures, "black", font)
    return sheet


if __name__ == "__main__":
    target = HERE.parent / "outputs" / "dithering.png"
    target.parent.mkdir(exist_ok=True)
    draw().save(target)
    print(f"wrote {target}")
