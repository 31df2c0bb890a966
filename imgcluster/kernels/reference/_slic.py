"""SLIC's assignment: k-means over features and position, each center within its window.

Achanta et al., "SLIC Superpixels Compared to State-of-the-Art Superpixel Methods" (2012), algorithm 1; windows are
rounded outwards to blocks of pixels.
"""

from __future__ import annotations

import numpy as np

from imgcluster.types import Float32Array, Int16Array, Int32Array, Int64Array, IntpArray

SLIC_ROWS, SLIC_COLUMNS = 4, 16  # a block, as src/kernels.h has it


def _squared_distances(X: Int16Array, y: Float32Array, x: Float32Array, center: Float32Array) -> Float32Array:
    """Squared distances of a rectangle of pixels to one center, terms added in the order column, row, features."""
    dx, dy = x - center[-1], y - center[-2]
    total: Float32Array = dx * dx + (dy * dy)[:, None]
    for j in range(X.shape[2]):
        step = X[..., j].astype(np.float32) - center[j]
        total += step * step
    return total


def _assign_lonely(
    y: Float32Array, x: Float32Array, centers: Float32Array, boxes: Int32Array, labels: Int32Array
) -> None:
    """Give each block that is in no box to the center nearest to its middle, by position."""
    covered = np.zeros((-(-len(y) // SLIC_ROWS), -(-len(x) // SLIC_COLUMNS)), bool)
    for top, bottom, left, right in boxes:
        covered[top:bottom, left:right] = True
    for i, j in np.argwhere(~covered):
        row = y[min(i * SLIC_ROWS + SLIC_ROWS // 2, len(y) - 1)]
        dx, dy = x[j * SLIC_COLUMNS + SLIC_COLUMNS // 2] - centers[:, -1], row - centers[:, -2]
        block = slice(i * SLIC_ROWS, (i + 1) * SLIC_ROWS), slice(j * SLIC_COLUMNS, (j + 1) * SLIC_COLUMNS)
        labels[block] = np.argmin(dx * dx + dy * dy)


def _add_up(X: Int16Array, rows: IntpArray, labels: Int32Array, sums: Int64Array) -> None:
    """Add features, rows, columns and number of the pixels of each label to its sums."""
    inside = labels >= 0
    found = labels[inside]
    row, column = (grid[inside] for grid in np.broadcast_arrays(rows[:, None], np.arange(X.shape[1])))
    # sums of integers below 2^53 are exact in float64
    for j, values in enumerate([*np.moveaxis(X[inside], 1, 0), row, column, np.ones_like(found)]):
        sums[:, j] += np.bincount(found, values, len(sums)).astype(np.int64)


def slic_assign(
    isa: int,
    height: int,
    width: int,
    step: int,
    phase: int,
    first: int,
    end: int,
    scale: float,
    features: Int16Array,
    centers: Float32Array,
    boxes: Int32Array,
    labels: Int32Array,
    sums: Int64Array,
    candidates: Int32Array,
    scratch: Float32Array,
) -> int:
    """Label the visited pixels of block rows first to end, and add them to their label's sums."""
    rows = np.arange(phase, height, step)[first * SLIC_ROWS : end * SLIC_ROWS]
    columns = np.arange(-(-width // SLIC_COLUMNS) * SLIC_COLUMNS)
    y, x = (axis.astype(np.float32) * np.float32(scale) for axis in (rows, columns))
    X, old = features.reshape(height, width, -1)[rows], labels.reshape(height, width)
    boxes = boxes.reshape(-1, 4).clip([first, first, 0, 0], [end, end, len(x), len(x)]) - [first, first, 0, 0]
    nearest = np.zeros((len(rows), width), np.int32)
    best = np.full(nearest.shape, np.inf, np.float32)
    _assign_lonely(y, x, centers, boxes, nearest)
    for label, (top, bottom, left, right) in enumerate(boxes):
        part = slice(top * SLIC_ROWS, bottom * SLIC_ROWS), slice(left * SLIC_COLUMNS, min(right * SLIC_COLUMNS, width))
        distances = _squared_distances(X[part], y[part[0]], x[part[1]], centers[label])
        nearer = distances < best[part]
        best[part][nearer] = distances[nearer]
        nearest[part][nearer] = label
    nearest[old[rows] < 0] = old[rows][old[rows] < 0]
    changed = int(np.count_nonzero(nearest != old[rows]))
    old[rows] = nearest
    _add_up(X, rows, nearest, sums)
    return changed
