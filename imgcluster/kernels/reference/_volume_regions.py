"""Label maps of volumes: connected components, which regions touch, and where they are."""

from __future__ import annotations

import numpy as np

from imgcluster.types import Int16Array, Int32Array, Int64Array, IntpArray


def _spread(ids: IntpArray, labels: Int32Array, axis: int) -> IntpArray:
    """Give every voxel the lowest id of its run of equal labels along an axis."""
    ids, labels = np.moveaxis(ids, axis, -1), np.moveaxis(labels, axis, -1)
    starts = np.ones(labels.shape, bool)
    starts[..., 1:] = labels[..., 1:] != labels[..., :-1]
    first = np.flatnonzero(starts)
    lowest = np.minimum.reduceat(ids.ravel(), first)
    spread = np.repeat(lowest, np.diff(first, append=labels.size)).reshape(labels.shape)
    return np.ascontiguousarray(np.moveaxis(spread, -1, axis))


def volume_components(
    depth: int, height: int, width: int, labels: Int32Array, components: Int32Array, parents: Int32Array
) -> int:
    """Spread the lowest voxel index over each component, along the axes in turn, until nothing changes."""
    labels = labels.reshape(depth, height, width)
    before, ids = None, np.arange(labels.size).reshape(labels.shape)
    while before is None or (ids != before).any():
        before = ids
        for axis in (2, 1, 0):
            ids = _spread(ids, labels, axis)
    inside = labels >= 0
    roots, numbers = np.unique(ids[inside], return_inverse=True)
    components[...] = -1
    components.reshape(labels.shape)[inside] = numbers
    return len(roots)


def volume_edges(
    depth: int,
    height: int,
    width: int,
    d: int,
    bits: int,
    labels: Int32Array,
    features: Int16Array,
    table: Int32Array,
    ends: Int32Array,
    lengths: Int64Array,
    contrasts: Int64Array,
) -> int:
    """Find which regions touch, in the order of their first meeting: by voxel, along x, then y, then z."""
    labels = labels.reshape(-1)
    grid = np.arange(labels.size).reshape(depth, height, width)
    at = np.concatenate([grid[..., :-1].ravel(), grid[:, :-1].ravel(), grid[:-1].ravel()])
    to = np.concatenate([grid[..., 1:].ravel(), grid[:, 1:].ravel(), grid[1:].ravel()])
    touches = (labels[at] != labels[to]) & (labels[at] >= 0) & (labels[to] >= 0)
    order = np.argsort(at[touches], kind="stable")
    at, to = at[touches][order], to[touches][order]
    pairs = np.sort(np.stack([labels[at], labels[to]]), axis=0)
    found, first, which = np.unique(pairs, axis=1, return_index=True, return_inverse=True)
    m = len(first)
    if m > len(lengths):
        return -1
    order = np.argsort(first)
    number = np.empty(m, np.intp)
    number[order] = np.arange(m)
    edge = number[which.reshape(-1)]
    ends.reshape(-1, 2)[:m] = found.T[order]
    lengths[:m] = np.bincount(edge, minlength=m)
    contrasts[:m] = 0
    if features.size:
        off = features.reshape(-1, d)[at].astype(np.int64) - features.reshape(-1, d)[to]
        np.add.at(contrasts, edge, (off * off).sum(axis=1))  # bincount would add in doubles
    return m


def volume_shapes(depth: int, height: int, width: int, labels: Int32Array, sums: Int64Array, boxes: Int32Array) -> None:
    """Add up voxels and their coordinates over each label, and find what it spans."""
    inside = np.flatnonzero(labels.reshape(-1) >= 0)
    found = labels.reshape(-1)[inside]
    places = np.stack(np.unravel_index(inside, (depth, height, width)), axis=1)
    sums, boxes = sums.reshape(-1, 4), boxes.reshape(-1, 6)
    np.add.at(sums[:, 0], found, 1)
    np.add.at(sums[:, 1:], found, places)
    lows, highs = np.full((len(sums), 3), np.iinfo(np.int32).max, np.int64), np.zeros((len(sums), 3), np.int64)
    np.minimum.at(lows, found, places)
    np.maximum.at(highs, found, places + 1)
    used = sums[:, 0] > 0
    boxes[used, :3], boxes[used, 3:] = lows[used], highs[used]
