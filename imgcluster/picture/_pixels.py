"""Any kind of picture in memory -> upright 8-bit sRGB pixels.

Everything happens in strips of a few rows: a strip stays in the cache, and however many steps a picture needs
(profile, alpha, bit depth, turning), there is never a second whole copy of it.
"""

from collections.abc import Callable
from functools import lru_cache
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
ToRgb = Callable[[Image.Image], Image.Image]

# Of a 12-megapixel RGB picture: strips of 16 to 128 rows 16 ms, np.asarray of the whole 44 ms (it joins a
# thousand pieces), Pillow's Arrow buffer 21 ms (and only with another allocator).
_STRIP_PIXELS = 1 << 17

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

_ON_WHITE = "partly transparent; put on a white background"


def pixels_of_image(image: Image.Image, warn: Callable[[str], None]) -> Pixels:
    """Turn a loaded PIL image into (H, W, 3) uint8 pixels; `warn` is told what was lost.

    Raises ValueError when the values of a deep picture do not say where black and white are.
    """
    to_rgb = _profile_conversion(image, warn)
    orientation = _orientation(image, warn)
    width, height = image.size
    shape = (width, height, 3) if orientation in _SIDEWAYS else (height, width, 3)
    pixels = np.empty(shape, np.uint8)
    opaque = True
    for top in range(0, height, rows := _strip_rows(width)):
        bottom = min(top + rows, height)
        base, alpha = _color_and_alpha(image, image.crop((0, top, width, bottom)))
        rgb = to_rgb(base)
        if alpha is not None and alpha.getextrema()[0] != 255:
            opaque = False
            white = Image.new("RGB", rgb.size, "white")
            white.paste(rgb, mask=alpha)
            rgb = white
        if orientation in _TURNED:
            rgb = rgb.transpose(_TURNED[orientation])
        place = slice(height - bottom, height - top) if orientation in _FROM_THE_END else slice(top, bottom)
        pixels[(slice(None), place) if orientation in _SIDEWAYS else place] = np.asarray(rgb)
    if not opaque:
        warn(_ON_WHITE)
    return pixels


def pixels_of_array(array: NDArray[Any], warn: Callable[[str], None]) -> Pixels:
    """Turn an (H, W), (H, W, 3) or (H, W, 4) array into (H, W, 3) uint8 pixels, without a copy where it can."""
    check_array(array)
    if array.dtype == np.uint8 and array.shape[2:] == (3,):
        return np.ascontiguousarray(array)
    height, width = array.shape[:2]
    pixels = np.empty((height, width, 3), np.uint8)
    opaque = True
    for top in range(0, height, rows := _strip_rows(width)):
        strip = _eight_bit(array[top : top + rows])
        if strip.ndim == 2:
            strip = strip[:, :, np.newaxis]
        elif strip.shape[2] == 4 and strip[:, :, 3].min() == 255:
            strip = strip[:, :, :3]
        elif strip.shape[2] == 4:
            opaque = False
            strip = _on_white(strip)
        pixels[top : top + rows] = strip
    if not opaque:
        warn(_ON_WHITE)
    return pixels


def _strip_rows(width: int) -> int:
    """Count the rows of a strip."""
    return max(1, _STRIP_PIXELS // width)


def check_array(array: NDArray[Any]) -> None:
    """Refuse arrays that are no picture."""
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise ValueError(f"image must be of shape (H, W), (H, W, 3) or (H, W, 4), got {array.shape}")
    if array.size == 0:
        raise ValueError(f"image must have at least one pixel, got shape {array.shape}")
    if array.dtype not in (np.uint8, np.uint16) and array.dtype.kind != "f":
        raise TypeError(f"image must be uint8, uint16 or floating point in 0..1, got {array.dtype}; convert it first")


def _eight_bit(values: NDArray[Any], top: int = 65535) -> Pixels:
    """Scale integers from 0..`top`, or floats from 0..1, to 0..255, rounded to the nearest."""
    if values.dtype == np.uint8:
        return values
    if values.dtype.kind == "f":
        low, high = float(values.min()), float(values.max())
        # the negation catches NaN; the tolerance is for the rounding of sums that should give 1
        if not (low >= -1e-6 and high <= 1 + 1e-6):
            got = low if not low >= -1e-6 else high
            raise ValueError(f"floating-point values must be between 0 and 1, got {got:g}; scale or clip them first")
        rounded: Pixels = (np.clip(values, 0, 1) * 255 + 0.5).astype(np.uint8)
        return rounded
    scaled: Pixels = ((values.astype(np.uint32) * 255 + top // 2) // top).astype(np.uint8)
    return scaled


def _on_white(rgba: Pixels) -> Pixels:
    """Composite (h, w, 4) pixels on white, rounded to the nearest."""
    alpha = rgba[:, :, 3:].astype(np.uint16)
    mixed: Pixels = ((rgba[:, :, :3] * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
    return mixed


def _color_and_alpha(image: Image.Image, strip: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Split a strip of `image` into its colors, in mode L, RGB or CMYK, and its alpha, if it has one."""
    if strip.mode.startswith("I") or strip.mode == "F":
        return _shallow(image, strip)
    mode = _base_mode(image)
    if not strip.has_transparency_data:
        return (strip if strip.mode == mode else strip.convert(mode)), None
    # Pillow knows no way from La to anything but LA
    rgba = (strip.convert("LA") if strip.mode == "La" else strip).convert("RGBA")
    return rgba.getchannel("R") if mode == "L" else rgba.convert("RGB"), rgba.getchannel("A")


def _shallow(image: Image.Image, strip: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Scale a deep gray strip (modes I;16*, I, F) to 8 bits, which Pillow's convert would clip."""
    values = np.asarray(strip)
    tags = getattr(image, "tag_v2", {})
    # a 12-bit TIFF comes as I;16
    top = 4095 if tags.get(258) == (12,) else 65535
    if strip.mode == "I" and not (values.min() >= 0 and values.max() <= top):
        got = values.min() if values.min() < 0 else values.max()
        raise ValueError(f"32-bit gray values must be between 0 and {top}, got {got}; scale them to 16 bits first")
    gray = _eight_bit(values, top)
    if tags.get(262) == 0:
        # white is zero: Pillow turns round 8 bits, but not more
        gray = 255 - gray
    clear = strip.info.get("transparency")
    alpha = None if clear is None else Image.fromarray(np.where(values == clear, 0, 255).astype(np.uint8))
    return Image.fromarray(gray), alpha


def _orientation(image: Image.Image, warn: Callable[[str], None]) -> int:
    """Read the EXIF orientation, 1 to 8; 1 (upright) when it is missing or unreadable."""
    try:
        value = image.getexif().get(_ORIENTATION_TAG, 1)
    except Exception:
        # whatever a broken EXIF block makes Pillow raise, the pixels are fine
        warn("its EXIF data is broken; taken as upright")
        return 1
    return value if value in _TURNED else 1


def _profile_conversion(image: Image.Image, warn: Callable[[str], None]) -> ToRgb:
    """Choose how strips become sRGB: through the embedded ICC profile, or by plain conversion."""
    # LAB says by itself what its colors are
    profile = None if image.mode == "LAB" else image.info.get("icc_profile")
    if profile:
        try:
            return _through_profile(profile, _base_mode(image))
        except Exception as error:
            # lcms and its wrapper raise OSError, PyCMSError and more
            warn(f"its color profile cannot be used ({' '.join(str(error).split())}); taken as sRGB")
    return _plainly


def _plainly(strip: Image.Image) -> Image.Image:
    """Convert a strip to RGB without a profile."""
    return strip.convert("RGB")


@lru_cache(maxsize=2)
def _through_profile(profile: bytes, mode: str) -> ToRgb:
    """Build the way of strips in `mode` from their ICC profile to sRGB, once for all the tiles of a picture."""
    from PIL import ImageCms

    source = ImageCms.ImageCmsProfile(BytesIO(profile))
    space = source.profile.xcolor_space.strip()
    wanted = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}.get(space)
    # a gray picture may carry the RGB profile it was made under
    if wanted is None or (wanted != mode and (mode, wanted) != ("L", "RGB")):
        raise ValueError(f"it is for {space}, the picture is {mode}")
    # lcms turns a gray curve into so few points that a linear one is 10 levels off near black
    accuracy = ImageCms.Flags.NOOPTIMIZE if wanted == "L" else ImageCms.Flags.HIGHRESPRECALC
    transform = ImageCms.buildTransform(
        source,
        ImageCms.createProfile("sRGB"),
        wanted,
        "RGB",
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        ImageCms.Flags.BLACKPOINTCOMPENSATION | accuracy,
    )
    # sRGB has many profiles and no sure mark: it is the one that moves nothing by more than a rounding
    sample = _sample(wanted)
    moved = np.asarray(transform.apply(sample), np.int16) - np.asarray(sample.convert("RGB"), np.int16)
    if np.abs(moved).max() <= 1:
        return _plainly
    if wanted == "L":
        return _through_table(transform.apply(Image.frombytes("L", (256, 1), bytes(range(256)))).tobytes())
    return lambda strip: transform.apply(strip.convert(wanted))


def _through_table(table: bytes) -> ToRgb:
    """Look up the sRGB color of every gray: lcms, made to be exact, takes 130 ms a megapixel."""

    def to_rgb(strip: Image.Image) -> Image.Image:
        colored = strip.copy()
        colored.putpalette(table)
        return colored.convert("RGB")

    return to_rgb


def _sample(mode: str) -> Image.Image:
    """Make a picture of evenly spread colors in mode L, RGB or CMYK."""
    levels = np.arange(0, 256, 17, dtype=np.uint8)
    bands = np.meshgrid(*[levels] * Image.getmodebands(mode), indexing="ij")
    return Image.merge(mode, [Image.fromarray(band.reshape(len(levels), -1)) for band in bands])


def _base_mode(image: Image.Image) -> str:
    """Name the mode its colors are handled in: L, RGB or CMYK."""
    if image.mode in ("1", "L", "LA", "La", "F") or image.mode.startswith("I"):
        return "L"
    return "CMYK" if image.mode == "CMYK" else "RGB"
