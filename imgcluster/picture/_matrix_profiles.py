"""ICC profiles of curves and a matrix, or of one gray curve, applied to 16-bit values; lcms is asked for 8 bits only.

References
----------
ICC.1:2010, 8.3 (matrix and gray profiles), 10.5 (curveType) and 10.15 (parametricCurveType).
"""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from imgcluster.types import UInt8Array

_VALUES = 65536
_TABLES = (b"A2B0", b"A2B1")  # of profiles of another kind
# XYZ under D50 -> linear sRGB, by Bradford (annex E)
XYZ_TO_SRGB = np.array(
    [[3.13419, -1.61721, -0.49069], [-0.97875, 1.91613, 0.03343], [0.07196, -0.22899, 1.40575]], np.float32
)


class Conversion(NamedTuple):
    """Tables of 65,536 linear values for each channel, and the matrix from them to linear sRGB; None for gray."""

    tables: tuple[NDArray[np.float32], ...]
    matrix: NDArray[np.float32] | None

    def __call__(self, values: NDArray[np.uint16]) -> UInt8Array:
        """Return the sRGB pixels (h, w, 3) of values (h, w, C)."""
        linear = np.stack([table[values[..., i]] for i, table in enumerate(self.tables)], axis=-1)
        linear = np.repeat(linear, 3, axis=2) if self.matrix is None else linear @ self.matrix.T
        place = (np.clip(linear, 0, 1) * np.float32(_VALUES - 1) + np.float32(0.5)).astype(np.uint16)
        return encoded_srgb()[place]


@lru_cache(maxsize=1)
def encoded_srgb() -> UInt8Array:
    """Return sRGB, 8 bits, of linear values in 65,536 steps: near black a step is a twentieth of a level."""
    linear = np.linspace(0, 1, _VALUES)
    values = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(values * 255)).astype(np.uint8)


@lru_cache(maxsize=2)
def matrix_conversion(profile: bytes, mode: str) -> Conversion | None:
    """Return the conversion of 16-bit values of mode L or RGB; None if the profile is of another kind or damaged.

    None, too, if its black is not black: lcms compensates for that.
    """
    try:
        tags = _tags(profile)
        if any(name in tags for name in _TABLES) or profile[20:24] != b"XYZ ":
            return None
        is_gray = profile[16:20] == b"GRAY" and mode == "L"
        if not is_gray and profile[16:20] != b"RGB ":
            return None
        tables = tuple(_curve(tags[name]) for name in ((b"kTRC",) if is_gray else (b"rTRC", b"gTRC", b"bTRC")))
        if max(table[0] for table in tables) > 0:
            return None
        columns = [] if is_gray else [_xyz(tags[name]) for name in (b"rXYZ", b"gXYZ", b"bXYZ")]
    except (KeyError, struct.error, ValueError, IndexError):
        return None
    if is_gray:
        return Conversion(tables, None)
    matrix = (XYZ_TO_SRGB @ np.array(columns).T).astype(np.float32)
    return Conversion(tables, matrix)


def _tags(profile: bytes) -> dict[bytes, bytes]:
    """Return the data of tags by their names."""
    (n,) = struct.unpack_from(">I", profile, 128)
    entries = [struct.unpack_from(">4sII", profile, 132 + 12 * i) for i in range(min(n, 1000))]
    return {name: profile[at : at + n_bytes] for name, at, n_bytes in entries}


def _xyz(tag: bytes) -> tuple[float, ...]:
    """Return X, Y and Z."""
    if tag[:4] != b"XYZ ":
        raise ValueError("not a color")
    return tuple(value / 65536 for value in struct.unpack_from(">3i", tag, 8))


def _curve(tag: bytes) -> NDArray[np.float32]:
    """Return the linear values of 65,536 steps."""
    steps = np.linspace(0, 1, _VALUES)
    if tag[:4] == b"para":
        return np.asarray(np.clip(_parametric(tag, steps), 0, 1), np.float32)
    if tag[:4] != b"curv":
        raise ValueError("not a curve")
    (n,) = struct.unpack_from(">I", tag, 8)
    if n == 0:
        return steps.astype(np.float32)
    if n == 1:
        return np.asarray(steps ** (struct.unpack_from(">H", tag, 12)[0] / 256), np.float32)
    nodes = np.frombuffer(tag, ">u2", n, 12) / 65535
    return np.interp(steps, np.linspace(0, 1, n), nodes).astype(np.float32)


def _parametric(tag: bytes, x: NDArray[Any]) -> NDArray[Any]:
    """Return the values of one of the five parametric curves."""
    (kind,) = struct.unpack_from(">H", tag, 8)
    n = (1, 3, 4, 5, 7)[kind]
    g, *rest = (value / 65536 for value in struct.unpack_from(f">{n}i", tag, 12))
    a, b, c, d, e, f = (float(value) for value in [*rest, *(1, 0, 0, 0, 0, 0)[len(rest) :]])
    if kind == 1:
        c, d, f = 0, -b / a, 0
    elif kind == 2:
        # a constant below, and the same added above
        c, d, e, f = 0, -b / a, c, c
    power: NDArray[Any] = np.maximum(a * x + b, 0) ** g + e
    return power if kind == 0 else np.where(x >= d, power, c * x + f)
