"""Colors of more than 8 bits -> 8-bit sRGB: rounded once, at the end."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imgcluster.picture._arrays import to_8_bit
from imgcluster.picture._matrix_profiles import matrix_conversion
from imgcluster.picture._profiles import ToRgb, plainly
from imgcluster.types import UInt8Array

_MODES = {1: "L", 3: "RGB", 4: "CMYK"}


def rgb_of_deep(
    values: NDArray[Any], to_rgb: ToRgb | None, top: int = 65535, profile: bytes | None = None
) -> Image.Image:
    """Return values (h, w, C) of gray, RGB or CMYK, integers in 0..`top` or floats in 0..1, as an RGB image.

    lcms applies profiles to 8 bits only. Those of curves and a matrix are applied here; what others give around a value
    is interpolated in the simplex that holds it (Kasson et al. 1995, doi:10.1117/12.197414). Without that, 13 levels of
    a linear picture are missing near black.
    """
    if to_rgb is None or to_rgb is plainly:
        return plainly(_image(to_8_bit(values, top)))
    exact = matrix_conversion(profile, _MODES[values.shape[2]]) if (profile and top > 255) or top == 1 else None
    if exact is not None:
        return Image.fromarray(exact(_to_16_bit(values, top)))
    scaled = np.clip(values, 0, 1) * np.float32(255) if values.dtype.kind == "f" else values * np.float32(255 / top)
    scaled = scaled.astype(np.float32, copy=False)
    lower = np.minimum(scaled.astype(np.uint8), 254)
    rest = scaled - lower
    order = np.argsort(-rest, axis=2, kind="stable")
    sorted_rest = np.take_along_axis(rest, order, axis=2)
    mixed = _through(lower, to_rgb) * (1 - sorted_rest[..., :1])
    for i in range(values.shape[2]):
        np.put_along_axis(lower, order[..., i : i + 1], np.take_along_axis(lower, order[..., i : i + 1], 2) + 1, 2)
        below = sorted_rest[..., i + 1 : i + 2] if i + 1 < values.shape[2] else 0
        mixed += _through(lower, to_rgb) * (sorted_rest[..., i : i + 1] - below)
    return Image.fromarray((mixed + np.float32(0.5)).astype(np.uint8))


def _to_16_bit(values: NDArray[Any], top: int) -> NDArray[np.uint16]:
    """Scale values to 0..65535."""
    if values.dtype.kind == "f":
        to_8_bit(values)  # rejects what is outside of 0..1
        return np.asarray(np.rint(np.clip(values, 0, 1) * 65535), np.uint16)
    if top != 65535:
        values = np.rint(values * (65535 / top))
    return np.asarray(values, np.uint16)


def _through(values: UInt8Array, to_rgb: ToRgb) -> NDArray[np.float32]:
    return np.asarray(to_rgb(_image(values))).astype(np.float32)


def _image(values: UInt8Array) -> Image.Image:
    """Return (h, w, C) values as an image."""
    mode = _MODES[values.shape[2]]
    return Image.frombytes(mode, (values.shape[1], values.shape[0]), np.ascontiguousarray(values).tobytes())
