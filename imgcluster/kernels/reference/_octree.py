"""Octrees over points sorted by Morton keys, and the assignment that they speed up elsewhere."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from imgcluster.kernels.reference._assign import add_up, nearest
from imgcluster.types import Float32Array, Float64Array, Int32Array, UInt32Array


def octree_build(levels: int, leaf_size: int, keys: UInt32Array, nodes: Int32Array) -> int:
    """Depth-first nodes of the octree over sorted Morton keys (only counted when nodes is empty)."""
    found: list[tuple[int, int, int]] = []

    def build(begin: int, end: int, level: int) -> None:
        while level > 0 and keys[begin] >> 3 * (level - 1) == keys[end - 1] >> 3 * (level - 1):
            level -= 1  # a single child: the node is its child
        node = len(found)
        found.append((begin, end, node + 1))
        if level > 0 and end - begin > leaf_size:
            prefixes = keys[begin:end] >> 3 * (level - 1)
            edges = [begin, *(np.flatnonzero(prefixes[1:] != prefixes[:-1]) + begin + 1).tolist(), end]
            for child, stop in pairwise(edges):
                build(child, stop, level - 1)
            found[node] = (begin, end, len(found))

    build(0, len(keys), levels)
    if len(nodes):
        nodes[...] = found
    return len(found)


def octree_summarize(
    points: Float32Array, weights: Float64Array, nodes: Int32Array, boxes: Float32Array, totals: Float64Array
) -> None:
    """Bounding box and sums of w, w x, w y, w z of every node."""
    for i, (begin, end, _) in enumerate(nodes.tolist()):
        inside = points[:, begin:end]
        boxes[i, :3], boxes[i, 3:] = inside.min(axis=1), inside.max(axis=1)
        totals[i, 0] = weights[begin:end].sum()
        totals[i, 1:] = (weights[begin:end] * inside).sum(axis=1)


def octree_assign(
    isa: int,
    points: Float32Array,
    weights: Float64Array,
    nodes: Int32Array,
    boxes: Float32Array,
    totals: Float64Array,
    roots: Int32Array,
    centers: Float32Array,
    labels: Int32Array,
    node_labels: Int32Array,
    sums: Float64Array,
) -> int:
    """Assign the points below the roots; the tree only saves distances, so here all of them are computed."""
    changed, k = 0, centers.shape[1]
    for begin, end, _ in nodes[roots].tolist():
        X = points[:, begin:end].T
        new, _ = nearest(X, centers.T)
        changed += int(np.count_nonzero(labels[begin:end] != new))
        labels[begin:end] = new
        sums[:, 0] += np.bincount(new, weights[begin:end], minlength=k)
        for j in range(3):
            sums[:, 1 + j] += add_up(X[:, j], weights[begin:end], new, k)
    return changed
