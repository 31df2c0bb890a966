"""Linear light: distances and means are those of the light itself, as when colors blend seen from afar."""

from __future__ import annotations

from imgcluster.colors._color_space import ColorSpace, on_sixteenths
from imgcluster.colors._light import light_of, shades_of
from imgcluster.types import Float32Array, Float64Array, UInt8Array

_SCALE = 255.0


def coordinates(colors: UInt8Array) -> Float64Array:
    """Convert to linear light times 255."""
    return linear_of_light(light_of(colors))


def linear_of_light(light: Float64Array) -> Float64Array:
    """Convert linear light (n, 3) to the coordinates."""
    return light * _SCALE


def _encode(colors: UInt8Array) -> Float32Array:
    return on_sixteenths(colors, coordinates)


def _decode(points: Float64Array) -> Float64Array:
    """Convert back to sRGB."""
    return shades_of(points / _SCALE)


LINEAR = ColorSpace("linear", _encode, _decode)
