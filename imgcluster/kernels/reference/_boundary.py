"""Boundary k-means: blocks of pixels on the borders of segments move to the neighbor that costs least.

A block may move where its segment stays in one piece without it: it is a simple point (Kong and Rosenfeld 1989). What
it costs to belong to a segment is Hartigan and Wong's criterion (1979) to first order.

References
----------
J. A. Hartigan, M. A. Wong, "Algorithm AS 136: a k-means clustering algorithm", Applied Statistics 28 (1979),
doi:10.2307/2346830.
T. Y. Kong, A. Rosenfeld, "Digital topology: introduction and survey", Computer Vision, Graphics, and Image Processing
48 (1989), doi:10.1016/0734-189X(89)90147-3.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from imgcluster.types import BoolArray, Float64Array, Int16Array, Int32Array, UInt8Array, UInt16Array

_SQUARE = 256  # BOUNDARY_SQUARE of src/kernels.h
_RING = [5, 2, 1, 0, 3, 6, 7, 8]  # in a square of 3 x 3: east, north-east, north, ... south-east


def _block_sums(
    features: Int16Array, weights: UInt16Array | float, rows: Int32Array, columns: Int32Array
) -> Float64Array:
    """Compute w f, w y, w x, w and w sum_c floor(f_c^2 / 256) of blocks: (n, d + 4), whole numbers."""
    f = features.astype(np.int32)
    squares = ((f * f) // _SQUARE).sum(axis=1)
    values = np.column_stack([f, rows, columns, np.ones(len(f)), squares])
    weighted: Float64Array = values * np.broadcast_to(weights, len(f))[:, None]
    return weighted


def boundary_sums(
    isa: int,
    height: int,
    width: int,
    d: int,
    first_row: int,
    last_row: int,
    features: Int16Array,
    weights: UInt16Array,
    labels: Int32Array,
    active: UInt8Array,
    sums: Float64Array,
) -> None:
    """Add the blocks of these rows to the sums of their segments; whole numbers below 2^53 are exact in any order."""
    inside = np.arange(first_row * width, last_row * width)
    inside = inside[labels.reshape(-1)[inside] >= 0]
    found = labels.reshape(-1)[inside]
    weight = weights.reshape(-1)[inside] if weights.size else 1.0
    values = _block_sums(features.reshape(-1, d)[inside], weight, *np.divmod(inside, width))
    sums = sums.reshape(-1, d + 4)
    for j in range(d + 4):
        sums[:, j] += np.bincount(found, values[:, j], len(sums))


def _add_lanes(values: Float64Array) -> Float64Array:
    """Add up each row of (k, d) in the order of the vector code: fours, whose four lanes come last."""
    lanes = np.zeros((len(values), 4))
    for c in range(0, values.shape[1], 4):
        lanes += values[:, c : c + 4]
    added: Float64Array = (lanes[:, 0] + lanes[:, 2]) + (lanes[:, 1] + lanes[:, 3])
    return added


def boundary_segments(
    d: int, position: float, variance: float, bonus: float, margin: float, sums: Float64Array, segments: Float64Array
) -> None:
    """Describe segments by mean, row, column, weight of position and 1 / size."""
    sums, segments = sums.reshape(-1, d + 4), segments.reshape(-1, d + 4)
    inverse = 1.0 / np.where(sums[:, d + 2] > 0, sums[:, d + 2], 1.0)
    segments[:, : d + 2] = sums[:, : d + 2] * inverse[:, None]
    spread = sums[:, d + 3] * _SQUARE * inverse - _add_lanes(segments[:, :d] * segments[:, :d])
    segments[:, d + 2] = position * (np.where(spread > 0, spread, 0.0) + variance)
    segments[:, d + 3] = inverse


def _may_leave(ring: list[int], label: int) -> bool:
    """Check whether the neighbors of this label in the four directions are one run of the ring."""
    same = [other == label for other in ring]
    links = sum(same[k] and same[k + 1] and same[(k + 2) % 8] for k in (0, 2, 4, 6))
    return sum(same[::2]) - links == 1 or links == 4


def _cost(segment: list[float], f: list[int], y: int, x: int, w: float, bonus: float) -> float:
    """Cost of belonging to a segment for a block of weight w, to be left (w > 0) or joined (w < 0)."""
    d = len(f)
    lanes = [0.0] * 4
    for c in range(d):
        off = f[c] - segment[c]
        lanes[c % 4] += off * off
    v, u = y - segment[d], x - segment[d + 1]
    distance = (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]) + segment[d + 2] * (v * v + u * u)
    return distance * (1.0 + w * segment[d + 3]) - bonus


def _choose(
    ring: list[int],
    label: int,
    terms: tuple[float, float],
    row_of: Sequence[int],
    segments: Float64Array,
    f: list[int],
    y: int,
    x: int,
    w: float,
) -> tuple[int, bool]:
    """Choose the segment of a block, of equal ones its own, then the first of east, north, west and south.

    Also return whether another one costs less than this one and the margin, or would if the block could leave.
    """
    bonus, margin = terms
    if all(t in (-1, label) for t in ring[::2]) or not _may_leave(ring, label):
        return label, True
    best, least = label, _cost(segments[row_of[label]].tolist(), f, y, x, w, bonus * ring.count(label))
    close, unsure = least + margin, False
    for t in ring[::2]:
        if t >= 0 and t != label:
            cost = _cost(segments[row_of[t]].tolist(), f, y, x, -w, bonus * ring.count(t))
            unsure |= cost < close
            if cost < least:
                best, least = t, cost
    return best, unsure


def _on_border(labels: Int32Array, y: int) -> BoolArray:
    """Mark the blocks of a row that differ from one of their four neighbors."""
    row = labels[y]
    differs: BoolArray = (row != labels[max(y - 1, 0)]) | (row != labels[min(y + 1, len(labels) - 1)])
    differs[1:] |= row[1:] != row[:-1]
    differs[:-1] |= row[1:] != row[:-1]
    return differs


def number_labels(labels: Int32Array, numbers: Int32Array, found: Int32Array) -> int:
    """Give numbers to the labels that occur, in the order of their first places, and list them."""
    values, first = np.unique(labels[labels >= 0], return_index=True)
    order = np.argsort(first)
    found[: len(order)] = values[order]
    numbers[found[: len(order)]] = np.arange(len(order))
    return len(order)


def boundary_move(
    isa: int,
    height: int,
    width: int,
    d: int,
    first_row: int,
    last_row: int,
    live: int,
    position: float,
    variance: float,
    bonus: float,
    margin: float,
    features: Int16Array,
    weights: UInt16Array,
    labels: Int32Array,
    active: UInt8Array,
    numbers: Int32Array,
    segments: Float64Array,
    sums: Float64Array,
    candidates: Int32Array,
) -> int:
    """Sweep once over these rows: borders are listed row by row, and the block right of one that moved follows it."""
    row_of = numbers.tolist() if numbers.size else range(len(segments))
    features, labels = features.reshape(height, width, d), labels.reshape(height, width)
    active, weights = active.reshape(height, width), weights.reshape(-1, width)
    segments, sums = segments.reshape(-1, d + 4), sums.reshape(-1, d + 4)
    padded, moves = np.pad(labels, 1, constant_values=-1), 0  # beyond the grid is outside
    for y in range(first_row, last_row):
        listed = (_on_border(labels, y) & (active[y] & 1 == 1)).tolist()
        moved = False
        for x in range(width):
            if not (listed[x] or moved):
                continue
            a = int(labels[y, x])
            active[y, x], moved = 0, False
            if a < 0:
                continue
            ring = padded[y : y + 3, x : x + 3].take(_RING).tolist()
            w = float(weights[y, x]) if weights.size else 1.0
            b, unsure = _choose(ring, a, (bonus, margin), row_of, segments, features[y, x].tolist(), y, x, w)
            active[y, x] = 2 * unsure
            if b == a:
                continue
            moved, moves = True, moves + 1
            labels[y, x] = padded[y + 1, x + 1] = b
            if not sums.size:  # the last sweep
                continue
            active[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2] = 3
            change = _block_sums(features[y, x][None], w, np.array([y], np.int32), np.array([x], np.int32))[0]
            sums[row_of[a]] -= change
            sums[row_of[b]] += change
            if live:
                for row in (row_of[a], row_of[b]):
                    boundary_segments(d, position, variance, bonus, margin, sums[row], segments[row])
    return moves


def double_level(
    height: int,
    width: int,
    labels: Int32Array,
    active: UInt8Array,
    mask: UInt8Array,
    fine_labels: Int32Array,
    fine_active: UInt8Array,
) -> None:
    """Turn each block into 2 x 2, as far as the finer level goes; -1 where the mask is 0."""
    for coarse, fine in ((labels, fine_labels), (active != 0, fine_active)):
        half = coarse.reshape((height + 1) // 2, (width + 1) // 2)
        fine.reshape(height, width)[...] = half.repeat(2, axis=0).repeat(2, axis=1)[:height, :width]
    if mask.size:
        fine_labels.reshape(height, width)[mask.reshape(height, width) == 0] = -1
