"""OKLab: distances nearly match perceived differences.

References
----------
B. Ottosson, "A perceptual color space for image processing", 2020, https://bottosson.github.io/posts/oklab/.
"""

from __future__ import annotations

import numpy as np

from imgcluster.colors._color_space import ColorSpace, on_sixteenths
from imgcluster.colors._light import inverse, light_of, mixed, shades_of
from imgcluster.types import Float32Array, Float64Array, UInt8Array

_LMS_OF_RGB = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
_LAB_OF_ROOTS = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)
_SCALE = 255.0  # black to white, the same distance as in a channel of RGB
_OFFSET = np.array([0.0, 0.5, 0.5])  # of sRGB's colors a and b lie within -.32 and .28


def coordinates(colors: UInt8Array) -> Float64Array:
    """Convert to L, a + 1/2 and b + 1/2, times 255."""
    return oklab_of_light(light_of(colors))


def oklab_of_light(light: Float64Array) -> Float64Array:
    """Convert linear light (n, 3) to the coordinates."""
    roots = np.cbrt(mixed(_LMS_OF_RGB, light))
    shifted: Float64Array = mixed(_LAB_OF_ROOTS, roots) + _OFFSET
    return shifted * _SCALE


def _encode(colors: UInt8Array) -> Float32Array:
    return on_sixteenths(colors, coordinates)


def _decode(points: Float64Array) -> Float64Array:
    """Convert back to sRGB; colors outside it are clipped."""
    roots = mixed(inverse(_LAB_OF_ROOTS), points / _SCALE - _OFFSET)
    return shades_of(mixed(inverse(_LMS_OF_RGB), roots * roots * roots))


OKLAB = ColorSpace("oklab", _encode, _decode)
