"""Color spaces: the conversion from 8-bit sRGB to coordinates in which clusters are found, and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from imgcluster.types import Float32Array, Float64Array, UInt8Array

_FRACTION = 16
_BLOCK = 1 << 15  # colors at a time: their vectors fit in the cache


@dataclass(frozen=True)
class ColorSpace:
    """Coordinates whose Euclidean distances clustering keeps small.

    Attributes
    ----------
    name : str
        Its name in parameters.
    encode : function
        Colors (n, 3), uint8, sRGB -> coordinates (n, 3), float32: multiples of 1/16 from 0 to below 256. Sums of so few
        bits are exact, so that they have the same bits in any order.
    decode : function
        Coordinates (n, 3), float64, such as means -> sRGB (n, 3), float64 in 0..255, not yet rounded.
    """

    name: str
    encode: Callable[[UInt8Array], Float32Array]
    decode: Callable[[Float64Array], Float64Array]


def on_sixteenths(colors: UInt8Array, coordinates: Callable[[UInt8Array], Float64Array]) -> Float32Array:
    """Round the coordinates of colors to multiples of 1/16.

    None of the 2**24 colors has a coordinate within 1e-9 of the middle between two multiples, in any of the spaces, and
    machines differ by less than 1e-11: the rounded coordinates have the same bits on all of them.
    """
    rounded = np.empty(colors.shape, np.float32)
    for start in range(0, len(colors), _BLOCK):
        part = slice(start, start + _BLOCK)
        rounded[part] = np.rint(coordinates(colors[part]) * _FRACTION) / _FRACTION
    return rounded
