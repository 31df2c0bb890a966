"""Histograms of colors by Morton key: bits interleaved, red highest."""

from __future__ import annotations

import numpy as np

from imgcluster.types import FloatArray, Int64Array, UInt8Array, UInt16Array, UInt32Array

_PIXELS_AT_A_TIME = 1 << 16  # their differences fit in the cache


def _spread(v: UInt32Array) -> UInt32Array:
    """Move the bits of a byte three apart."""
    for shift, mask in ((8, 0x00F00F), (4, 0x0C30C3), (2, 0x249249)):
        v = (v | v << np.uint32(shift)) & np.uint32(mask)
    return v


def _gather(v: UInt32Array) -> UInt32Array:
    """Move every third bit together, back into a byte."""
    v = v & np.uint32(0x249249)
    for shift, mask in ((2, 0x0C30C3), (4, 0x00F00F), (8, 0x0000FF)):
        v = (v | v >> np.uint32(shift)) & np.uint32(mask)
    return v


def _keys(colors: UInt8Array) -> UInt32Array:
    """Morton keys of colors: bits interleaved, red highest."""
    spread = _spread(np.arange(256, dtype=np.uint32))
    return spread[colors[:, 0]] << np.uint32(2) | spread[colors[:, 1]] << np.uint32(1) | spread[colors[:, 2]]


def histogram_count(
    channels: int, pixels: UInt8Array, table: UInt8Array, touched: UInt8Array, carries: UInt32Array
) -> int:
    """Count pixels by Morton key in bytes, and list a key once for every 255 pixels that do not fit."""
    keys, counts = np.unique(_keys(pixels.reshape(-1, channels)), return_counts=True)
    carried = np.repeat(keys, (counts - 1) // 255)
    table[keys] = (counts - 1) % 255 + 1
    touched[keys >> np.uint32(9)] = 1
    carries[: len(carried)] = carried
    return len(carried)


def histogram_collect(tables: UInt8Array, touched: UInt8Array, keys: UInt32Array, counts: Int64Array) -> int:
    """Keys with a count in any table, in ascending order, and their counts without carries."""
    found = np.flatnonzero(tables.any(axis=0))
    if len(keys):
        keys[...] = found
        counts[...] = tables[:, found].sum(axis=0, dtype=np.int64)
    return len(found)


def keys_from_colors(colors: UInt8Array, keys: UInt32Array) -> None:
    """Morton keys of (n, 3) colors."""
    keys[...] = _keys(colors)


def colors_from_keys(keys: UInt32Array, colors: UInt8Array) -> None:
    """Colors of Morton keys."""
    for channel, shift in enumerate((2, 1, 0)):
        colors[:, channel] = _gather(keys >> np.uint32(shift))


def remap_pixels(channels: int, pixels: UInt8Array, table: FloatArray, indices: FloatArray) -> None:
    """Table entry of each pixel's color."""
    indices[...] = table[_keys(pixels.reshape(-1, channels))].reshape(indices.shape)


def squared_difference(pixels: UInt8Array, colors: UInt8Array, indices: UInt8Array | UInt16Array) -> int:
    """Squared distance of pixels to the colors of their indices, summed."""
    total = 0
    for start in range(0, indices.size, _PIXELS_AT_A_TIME):
        part = slice(start, start + _PIXELS_AT_A_TIME)
        shades = colors[indices.reshape(-1)[part]].astype(np.int16) - pixels.reshape(-1, 3)[part]
        # wraps around, but a square is below 2^16
        shades *= shades
        total += int(shades.view(np.uint16).sum(dtype=np.uint64))
    return total
