"""OKLab: distances nearly match perceived differences.

References
----------
B. Ottosson, "A perceptual color space for image processing", 2020, https://bottosson.github.io/posts/oklab/.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from imgcluster.colors._color_space import ColorSpace
from imgcluster.colors._lab import linear_light
from imgcluster.types import Float32Array, Float64Array, UInt8Array

_LMS_OF_RGB = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_LAB_OF_ROOTS = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_SCALE = 255.0  # black to white, the same distance as in a channel of RGB
_OFFSET = np.array([0.0, 0.5, 0.5])  # of sRGB's colors a and b lie within -.32 and .28
_FRACTION = 16


def _encode(colors: UInt8Array) -> Float32Array:
    """Convert to L, a + 1/2 and b + 1/2, times 255, rounded to sixteenths."""
    lab = np.cbrt(_linear()[colors] @ _LMS_OF_RGB.T) @ _LAB_OF_ROOTS.T
    sixteenths: Float64Array = np.rint((lab + _OFFSET) * (_SCALE * _FRACTION))
    return (sixteenths / _FRACTION).astype(np.float32)


def _decode(points: Float64Array) -> Float64Array:
    """Convert back to sRGB; colors outside it are clipped."""
    roots = (points / _SCALE - _OFFSET) @ np.linalg.inv(_LAB_OF_ROOTS).T
    light = np.clip(roots**3 @ np.linalg.inv(_LMS_OF_RGB).T, 0, 1)
    shades: Float64Array = 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return shades


@cache
def _linear() -> Float64Array:
    """Return the linear light of the 256 shades."""
    return linear_light(np.arange(256) / 255)


OKLAB = ColorSpace("oklab", _encode, _decode)
