"""Floyd and Steinberg's error diffusion, pixel by pixel, in the order of arithmetic of the C kernel."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from imgcluster.kernels.reference._dither import (
    light_over_grounds,
    nearest_entry,
    nearest_translucent,
    oklab,
    squared_distance,
)
from imgcluster.types import Float32Array, Int32Array, UInt8Array, UInt16Array

_SPACING, _OPAQUE = 12, 13
_SHARES: Float32Array = np.array([7, 3, 5, 1], np.float32) / np.float32(16)


class _Diffusion(NamedTuple):
    strength: np.float32
    thrift: np.float32
    clear: int
    light: Float32Array
    roots: Float32Array
    entries: Float32Array
    cells: Int32Array
    candidates: UInt16Array


def _thrifty(d: _Diffusion, lab: Float32Array, best: int, before: int, above: int, thrift: np.float32) -> int:
    """Take the entry before or above if it is nearly as near."""
    bonus = thrift * d.entries[best, _SPACING]
    least, found = squared_distance(lab, d.entries[best, 6:9]), best
    for other in (above, before):
        if other >= 0 and d.entries[other, _OPAQUE]:
            distance = squared_distance(lab, d.entries[other, 6:9]) - bonus
            if distance < least:
                least, found = distance, other
    return found


def _diffuse_pixel(
    d: _Diffusion, pixel: UInt8Array, amount: np.float32, before: int, above: int, error: Float32Array
) -> tuple[int, Float32Array]:
    """Find the entry of a pixel, and the error it gives to those after it."""
    opaque = len(pixel) == 3 or pixel[3] == 255
    if opaque and len(pixel) == 4:
        error = np.tile(np.float32(0.5) * (error[:3] + error[3:]), 2)
    wanted = np.clip(light_over_grounds(d.light, pixel) + error * amount, np.float32(-0.5), np.float32(1.5))
    lab = oklab(d.roots, np.clip(wanted, np.float32(0), np.float32(1)).reshape(-1, 3))
    if opaque:
        k = nearest_entry(d.entries, d.cells, d.candidates, lab[0])
        k = 0 if k < 0 else _thrifty(d, lab[0], k, before, above, d.thrift * amount)
    else:
        k = nearest_translucent(d.entries, lab)
    return k, (wanted - d.entries[k, : len(wanted)]) * (d.strength * amount)


def diffuse_rows(
    channels: int,
    width: int,
    first_row: int,
    strength: float,
    thrift: float,
    clear: int,
    light: Float32Array,
    roots: Float32Array,
    entries: Float32Array,
    cells: Int32Array,
    candidates: UInt16Array,
    pixels: UInt8Array,
    amounts: UInt8Array,
    errors: Float32Array,
    above: Int32Array,
    indices: UInt8Array | UInt16Array,
) -> None:
    """Dither rows, of which the odd ones run backward."""
    d = _Diffusion(np.float32(strength), np.float32(thrift), clear, light, roots, entries, cells, candidates)
    for y, row in enumerate(pixels.reshape(-1, width, channels)):
        backward = (first_row + y) % 2
        step, current, following = (-1 if backward else 1), errors[backward, 1:], errors[1 - backward]
        before, carried = -1, np.zeros(errors.shape[2], np.float32)
        following[...] = 0
        for x in range(width)[::step]:
            amount = np.float32(amounts[y, x]) * (np.float32(1) / np.float32(255)) if amounts.size else np.float32(1)
            if amounts.size and amounts[y, x] == 0:
                before, error = int(indices[y, x]), np.zeros_like(carried)
            elif channels == 4 and row[x, 3] == 0 and clear < len(entries):
                before, error = clear, np.zeros_like(carried)
            else:
                before, error = _diffuse_pixel(d, row[x], amount, before, above[x], current[x] + carried)
            above[x] = before
            carried = error * _SHARES[0]
            # column x is place x + 1
            following[x + 1 - step] += error * _SHARES[1]
            following[x + 1] += error * _SHARES[2]
            following[x + 1 + step] += error * _SHARES[3]
        indices[y] = above
