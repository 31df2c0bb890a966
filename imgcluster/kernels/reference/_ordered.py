"""Ordered dithering, pixel by pixel, in the order of arithmetic of the C kernel."""

from __future__ import annotations

import numpy as np

from imgcluster.kernels.reference._dither import light_over_grounds, nearest_entry, nearest_translucent, oklab
from imgcluster.types import Float32Array, Int32Array, UInt8Array, UInt16Array, UInt32Array


def order_rows(
    channels: int,
    width: int,
    first_row: int,
    side: int,
    n: int,
    strength: float,
    clear: int,
    light: Float32Array,
    roots: Float32Array,
    entries: Float32Array,
    cells: Int32Array,
    candidates: UInt16Array,
    tile: UInt16Array,
    pixels: UInt8Array,
    colors: UInt32Array,
    mixed: UInt16Array,
    indices: UInt8Array | UInt16Array,
) -> None:
    """Dither rows by the thresholds of a tile; keeps no mixes."""

    def mix_of(color: Float32Array) -> list[int]:
        """Entries whose mean comes close to a color, dark to light."""
        lack, mixed = np.zeros(3, np.float32), []
        for _ in range(n):
            wanted = np.clip(color + np.float32(strength) * lack, np.float32(0), np.float32(1))
            k = max(0, nearest_entry(entries, cells, candidates, oklab(roots, wanted[None])[0]))
            lack += color - entries[k, :3]
            mixed.append(k)
        return sorted(mixed, key=lambda k: float(entries[k, 6]))

    thresholds = tile.reshape(side, side)
    for (y, x), _ in np.ndenumerate(indices.reshape(-1, width)):
        pixel = pixels.reshape(-1, width, channels)[y, x]
        seen = light_over_grounds(light, pixel)
        if channels == 4 and pixel[3] == 0 and clear < len(entries):
            k = clear
        elif channels == 4 and pixel[3] < 255:
            k = nearest_translucent(entries, oklab(roots, seen.reshape(2, 3)))
        else:
            k = mix_of(seen[:3])[int(thresholds[(first_row + y) % side, x % side]) * n >> 16]
        indices.reshape(-1, width)[y, x] = k
