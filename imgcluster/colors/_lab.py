"""sRGB to CIELAB: the tables with which the kernels convert pixels.

References
----------
IEC 61966-2-1:1999 (sRGB); CIE 15:2018 (CIELAB), for the white of D65 and the 2 degree observer.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from imgcluster.colors._light import linear_light
from imgcluster.kernels import LAB_CURVE, LabTables
from imgcluster.types import Float32Array, Float64Array

_XYZ_OF_RGB = np.array([[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]])
_WHITE = np.array([0.95047, 1.0, 1.08883])
_EPSILON = (6 / 29) ** 3  # below it CIE's curve is a straight line


def _cube_root(t: Float64Array) -> Float64Array:
    """CIE's f(t): the cube root, with a straight line near 0."""
    curve: Float64Array = np.where(t > _EPSILON, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)
    return curve


@cache
def _curve() -> Float64Array:
    """f(t) by the leading bits of the float t + 2^-7, in the middle of each step."""
    starts = (np.arange(LAB_CURVE, dtype=np.int32) << 13) + 0x3C000000 + (1 << 12)
    return _cube_root(starts.view(np.float32).astype(np.float64) - 2.0**-7)


@cache
def _linear(n_shades: int) -> Float32Array:
    return linear_light(np.arange(n_shades) / (n_shades - 1)).astype(np.float32)


@cache
def lab_tables(n_shades: int, unit: int, chroma: float) -> LabTables:
    """Make the tables for pixels of so many shades (256 or 65536), a and b stretched by `chroma`."""
    matrix = np.ascontiguousarray((_XYZ_OF_RGB / _WHITE[:, None]).T, np.float32)
    f, none = _curve(), np.zeros(LAB_CURVE)
    x, z = 500 * chroma * f, -200 * chroma * f
    y = np.stack([116 * f - 16, -x, -z, none], axis=1)
    shares = (np.rint(share * unit).astype(np.int64).astype(np.uint16) for share in (x, y, z))  # modulo 2^16
    return LabTables(_linear(n_shades), matrix, *shares)
