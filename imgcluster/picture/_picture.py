"""A picture: upright pixels, their alpha, what came with them, and what was lost on the way in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from imgcluster.facts import Loss
from imgcluster.parameters import check_int, given_text
from imgcluster.picture._arrays import strip_rows, to_8_bit
from imgcluster.picture._georeference import Georeference
from imgcluster.picture._metadata import Metadata
from imgcluster.types import Background


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture in memory.

    Attributes
    ----------
    pixels : ndarray of shape (H, W, C), uint8, uint16, float32 or float64
        Upright; RGB in sRGB where `kind` is "color". As stored, (H, W) or (H, W, C) of any type, from `Source.values`.
    alpha : ndarray of shape (H, W), uint8, or None
        None where every pixel is opaque.
    kind : {"color", "bands"}
        Whether the channels are colors, or bands of any meaning.
    metadata : Metadata
        What came with the pixels.
    lost : frozenset of Loss
        What reading lost.
    nodata : float or None
        The value that means "no data", by a tag of the file.
    georeference : Georeference or None
        Where a raster lies on the map.
    band_names : tuple of str, or None
        Names of the channels, by the file.
    axes : str or None
        Those of a file whose channels are no colors, as tifffile names them: "YXS", "CYX"; else None.
    ignored : str or None
        What of a raster marks pixels without data and is not heeded, in words.

    Examples
    --------
    >>> import numpy as np
    >>> from imgcluster.picture import Picture
    >>> picture = Picture(np.zeros((1, 2, 3), np.uint8), alpha=np.array([[0, 255]], np.uint8))
    >>> picture.on("white").pixels[:, :, 0]
    array([[255,   0]], dtype=uint8)
    """

    pixels: NDArray[Any]
    alpha: NDArray[np.uint8] | None = None
    kind: Literal["color", "bands"] = "color"
    metadata: Metadata = field(default_factory=Metadata)
    lost: frozenset[Loss] = frozenset()
    nodata: float | None = None
    georeference: Georeference | None = None
    band_names: tuple[str, ...] | None = None
    axes: str | None = None
    ignored: str | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        height, width = self.pixels.shape[:2]
        return height, width

    def on(self, background: Background) -> Picture:
        """Put 8-bit colors on a background, given as a name, such as "white", or as R, G and B."""
        picture = self.to_8_bit()
        if picture.alpha is None:
            return picture
        color = rgb_of(background)
        pixels = np.empty_like(picture.pixels)
        height, width = picture.shape
        for top in range(0, height, rows := strip_rows(width)):
            strip = slice(top, top + rows)
            pixels[strip] = composited(picture.pixels[strip], picture.alpha[strip], color)
        lost = picture.lost | {Loss.ALPHA} if picture.alpha.min() < 255 else picture.lost
        return replace(picture, pixels=pixels, alpha=None, lost=lost)

    def with_mask(self) -> Picture:
        """Round alpha to clear (below 128) or opaque, for formats that hold nothing between."""
        if self.alpha is None or not ((self.alpha > 0) & (self.alpha < 255)).any():
            return self
        alpha = np.where(self.alpha < 128, 0, 255).astype(np.uint8)
        return replace(self, alpha=alpha if alpha.min() == 0 else None, lost=self.lost | {Loss.PARTIAL_ALPHA})

    def to_array(self) -> NDArray[np.uint8]:
        """Return 8-bit colors as (H, W, 3) where all are opaque, else as (H, W, 4), where clear pixels are all 0."""
        picture = self.to_8_bit()
        if picture.alpha is None:
            return picture.pixels
        height, width = picture.shape
        rgba = np.empty((height, width, 4), np.uint8)
        # in strips: a mask of clear pixels would be taken as 16 bytes of indices each
        for top in range(0, height, rows := strip_rows(width)):
            strip = slice(top, top + rows)
            rgba[strip, :, :3], rgba[strip, :, 3] = picture.pixels[strip], picture.alpha[strip]
            rgba[strip][picture.alpha[strip] == 0] = 0
        return rgba

    def to_8_bit(self) -> Picture:
        """Scale deeper pixels, integers from 0..65535 and floating point from 0..1, to 8 bits."""
        if self.pixels.dtype == np.uint8:
            return self
        return replace(self, pixels=to_8_bit(self.pixels), lost=self.lost | {Loss.DEPTH})


def rgb_of(background: Background) -> tuple[int, int, int]:
    """Return the color of a background; raises ValueError or TypeError if it is none."""
    if isinstance(background, str):
        return (255, 255, 255) if background == "white" else _named_color(background)
    try:
        red, green, blue = (check_int("background", value, 0, 255) for value in background)
    except (TypeError, ValueError):
        raise ValueError(
            f"background must be three whole numbers in 0..255, or a color's name, got {given_text(background)}"
        ) from None
    return red, green, blue


def _named_color(name: str) -> tuple[int, int, int]:
    """Return the color of a name of CSS or of hexadecimal digits."""
    from PIL import ImageColor

    try:
        color = ImageColor.getrgb(name)
    except ValueError:
        raise ValueError(f"background must be a color, such as white or #1e90ff, got {given_text(name)}") from None
    if color[3:] not in ((), (255,)):
        raise ValueError(f"background must be opaque, got {given_text(name)}; leave out its alpha")
    return color[0], color[1], color[2]


def composited(pixels: NDArray[np.uint8], alpha: NDArray[np.uint8], color: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Put (h, w, 3) pixels on a color, rounded to the nearest, as Pillow does."""
    cover = alpha[:, :, np.newaxis].astype(np.uint16)
    mixed = pixels * cover + np.array(color, np.uint16) * (255 - cover)
    result: NDArray[np.uint8] = ((mixed + 127) // 255).astype(np.uint8)
    return result


def in_bands(picture: Picture, n_pixels: int) -> Iterator[Picture]:
    """Yield a picture that is in memory from top to bottom."""
    height, width = picture.shape
    for top in range(0, height, rows := max(1, n_pixels // width)):
        strip = slice(top, top + rows)
        alpha = None if picture.alpha is None else picture.alpha[strip]
        yield replace(picture, pixels=picture.pixels[strip], alpha=alpha)
