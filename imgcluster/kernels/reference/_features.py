"""The kernels that turn pixels into vectors of 16-bit integers."""

from __future__ import annotations

import numpy as np

from imgcluster.types import Float32Array, Int16Array, UInt8Array, UInt16Array

_CURVE_FIRST, _CURVE_SHIFT = 0x3C000000, 13  # bits of 2^-7; 1,024 entries an octave


def lab_features(
    isa: int,
    linear: Float32Array,
    matrix: Float32Array,
    x: UInt16Array,
    y: UInt16Array,
    z: UInt16Array,
    pixels: UInt8Array | UInt16Array,
    out: Int16Array,
) -> None:
    """L = 116 f(Y) - 16, a = 500 (f(X) - f(Y)), b = 200 (f(Y) - f(Z)), X, Y, Z over those of white."""
    red, green, blue = (linear[pixels[..., c]][..., None] for c in range(3))
    xyz = red * matrix[0] + green * matrix[1] + blue * matrix[2] + np.float32(2**-7)
    at = (xyz.view(np.int32) - _CURVE_FIRST) >> _CURVE_SHIFT
    at = np.where((at >= 0) & (at < len(x)), at, 0)
    lab = y[at[..., 1]]
    lab[..., 1] += x[at[..., 0]]  # modulo 2^16
    lab[..., 2] += z[at[..., 2]]
    out[...] = lab.view(np.int16)


def smooth(before: Int16Array, here: Int16Array, behind: Int16Array, edge: int) -> Int16Array:
    """(before + 2 here + behind) / 4, where a neighbor that lies beyond an edge counts as `here` itself."""
    steps = (other.astype(np.int32) - here for other in (before, behind))
    mixed = sum(np.where(np.abs(step) <= edge, step, 0) for step in steps)
    smoothed: Int16Array = (here + ((mixed + 2) >> 2)).astype(np.int16)
    return smoothed


def blur_rows(isa: int, width: int, d: int, edge: int, rows: Int16Array, out: Int16Array, scratch: Int16Array) -> None:
    """1-2-1 down and then across, where the outermost pixels count as their own neighbors."""
    down = smooth(rows[:-2], rows[1:-1], rows[2:], edge)
    padded = np.concatenate([down[:, :1], down, down[:, -1:]], axis=1)
    out[...] = smooth(padded[:, :-2], padded[:, 1:-1], padded[:, 2:], edge)


def halve(
    isa: int,
    height: int,
    width: int,
    d: int,
    fine: Int16Array,
    fine_weights: UInt16Array,
    coarse: Int16Array,
    weights: UInt16Array,
) -> None:
    """Mean of each block, rounded to the nearest integer, halves up."""
    weighted = np.zeros((coarse.shape[0] * 2, coarse.shape[1] * 2, d + 1), np.int64)
    weight = fine_weights.astype(np.int64) if fine_weights.size else np.ones((height, width), np.int64)
    weighted[:height, :width, :d] = fine * weight[..., None]
    weighted[:height, :width, d] = weight
    sums = weighted[::2, ::2] + weighted[1::2, ::2] + weighted[::2, 1::2] + weighted[1::2, 1::2]
    total = sums[..., d:]
    coarse[...] = (sums[..., :d] + total // 2) // np.maximum(total, 1)
    weights[...] = total[..., 0]
