"""Outlines of the components of a label map."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from imgcluster.types import Int32Array, UInt8Array

_DIRECTIONS = ((0, 1), (1, 0), (0, -1), (-1, 0))  # in which the top, right, bottom and left side of a pixel are walked
_ENDS = ((1, 0), (1, 1), (0, 1), (0, 0))  # x, y of the corner where a side ends


def trace_outlines(
    height: int, width: int, components: Int32Array, walked: UInt8Array, vertices: Int32Array, rings: Int32Array
) -> tuple[int, int]:
    """Walk along every side between a pixel and another component, once, with the component on the right hand."""
    padded = np.full((height + 2, width + 2), -1, np.int32)
    padded[1:-1, 1:-1] = components.reshape(height, width)
    tops = (padded[1:-1] >= 0) & (padded[1:-1] != padded[:-2])
    rows = padded.tolist()
    seen: set[tuple[int, int]] = set()
    found_rings: list[tuple[int, int]] = []
    found: list[tuple[int, int]] = []
    for y, x in zip(*(index.tolist() for index in tops.nonzero()), strict=True):
        if (y + 1, x) not in seen:
            found_rings.append((rows[y + 1][x], len(found)))
            found.extend(_ring(rows, (y + 1, x), seen))
    if len(rings):
        vertices[:], rings[:] = found, found_rings
    return len(found_rings), len(found)


def _ring(rows: list[list[int]], start: tuple[int, int], seen: set[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the corners, x and y, of the ring through the top side of a pixel."""
    (y, x), side = start, 0
    component = rows[y][x]
    while side or (y, x) != start or start not in seen:
        if side == 0:
            seen.add((y, x))
        corner = x - 1 + _ENDS[side][0], y - 1 + _ENDS[side][1]
        down, right = _DIRECTIONS[side]
        out_down, out_right = _DIRECTIONS[side - 1]
        if rows[y + down + out_down][x + right + out_right] == component:
            y, x, side = y + down + out_down, x + right + out_right, (side - 1) % 4
            yield corner
        elif rows[y + down][x + right] == component:
            y, x = y + down, x + right
        else:
            side = (side + 1) % 4
            yield corner
