"""What a dithered picture tells about its palette: how much each pixel takes part, and sums over pairs of pixels."""

from __future__ import annotations

import numpy as np

from imgcluster.types import BoolArray, Int32Array, Int64Array, UInt8Array

_FLAT, _NEVER = 0, 1
_REACH, _LIGHT, _LUMA = 3, 1 << 14, 1024


def _around(padded: UInt8Array) -> list[UInt8Array]:
    """Shift rows and columns so that the 3 x 3 values around a place stand at it."""
    height, width = padded.shape[0] - 2, padded.shape[1]
    wide = np.concatenate([padded[:, :1], padded, padded[:, -1:]], axis=1)
    return [wide[i : i + height, j : j + width] for i in range(3) for j in range(3)]


def dither_amounts(channels: int, width: int, pixels: UInt8Array, limits: UInt8Array, amounts: UInt8Array) -> None:
    """Tell how much of an error each pixel takes and gives, by the range of shades around it."""
    colors, bounds = _around(pixels.reshape(-1, width, channels)), _around(limits.reshape(-1, width))
    texture = (np.maximum.reduce(colors).astype(np.int32) - np.minimum.reduce(colors)).max(axis=2)
    limit = bounds[4].astype(np.int32)
    room = 255 * (2 * limit - texture)
    share = np.where(room < 0, 0, room // np.maximum(limit, 1)).clip(0, 255)
    silent = (limit <= _NEVER) | (np.minimum.reduce(bounds) == _FLAT)
    amounts[...] = np.where(silent, 0, share).reshape(amounts.shape)


def _opaque(pixels: UInt8Array) -> BoolArray:
    """Tell which pixels are opaque."""
    if pixels.shape[2] == 3:
        return np.ones(pixels.shape[:2], np.bool_)
    solid: BoolArray = pixels[..., 3] == 255
    return solid


def pair_sums(
    channels: int,
    width: int,
    k: int,
    light: Int32Array,
    of_luma: Int32Array,
    pair: Int32Array,
    pixels: UInt8Array,
    indices: UInt8Array,
    pairs: Int64Array,
    sums: Int64Array,
) -> None:
    """Add up weighted products over pairs of pixels by their entries, and the weighted blurred light by entry."""
    pixels, indices = pixels.reshape(-1, width, channels), indices.reshape(-1, width)
    height, inner = len(indices), max(0, width - 2 * _REACH)
    rows = np.arange(_REACH, height - _REACH, 2)
    shades, opaque = light[pixels[..., :3]].astype(np.int64), _opaque(pixels)
    luminance = (shades @ np.array([2126, 7152, 722])) // 10000
    weights = of_luma[luminance * (_LUMA - 1) // _LIGHT].astype(np.int64) * opaque
    here = np.ix_(rows, np.arange(_REACH, _REACH + inner))
    flat_pairs, entry, weight = pairs.reshape(-1), indices[here].astype(np.int64), weights[here]
    blurred = np.zeros((*entry.shape, 3), np.int64)
    for (dy, dx), share in np.ndenumerate(pair.reshape(7, 7)):
        there = np.ix_(rows + dy - _REACH, np.arange(dx, dx + inner))
        solid = int(share) * opaque[there]
        np.add.at(flat_pairs, entry * k + indices[there], weight * solid)
        blurred += solid[..., None] * shades[there]
    np.add.at(sums.reshape(k, 3), entry, weight[..., None] * blurred)
