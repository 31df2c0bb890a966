"""A PIL image of any mode -> upright 8-bit sRGB pixels and their alpha.

Everything happens in strips of a few rows: a strip stays in the cache, and however many steps a picture needs
(profile, alpha, bit depth, turning), there is never a second whole copy of it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imgcluster.facts import Loss
from imgcluster.kernels import empty
from imgcluster.picture._arrays import SCALE, DepthError, strip_rows, to_8_bit
from imgcluster.picture._color_tags import BITS, GRAY_ALPHA, is_hdr, profile_of
from imgcluster.picture._deep import rgb_of_deep
from imgcluster.picture._metadata import Metadata, metadata_of
from imgcluster.picture._picture import Picture, rgb_of
from imgcluster.picture._png_chunks import LOST
from imgcluster.picture._profiles import ToRgb, plainly, profile_conversion
from imgcluster.types import Background, UInt8Array

_ORIENTATION_TAG = 0x0112
_TURNED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_FROM_THE_END = (3, 4, 6, 7)
_SIDEWAYS = (5, 6, 7, 8)
_COLUMNS_FROM_THE_END = (7, 8)
_SPARE_BYTE = ("TGA", "BMP")


def picture_of_image(
    image: Image.Image,
    background: Background | None = None,
    metadata: Metadata | None = None,
    low: Image.Image | None = None,
    rows: slice | None = None,
) -> Picture:
    """Turn a loaded PIL image, or some upright rows of it, into a picture, put on a background if one is given.

    Its metadata is the one given, by default that of the image; `low` holds the lower bytes of 16-bit colors.

    Raises ValueError when the values of a deep picture do not show where black and white are.
    """
    image = with_alpha_that_is_used(image)
    to_rgb = profile_conversion(image, _base_mode(image))
    orientation = orientation_of(image)
    left, upper, right, lower = _stored_box(image.size, orientation or 1, rows)
    width, height = right - left, lower - upper
    canvas = _Canvas((width, height), orientation or 1, None if background is None else rgb_of(background))
    for top in range(0, height, n_rows := strip_rows(width)):
        bottom = min(top + n_rows, height)
        box = (left, upper + top, right, upper + bottom)
        strip = image.crop(box)
        if low is not None or is_deep_mode(strip.mode):
            rgb, alpha = _of_deep(image, strip, low and low.crop(box), to_rgb)
            canvas.put(top, bottom, rgb, alpha)
            continue
        base, alpha = _color_and_alpha(image, strip)
        # kept until the next strip is converted: else the allocator gives the memory of each back and asks for it again
        # (25,000 page faults and a tenth of the time of 12 megapixels)
        rgb = (to_rgb or plainly)(base)
        canvas.put(top, bottom, rgb, alpha)
    found = {
        Loss.PROFILE: to_rgb is None,
        Loss.ORIENTATION: orientation is None,
        Loss.ALPHA: canvas.composited,
        Loss.HDR: is_hdr(image.info),
    }
    lost = frozenset(loss for loss, is_so in found.items() if is_so) | image.info.get(LOST, frozenset())
    metadata = metadata_of(image).upright() if metadata is None else metadata
    return Picture(canvas.pixels, canvas.alpha, metadata=metadata, lost=lost)


def _stored_box(size: tuple[int, int], orientation: int, rows: slice | None) -> tuple[int, int, int, int]:
    """Return where some rows of the upright picture, by default all, are stored: left, upper, right, lower."""
    width, height = size
    if rows is None:
        return 0, 0, width, height
    if orientation in _SIDEWAYS:
        backwards = orientation in _COLUMNS_FROM_THE_END
        left, right = (width - rows.stop, width - rows.start) if backwards else (rows.start, rows.stop)
        return left, 0, right, height
    backwards = orientation in _FROM_THE_END
    upper, lower = (height - rows.stop, height - rows.start) if backwards else (rows.start, rows.stop)
    return 0, upper, width, lower


def with_alpha_that_is_used(image: Image.Image) -> Image.Image:
    """Drop an alpha of zeros of formats whose fourth byte many programs leave unused."""
    if image.format in _SPARE_BYTE and image.mode in ("RGBA", "LA") and image.getchannel("A").getextrema() == (0, 0):
        return image.convert(image.mode[:-1])
    return image


def is_deep(image: Image.Image) -> bool:
    """Check whether an image has more than 8 bits a value, before it is loaded: of RGB Pillow keeps the upper 8."""
    if max(image.info.get("bit_depth", 8), image.info.get(BITS, 8)) > 8:
        # of HEIC and JPEG 2000, which are opened in 8 bits
        return True
    raw = (str(tile[3]) for tile in getattr(image, "tile", ()))
    return image.mode.startswith("I") or image.mode == "F" or any(";16" in mode for mode in raw)


def orientation_of(image: Image.Image) -> int | None:
    """Read the EXIF orientation, 1 to 8; 1 (upright) when it is missing, None when it cannot be read."""
    try:
        # that of PNG files decodes the whole picture first
        value = Image.Image.getexif(image).get(_ORIENTATION_TAG, 1)
    except Exception:
        # whatever a broken EXIF block makes Pillow raise, the pixels are fine
        return None
    return value if value in _TURNED else 1


def shape_of(image: Image.Image, orientation: int | None) -> tuple[int, int]:
    """Return the height and width that an image will have when it is loaded and upright."""
    tags = getattr(image, "tag_v2", {})
    if tags and image.size != (tags.get(256), tags.get(257)):
        # Pillow rotates TIFF files by itself, and swaps their size before it loads them
        return image.height, image.width
    return upright_shape(image.size, orientation)


def upright_shape(size: tuple[int, int], orientation: int | None) -> tuple[int, int]:
    """Return height and width of the upright picture from the stored width and height."""
    width, height = size
    return (width, height) if orientation in _SIDEWAYS else (height, width)


class _Canvas:
    """Upright pixels, and alpha if something is translucent, filled strip by strip."""

    def __init__(self, size: tuple[int, int], orientation: int, color: tuple[int, int, int] | None) -> None:
        self.pixels: UInt8Array = empty((*upright_shape(size, orientation), 3), np.uint8)
        self.alpha: UInt8Array | None = None
        self.composited = False
        self._height, self._orientation, self._color = size[1], orientation, color

    def put(self, top: int, bottom: int, rgb: Image.Image, alpha: Image.Image | None) -> None:
        """Put a strip of the stored picture in its place."""
        if alpha is not None and alpha.getextrema()[0] == 255:
            alpha = None
        if alpha is not None and self._color is not None:
            ground = Image.new("RGB", rgb.size, self._color)
            ground.paste(rgb, mask=alpha)
            rgb, alpha, self.composited = ground, None, True
        place = self._place(top, bottom)
        self.pixels[place] = self._turned(rgb)
        if alpha is not None:
            if self.alpha is None:
                self.alpha = empty(self.pixels.shape[:2], np.uint8)
                self.alpha.fill(255)
            self.alpha[place] = self._turned(alpha)

    def _place(self, top: int, bottom: int) -> tuple[slice, ...]:
        height = self._height
        strip = slice(height - bottom, height - top) if self._orientation in _FROM_THE_END else slice(top, bottom)
        return (slice(None), strip) if self._orientation in _SIDEWAYS else (strip,)

    def _turned(self, strip: Image.Image) -> UInt8Array:
        if self._orientation in _TURNED:
            strip = strip.transpose(_TURNED[self._orientation])
        return np.asarray(strip)


def is_deep_mode(mode: str) -> bool:
    """Check whether a mode holds gray of more than 8 bits."""
    return mode.startswith("I") or mode == "F"


def _color_and_alpha(image: Image.Image, strip: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Split a strip of `image` into its colors, in mode L, RGB or CMYK, and its alpha, if it has one."""
    mode = _base_mode(image)
    if not strip.has_transparency_data:
        return (strip if strip.mode == mode else strip.convert(mode)), None
    # Pillow converts La only to LA
    rgba = (strip.convert("LA") if strip.mode == "La" else strip).convert("RGBA")
    return rgba.getchannel("R") if mode == "L" else rgba.convert("RGB"), rgba.getchannel("A")


def _of_deep(
    image: Image.Image, strip: Image.Image, low: Image.Image | None, to_rgb: ToRgb | None
) -> tuple[Image.Image, Image.Image | None]:
    """Return a strip of more than 8 bits as RGB, and its alpha."""
    if low is None:
        values, top = _gray_values(image, strip), _top_of(image)
    else:
        values, top = wide_values(strip, low), 65535
    colors, alpha = values, None
    if values.shape[2] in (2, 4):
        colors, alpha = values[..., :-1], to_8_bit(values[..., -1])
    elif (key := strip.info.get("transparency")) is not None:
        alpha = np.where((values == key).all(axis=2), 0, 255).astype(np.uint8)
    if low is None and getattr(image, "tag_v2", {}).get(262) == 0 and strip.mode != "F":
        # white is zero: Pillow inverts 8 bits, but not more
        colors = top - colors
    profile = profile_of(image.info, gray=_base_mode(image) == "L")
    return rgb_of_deep(colors, to_rgb, top, profile), None if alpha is None else Image.fromarray(alpha)


def wide_values(high: Image.Image, low: Image.Image) -> NDArray[np.uint16]:
    """Return 16-bit values (h, w, C) of an image with their upper bytes and one with their lower bytes.

    Gray with alpha is an RGBA image, with both bytes of each.
    """
    upper, lower = np.asarray(high), np.asarray(low)
    if high.info.get(GRAY_ALPHA):
        upper, lower = lower[..., 0::2], lower[..., 1::2]
    values: NDArray[np.uint16] = upper.astype(np.uint16) << np.uint16(8) | lower
    return values


def _gray_values(image: Image.Image, strip: Image.Image) -> NDArray[Any]:
    """Return the values (h, w, 1) of a deep gray strip (modes I;16*, I, F), which Pillow's convert would clip."""
    values = np.asarray(strip)[..., np.newaxis]
    top = _top_of(image)
    if strip.mode == "I" and not (values.min() >= 0 and values.max() <= top):
        got = values.min() if values.min() < 0 else values.max()
        problem = f"32-bit gray values must be between 0 and {top}, got {got}"
        raise DepthError(problem, SCALE)
    return values


def _top_of(image: Image.Image) -> int:
    """Return the value of white; a 12-bit TIFF comes as I;16."""
    return 4095 if getattr(image, "tag_v2", {}).get(258) == (12,) else 65535


def _base_mode(image: Image.Image) -> str:
    """Name the mode its colors are handled in: L, RGB or CMYK."""
    if image.mode in ("1", "L", "LA", "La", "F") or image.mode.startswith("I") or image.info.get(GRAY_ALPHA):
        return "L"
    return "CMYK" if image.mode == "CMYK" else "RGB"
