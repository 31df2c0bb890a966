"""Outlines of a label map."""

from __future__ import annotations

import numpy as np

from imgcluster.types import Int32Array, UInt8Array

_DIRECTIONS = ((0, 1), (1, 0), (0, -1), (-1, 0))  # in which the top, right, bottom and left side of a pixel are walked
_ENDS = ((1, 0), (1, 1), (0, 1), (0, 0))  # x, y of the corner where a side ends


def trace_outlines(
    height: int,
    width: int,
    start: int,
    labels: Int32Array,
    walked: UInt8Array,
    vertices: Int32Array,
    rings: Int32Array,
) -> tuple[int, int, int]:
    """Walk along every side between a pixel and another label, once, with the label on the right hand."""
    padded = np.full((height + 2, width + 2), -1, np.int32)
    padded[1:-1, 1:-1] = labels.reshape(height, width)
    inside = padded[1:-1, 1:-1]
    tops = ((inside >= 0) & (inside != padded[:-2, 1:-1])).reshape(-1)
    rows = padded.tolist()
    n_rings, n_vertices = 0, 0
    for i in (start + tops[start:].nonzero()[0]).tolist():
        if walked[i >> 3] >> (i & 7) & 1:
            continue
        found, pinches, sides = _ring(rows, i // width + 1, i % width + 1)
        if n_rings == len(rings) or n_vertices + len(found) > len(vertices):
            return n_rings, n_vertices, i
        rings[n_rings] = rows[i // width + 1][i % width + 1], n_vertices, pinches
        vertices[n_vertices : n_vertices + len(found)] = found
        n_rings, n_vertices = n_rings + 1, n_vertices + len(found)
        for y, x in sides:
            at = (y - 1) * width + x - 1
            walked[at >> 3] |= 1 << (at & 7)
    return n_rings, n_vertices, height * width


def _ring(rows: list[list[int]], y: int, x: int) -> tuple[list[tuple[int, int]], int, list[tuple[int, int]]]:
    """Return the corners, x and y, of the ring through the top side of a pixel, its pinches and its top sides."""
    first, side, label = (y, x), 0, rows[y][x]
    corners: list[tuple[int, int]] = []
    tops: list[tuple[int, int]] = []
    pinches = 0
    while side or (y, x) != first or not tops:
        if side == 0:
            tops.append((y, x))
        corner = x - 1 + _ENDS[side][0], y - 1 + _ENDS[side][1]
        down, right = _DIRECTIONS[side]
        out_down, out_right = _DIRECTIONS[side - 1]
        is_beside = rows[y + down + out_down][x + right + out_right] == label
        if rows[y + down][x + right] != label:
            side = (side + 1) % 4
            pinches += is_beside
            corners.append(corner)
        elif is_beside:
            y, x, side = y + down + out_down, x + right + out_right, (side - 1) % 4
            corners.append(corner)
        else:
            y, x = y + down, x + right
    return corners, pinches, tops
