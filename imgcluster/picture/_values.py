"""The values of a picture at their full depth, as an array of the same picture would hold them: no scaling, no sRGB."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imgcluster.picture._arrays import turned
from imgcluster.picture._picture import Picture
from imgcluster.picture._pixels import orientation_of, wide_values

_NODATA_TAG = 42113  # of GDAL, as text
_BITS, _SAMPLE_FORMAT, _PHOTOMETRIC = 258, 339, 262
_UNSIGNED = 1


def is_deep_gray(image: Image.Image) -> bool:
    """Check whether an image is gray of more than 8 bits, or of floating point."""
    return image.mode.startswith("I") or image.mode == "F" or _is_signed(image)


def _is_signed(image: Image.Image) -> bool:
    """Check whether an image is gray of 8 bits with a sign."""
    return image.mode == "L" and getattr(image, "tag_v2", {}).get(_SAMPLE_FORMAT) == (2,)


def stored_values(image: Image.Image, low: Image.Image | None = None) -> Picture:
    """Return the values of a loaded image, upright: (H, W) or (H, W, C), as bands; indices become colors.

    `low` holds the lower bytes of 16-bit colors.
    """
    if low is not None:
        return Picture(turned(wide_values(image, low), orientation_of(image) or 1), kind="bands")
    if image.mode in ("P", "PA"):
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    elif image.mode in ("La", "RGBa", "RGBX"):
        image = image.convert({"La": "LA", "RGBa": "RGBA", "RGBX": "RGB"}[image.mode])
    values = np.asarray(image)
    if is_deep_gray(image):
        values = _deep_gray(image, values)
    clear = image.info.get("transparency") if is_deep_gray(image) else None
    return Picture(turned(values, orientation_of(image) or 1), kind="bands", nodata=clear)


def _deep_gray(image: Image.Image, values: NDArray[Any]) -> NDArray[Any]:
    """Return deep gray in the type that holds it, with black at 0."""
    tags = getattr(image, "tag_v2", {})
    if image.mode == "I" and tags.get(_BITS) == (32,) and tags.get(_SAMPLE_FORMAT, (_UNSIGNED,)) == (_UNSIGNED,):
        values = values.view(np.uint32)
    if _is_signed(image):
        values = values.view(np.int8)
    native = values.astype(values.dtype.newbyteorder("="), copy=False)
    if tags.get(_PHOTOMETRIC) == 0 and native.dtype == np.uint16:
        native = np.uint16(4095 if tags.get(_BITS) == (12,) else 65535) - native
    return native


def nodata_of(image: Image.Image) -> float | None:
    """Return the value that means "no data" in a GeoTIFF."""
    text = getattr(image, "tag_v2", {}).get(_NODATA_TAG)
    try:
        return None if text is None else float(str(text).strip(" \0"))
    except ValueError:
        return None
