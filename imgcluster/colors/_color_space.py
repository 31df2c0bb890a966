"""Color spaces: the conversion from 8-bit sRGB to coordinates in which clusters are found, and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from imgcluster.types import Float32Array, Float64Array, UInt8Array


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
