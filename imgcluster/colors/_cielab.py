"""CIELAB: the distances of 1976 (delta E), which print and measurement use.

References
----------
IEC 61966-2-1:1999 (sRGB); CIE 15:2018 (CIELAB), for the white of D65 and the 2 degree observer.
"""

from __future__ import annotations

import numpy as np

from imgcluster.colors._color_space import ColorSpace, on_sixteenths
from imgcluster.colors._light import inverse, light_of, mixed, shades_of
from imgcluster.types import Float32Array, Float64Array, UInt8Array

# X, Y and Z as fractions of white, so that gray has equal parts
_XYZ_OF_RGB = (
    (0.412453 / 0.95047, 0.357580 / 0.95047, 0.180423 / 0.95047),
    (0.212671, 0.715160, 0.072169),
    (0.019334 / 1.08883, 0.119193 / 1.08883, 0.950227 / 1.08883),
)
_KNEE = 6 / 29  # of the cube root; below it CIE's curve is a straight line
_SLOPE = 3 * _KNEE * _KNEE
_SCALE = 1.25  # L 0..100, a -86.2..98.3 and b -107.9..94.5 fit in 0..256
_OFFSET = np.array([0.0, 87.0, 108.5])


def coordinates(colors: UInt8Array) -> Float64Array:
    """Convert to L, a + 87 and b + 108.5, times 1.25."""
    return lab_of_light(light_of(colors))


def lab_of_light(light: Float64Array) -> Float64Array:
    """Convert linear light (n, 3) to the coordinates."""
    fx, fy, fz = _curve(mixed(_XYZ_OF_RGB, light)).T
    lab: Float64Array = np.stack([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)], axis=1)
    shifted: Float64Array = lab + _OFFSET
    return shifted * _SCALE


def _encode(colors: UInt8Array) -> Float32Array:
    return on_sixteenths(colors, coordinates)


def _decode(points: Float64Array) -> Float64Array:
    """Convert back to sRGB; colors outside it are clipped."""
    lightness, a, b = (points / _SCALE - _OFFSET).T
    fy = (lightness + 16) / 116
    f = np.stack([fy + a / 500, fy, fy - b / 200], axis=1)
    return shades_of(mixed(inverse(_XYZ_OF_RGB), np.where(f > _KNEE, f * f * f, _SLOPE * (f - 4 / 29))))


def _curve(t: Float64Array) -> Float64Array:
    """CIE's f(t): the cube root, with a straight line near 0."""
    curve: Float64Array = np.where(t > _KNEE**3, np.cbrt(t), t / _SLOPE + 4 / 29)
    return curve


CIELAB = ColorSpace("lab", _encode, _decode)
