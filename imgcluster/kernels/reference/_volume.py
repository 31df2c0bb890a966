"""Boundary k-means in volumes: blocks of voxels on the borders of segments move to the neighbor that costs least.

A block may move where its segment stays in one piece without it, and is not pierced: it is a simple point, for segments
connected by faces in surroundings connected by faces, edges or corners.

References
----------
G. Bertrand, G. Malandain, "A new characterization of three-dimensional simple points", Pattern Recognition Letters 15
(1994), doi:10.1016/0167-8655(94)90046-9.
"""

from __future__ import annotations

import numpy as np

from imgcluster.types import BoolArray, Float64Array, Int16Array, Int32Array, UInt8Array, UInt16Array

_SQUARE = 256  # BOUNDARY_SQUARE of src/kernels.h
_CELLS = [(z, y, x) for z in range(3) for y in range(3) for x in range(3)]
_MIDDLE = 13
_FACES = (4, 10, 12, 14, 16, 22)  # before, above, left, right, below, behind
_STEPS = [[sum(abs(p - q) for p, q in zip(a, b, strict=True)) for b in _CELLS] for a in _CELLS]
_FACE_WAYS = [[j for j in range(27) if _STEPS[i][j] == 1] for i in range(27)]
_ALL_WAYS = [
    [j for j in range(27) if j != i and all(abs(p - q) < 2 for p, q in zip(_CELLS[i], _CELLS[j], strict=True))]
    for i in range(27)
]
_NEAR = [i for i in range(27) if 0 < _STEPS[_MIDDLE][i] < 3]


def _block_sums(features: Int16Array, weights: Float64Array, places: tuple[Int32Array, ...]) -> Float64Array:
    """Compute w f, w z, w y, w x, w and w sum_c floor(f_c^2 / 256) of blocks: (n, d + 5), whole numbers."""
    f = features.astype(np.int32)
    squares = ((f * f) // _SQUARE).sum(axis=1)
    values: Float64Array = np.column_stack([f, *places, np.ones(len(f)), squares]) * weights[:, None]
    return values


def volume_sums(
    isa: int,
    depth: int,
    height: int,
    width: int,
    d: int,
    first_slice: int,
    last_slice: int,
    features: Int16Array,
    weights: UInt16Array,
    labels: Int32Array,
    active: UInt8Array,
    sums: Float64Array,
) -> None:
    """Add the blocks of these slices to the sums of their segments; whole numbers are exact in any order."""
    inside = np.arange(first_slice * height * width, last_slice * height * width)
    inside = inside[labels.reshape(-1)[inside] >= 0]
    found = labels.reshape(-1)[inside]
    weight = weights.reshape(-1)[inside] if weights.size else np.ones(len(inside))
    places = np.unravel_index(inside, (depth, height, width))
    values = _block_sums(features.reshape(-1, d)[inside], weight.astype(np.float64), places)  # type: ignore[arg-type]
    sums = sums.reshape(-1, d + 5)
    for j in range(d + 5):
        sums[:, j] += np.bincount(found, values[:, j], len(sums))


def _add_lanes(values: Float64Array) -> Float64Array:
    """Add up each row of (k, d) in the order of the vector code: fours, whose four lanes come last."""
    lanes = np.zeros((len(values), 4))
    for c in range(0, values.shape[1], 4):
        lanes += values[:, c : c + 4]
    added: Float64Array = (lanes[:, 0] + lanes[:, 2]) + (lanes[:, 1] + lanes[:, 3])
    return added


def volume_segments(
    d: int,
    position: float,
    variance: float,
    bonus: float,
    margin: float,
    side_z: float,
    side_y: float,
    side_x: float,
    sums: Float64Array,
    segments: Float64Array,
) -> None:
    """Describe segments by mean, slice, row, column, weight of position and 1 / size."""
    sums, segments = sums.reshape(-1, d + 5), segments.reshape(-1, d + 5)
    inverse = 1.0 / np.where(sums[:, d + 3] > 0, sums[:, d + 3], 1.0)
    segments[:, : d + 3] = sums[:, : d + 3] * inverse[:, None]
    spread = sums[:, d + 4] * _SQUARE * inverse - _add_lanes(segments[:, :d] * segments[:, :d])
    segments[:, d + 3] = position * (np.where(spread > 0, spread, 0.0) + variance)
    segments[:, d + 4] = inverse


def _reach(start: int, cells: set[int], ways: list[list[int]]) -> set[int]:
    """Return the cells that can be reached from one of them."""
    reached, todo = {start}, [start]
    while todo:
        new = [i for i in ways[todo.pop()] if i in cells and i not in reached]
        reached.update(new)
        todo += new
    return reached


def _may_leave(around: list[int], label: int) -> bool:
    """Check whether the block in the middle of 27 is a simple point of its segment."""
    same = {i for i in range(27) if around[i] == label and i != _MIDDLE}
    faces = [i for i in _FACES if i in same]
    if not faces or not set(faces) <= _reach(faces[0], same.intersection(_NEAR), _FACE_WAYS):
        return False
    others = set(range(27)) - same - {_MIDDLE}
    return _reach(min(others), others, _ALL_WAYS) == others


def _cost(
    segment: list[float], f: list[int], at: tuple[int, int, int], sides: tuple[float, ...], w: float, bonus: float
) -> float:
    """Cost of belonging to a segment for a block of weight w, to be left (w > 0) or joined (w < 0)."""
    d = len(f)
    lanes = [0.0] * 4
    for c in range(d):
        off = f[c] - segment[c]
        lanes[c % 4] += off * off
    z, y, x = (p - q for p, q in zip(at, segment[d : d + 3], strict=True))
    away = (sides[0] * (z * z) + sides[1] * (y * y)) + sides[2] * (x * x)
    distance = (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]) + segment[d + 3] * away
    return distance * (1.0 + w * segment[d + 4]) - bonus


def _choose(
    around: list[int],
    terms: tuple[float, ...],
    segments: Float64Array,
    first_label: int,
    f: list[int],
    at: tuple[int, int, int],
    w: float,
) -> tuple[int, bool]:
    """Choose the segment of a block, of equal ones its own, then the first in the order of faces.

    Also return whether another one costs less than this one and the margin, or would if the block could leave.
    """
    bonus, margin, *sides = terms
    label = around[_MIDDLE]
    if all(around[i] in (-1, label) for i in _FACES) or not _may_leave(around, label):
        return label, True

    def cost(t: int, weight: float) -> float:
        count = around.count(t) - (t == label)  # the block itself is no neighbor
        return _cost(segments[t - first_label].tolist(), f, at, tuple(sides), weight, bonus * count)

    best, least = label, cost(label, w)
    close, unsure = least + margin, False
    for t in (around[i] for i in _FACES):
        if t not in (-1, label):
            price = cost(t, -w)
            unsure |= price < close
            if price < least:
                best, least = t, price
    return best, unsure


def _on_border(labels: Int32Array, z: int, y: int) -> BoolArray:
    """Mark the blocks of a row that differ from one of their six neighbors."""
    row, (depth, height, _) = labels[z, y], labels.shape
    differs: BoolArray = np.zeros(len(row), bool)
    for v, u in ((max(z - 1, 0), y), (min(z + 1, depth - 1), y), (z, max(y - 1, 0)), (z, min(y + 1, height - 1))):
        differs |= row != labels[v, u]
    differs[1:] |= row[1:] != row[:-1]
    differs[:-1] |= row[1:] != row[:-1]
    return differs


def volume_move(
    isa: int,
    depth: int,
    height: int,
    width: int,
    d: int,
    first_slice: int,
    last_slice: int,
    first_label: int,
    position: float,
    variance: float,
    bonus: float,
    margin: float,
    side_z: float,
    side_y: float,
    side_x: float,
    features: Int16Array,
    weights: UInt16Array,
    labels: Int32Array,
    active: UInt8Array,
    segments: Float64Array,
    sums: Float64Array,
    candidates: Int32Array,
) -> int:
    """Sweep once over these slices: borders are listed row by row, and the block right of one that moved follows it."""
    shape, terms = (depth, height, width), (position, variance, bonus, margin, side_z, side_y, side_x)
    features, labels, active = features.reshape(*shape, d), labels.reshape(shape), active.reshape(shape)
    weights = weights.reshape(shape) if weights.size else np.ones(shape, np.uint16)
    segments, sums = segments.reshape(-1, d + 5), sums.reshape(-1, d + 5)
    moves = 0
    for z, y in np.ndindex(last_slice - first_slice, height):
        z += first_slice
        listed = (_on_border(labels, z, y) & (active[z, y] & 1 == 1)).tolist()
        moved = False
        for x in range(width):
            if not (listed[x] or moved):
                continue
            at, a = (z, y, x), int(labels[z, y, x])
            active[at], moved = 0, False
            if a < 0:
                continue
            f, w = features[at], float(weights[at])
            b, unsure = _choose(_around(labels, at), terms[2:], segments, first_label, f.tolist(), at, w)
            active[at] = 2 * unsure
            if b == a:
                continue
            moved, moves, labels[at] = True, moves + 1, b
            if sums.size:  # not in the last sweep
                active[tuple(slice(max(i - 1, 0), i + 2) for i in at)] = 3
                _transfer(f, w, at, terms, segments, sums, a - first_label, b - first_label)
    return moves


def _around(labels: Int32Array, at: tuple[int, int, int]) -> list[int]:
    """Return the labels of 27 blocks, -1 beyond the grid."""
    around = np.full((3, 3, 3), -1, np.int32)
    here = tuple(slice(max(i - 1, 0), i + 2) for i in at)
    found = labels[here]
    there = tuple(slice(int(i == 0), int(i == 0) + length) for i, length in zip(at, found.shape, strict=True))
    around[there] = found
    cells: list[int] = around.ravel().tolist()
    return cells


def _transfer(
    f: Int16Array,
    w: float,
    at: tuple[int, int, int],
    terms: tuple[float, ...],
    segments: Float64Array,
    sums: Float64Array,
    a: int,
    b: int,
) -> None:
    """Take a block from segment a to b, whose sums and means follow."""
    change = _block_sums(f[None], np.array([w]), tuple(np.array([i], np.int32) for i in at))[0]
    sums[a] -= change
    sums[b] += change
    for label in (a, b):
        volume_segments(len(f), *terms, sums=sums[label], segments=segments[label])  # type: ignore[arg-type, misc]
