"""A large photo made from the pictures of a folder: a mosaic, each tile a crop of its own scale, none twice."""

from math import ceil, sqrt
from pathlib import Path

from PIL import Image, ImageOps

TILE = (768, 512)


def tile(picture: Image.Image, turn: int) -> Image.Image:
    """Return one tile: later turns of the same picture zoom in further and are mirrored."""
    zoomed = picture.crop(_inner(picture.size, 1 - 0.06 * turn))
    fitted = ImageOps.fit(zoomed, TILE, Image.Resampling.LANCZOS)
    return ImageOps.mirror(fitted) if turn % 2 else fitted


def mosaic(pictures: list[Path], megapixels: float) -> Image.Image:
    """Return a 4:3 mosaic of the pictures with that many million pixels."""
    width = round(sqrt(megapixels * 1e6 * 4 / 3))
    height = round(megapixels * 1e6 / width)
    whole = Image.new("RGB", (width, height))
    columns, rows = ceil(width / TILE[0]), ceil(height / TILE[1])
    for cell in range(columns * rows):
        turn, index = divmod(cell, len(pictures))
        with Image.open(pictures[index]) as picture:
            corner = (cell % columns * TILE[0], cell // columns * TILE[1])
            whole.paste(tile(picture.convert("RGB"), min(turn, 10)), corner)
    return whole


def _inner(size: tuple[int, int], part: float) -> tuple[float, float, float, float]:
    """Return the centered box that holds ``part`` of each side."""
    x, y = (side * (1 - part) / 2 for side in size)
    return x, y, size[0] - x, size[1] - y
