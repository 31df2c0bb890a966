"""Between 8-bit sRGB and linear light, with the same bits on every machine."""

from __future__ import annotations

from functools import cache

import numpy as np

from imgcluster.types import Float64Array, UInt8Array

_GRID = 2.0**40  # powers differ between math libraries in their last bit, far below this grid
Matrix = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]


def linear_light(shades: Float64Array) -> Float64Array:
    """Undo the transfer curve of sRGB: shades in 0..1 to light in 0..1."""
    light: Float64Array = np.where(shades <= 0.04045, shades / 12.92, ((shades + 0.055) / 1.055) ** 2.4)
    return light


def linear_on_grid(shades: Float64Array) -> Float64Array:
    """Undo the transfer curve, rounded so far that all machines agree."""
    light: Float64Array = np.rint(linear_light(shades) * _GRID) / _GRID
    return light


def light_of(colors: UInt8Array) -> Float64Array:
    """Return the linear light of 8-bit colors, 0..1."""
    return _light_of_shades()[colors]


def shades_of(light: Float64Array) -> Float64Array:
    """Return the sRGB shades, 0..255, of linear light, clipped to 0..1.

    Rounded they are exact; between two shades they are interpolated, since a power would not have the same bits on
    every machine.
    """
    edges = _light_between_shades()
    clipped = np.clip(light, 0.0, 1.0)
    shade = np.searchsorted(edges[1:-1], clipped, side="right")
    within = (clipped - edges[shade]) / (edges[shade + 1] - edges[shade])
    shades: Float64Array = np.clip(shade + (within - 0.5), 0.0, 255.0)
    return shades


def mixed(matrix: Matrix, columns: Float64Array) -> Float64Array:
    """Multiply (n, 3) vectors by a matrix, without BLAS, whose order of sums differs between machines."""
    x, y, z = columns.T
    product: Float64Array = np.stack([a * x + b * y + c * z for a, b, c in matrix], axis=1)
    return product


def inverse(matrix: Matrix) -> Matrix:
    """Invert a 3 x 3 matrix by cofactors, without LAPACK."""
    (a, b, c), (d, e, f), (g, h, i) = matrix
    rows = (
        (e * i - f * h, c * h - b * i, b * f - c * e),
        (f * g - d * i, a * i - c * g, c * d - a * f),
        (d * h - e * g, b * g - a * h, a * e - b * d),
    )
    determinant = a * rows[0][0] + b * rows[1][0] + c * rows[2][0]
    first, second, third = (tuple(value / determinant for value in row) for row in rows)
    return first, second, third  # type: ignore[return-value]


@cache
def _light_of_shades() -> Float64Array:
    """Return the linear light of the 256 shades."""
    return linear_on_grid(np.arange(256) / 255)


@cache
def _light_between_shades() -> Float64Array:
    """Return the light at -1/2, 1/2, ... 255 1/2 shades; the first is below and the last above all light."""
    middles = linear_on_grid((np.arange(255) + 0.5) / 255)
    return np.concatenate([[-middles[0]], middles, [2 - middles[-1]]])
