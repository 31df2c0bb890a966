"""Pictures as palettes: an indexed PNG's own table, or the distinct colors; a picture of swatches is written.

PLTE and tRNS of an indexed PNG (https://www.w3.org/TR/png-3/#11PLTE) are read in their order. Of other pictures the
distinct colors are read, in the order in which they appear from the top left.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from imgcluster.errors import ImageReadError
from imgcluster.palette.formats._format import (
    MOST_COLORS,
    TITLE,
    BadPaletteError,
    Color,
    Listing,
    PaletteFormat,
    in_a_line,
)

if TYPE_CHECKING:
    from imgcluster.picture import Picture

_SIDE = 16  # pixels of a swatch
_COLUMNS = 16
_MOST_INDEXED = 256


def _parse(data: bytes) -> Listing:
    """Read the table of an indexed PNG, or the distinct colors."""
    return _table(data) or _distinct(data)


def _table(data: bytes) -> Listing | None:
    """Return PLTE and tRNS of an indexed PNG."""
    from PIL import Image

    from imgcluster.picture import lenient_pillow

    try:
        with lenient_pillow(), Image.open(io.BytesIO(data), formats=["PNG"]) as image:
            if image.mode != "P" or "icc_profile" in image.info:
                return None
            numbers = image.getpalette() or []
            alpha = image.info.get("transparency", b"")
            name = str(image.info.get("Title", ""))
    except Exception:
        return None
    colors: list[Color] = [(*numbers[i : i + 3], 255) for i in range(0, len(numbers) - 2, 3)]  # type: ignore[misc]
    clear = {alpha: 0} if isinstance(alpha, int) else dict(enumerate(alpha))
    return Listing([(r, g, b, clear.get(i, 255)) for i, (r, g, b, _) in enumerate(colors)], name)


def _distinct(data: bytes) -> Listing:
    """Return the distinct colors of a picture."""
    from imgcluster.picture import open_source

    try:
        with open_source(io.BytesIO(data), n_threads=1) as source:
            picture = source.read().to_8_bit()
    except ImageReadError as error:
        raise BadPaletteError(error.problem, error.way_out) from None
    return distinct_colors(picture)


def distinct_colors(picture: Picture) -> Listing:
    """Return the distinct colors of a picture, in the order in which they appear."""
    pixels, alpha = picture.pixels.reshape(-1, 3), picture.alpha
    red, green, blue = pixels.astype(np.uint32).T
    keys = red << 24 | green << 16 | blue << 8 | (np.uint32(255) if alpha is None else alpha.reshape(-1))
    keys[(keys & 255) == 0] = 0
    found, first = np.unique(keys, return_index=True)
    if len(found) > MOST_COLORS:
        problem = f"it holds {len(found)} colors, {MOST_COLORS} are allowed"
        raise BadPaletteError(problem, "find its best ones first: imgcluster palette extract")
    ordered = found[np.argsort(first)]
    return Listing([(key >> 24, key >> 16 & 255, key >> 8 & 255, key & 255) for key in ordered.tolist()])


def _format(listing: Listing) -> bytes:
    """Write squares of the colors, row by row, in a PNG that is indexed if it can be."""
    from PIL import Image, PngImagePlugin

    indices, colors = _swatches(len(listing.colors), listing.columns), np.array(listing.colors, np.uint8)
    text, stream = PngImagePlugin.PngInfo(), io.BytesIO()
    text.add_itxt("Title", in_a_line(listing.name).encode("utf-8", "replace").decode() or TITLE)
    opaque = bool((colors[:, 3] == 255).all())
    if len(colors) > _MOST_INDEXED:
        image = Image.fromarray((colors[:, :3] if opaque else colors)[indices])
        image.save(stream, "PNG", pnginfo=text)
        return stream.getvalue()
    image = Image.fromarray(indices.astype(np.uint8))
    image.putpalette(colors[:, :3].tobytes())
    extra = {} if opaque else {"transparency": colors[:, 3].tobytes()}
    image.save(stream, "PNG", pnginfo=text, bits=8, **extra)
    return stream.getvalue()


def _swatches(n_colors: int, columns: int | None) -> Any:
    """Return the index of each pixel; what is left of the last row has the last color."""
    columns = min(columns or max(_COLUMNS, round(n_colors**0.5)), n_colors, 1024)
    n_rows = -(-n_colors // columns)
    cells = np.minimum(np.arange(n_rows * columns), n_colors - 1).reshape(n_rows, columns)
    side = _SIDE if n_colors <= 1024 else 4
    return cells.repeat(side, axis=0).repeat(side, axis=1)


def _matches(data: bytes) -> bool:
    """Check whether it is a picture of any kind."""
    from imgcluster.picture import HEAD, format_of_head

    return format_of_head(data[:HEAD]) is not None


PNG = PaletteFormat(".png", _parse, _format, _matches, keeps="name")
