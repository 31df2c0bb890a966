"""sRGB as it is stored: the mean squared error and PSNR are measured in it."""

from __future__ import annotations

import numpy as np

from imgcluster.colors._color_space import ColorSpace
from imgcluster.types import Float32Array, Float64Array, UInt8Array


def _encode(colors: UInt8Array) -> Float32Array:
    """Return the shades as they are."""
    return colors.astype(np.float32)


def _decode(points: Float64Array) -> Float64Array:
    """Return shades in 0..255."""
    shades: Float64Array = np.clip(points, 0, 255)
    return shades


RGB = ColorSpace("rgb", _encode, _decode)
