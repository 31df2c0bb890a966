"""How colors are scaled in arrays that do not say so: integers of wide types, and floats of 0..255 or -1..1."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgcluster.kernels import by_bands
from imgcluster.superpixel._inputs import RAW_WAY_OUT, limits_inside
from imgcluster.types import BoolArray, Float64Array

# between 1 and this, floats may as well be light beyond white, and above this, -1..1 that a resizing overshot
_SURELY_8_BIT = 16.0
_SURELY_CENTERED = -0.25


def whole_colors(values: NDArray[Any], inside: BoolArray | None) -> NDArray[Any]:
    """Return colors in integers of other types as uint8, if all inside are at most 255, or else as uint16."""
    native = values.dtype.newbyteorder("=")
    if native.kind not in "iu" or native in (np.uint8, np.uint16) or values.ndim == 2:
        return values
    low, high = limits_inside(values, inside)
    if low < 0 or high > 65535:
        raise ValueError(
            f"image must be in 0..255 or 0..65535 where it holds colors in integers, got {low} to {high}; "
            f"scale it, or {RAW_WAY_OUT}"
        )
    top = 255 if high <= 255 else 65535
    # what lies outside may be anything
    return by_bands(lambda rows: np.clip(rows, 0, top), np.uint8 if top == 255 else np.uint16, values)


def implied_range(pixels: NDArray[Any], low: float, high: float) -> Float64Array | None:
    """Return the values of black and white of colors in floats that are surely 0..255 or -1..1, else None."""
    if pixels.ndim != 3 or pixels.dtype.kind != "f":
        return None
    if low >= 0 and _SURELY_8_BIT < high <= 255:
        return np.repeat([[0.0, 255.0]], pixels.shape[2], axis=0)
    if -1 <= low <= _SURELY_CENTERED and high <= 1:
        return np.repeat([[-1.0, 1.0]], pixels.shape[2], axis=0)
    return None
