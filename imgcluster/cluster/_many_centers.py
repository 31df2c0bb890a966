"""The assignment of points in an octree to very many centers: parts of the tree, each with the centers near it."""

from __future__ import annotations

import numpy as np

from imgcluster import kernels
from imgcluster.kernels import OctreeArrays
from imgcluster.threads import run
from imgcluster.types import BoolArray, Float32Array, Float64Array, Int32Array, IntpArray

_ROOT = np.zeros(1, np.int32)


def assign_many(
    tree: OctreeArrays, centers: Float32Array, labels: Int32Array, n_threads: int
) -> tuple[Float64Array, Float64Array, int]:
    """Label every point with its nearest center, exactly, ties to the lowest index: sums, sizes, changed labels.

    The kernel carries at most `OCTREE_MAX_CLUSTERS` centers down the tree, so it begins where no more are near.
    """
    parts = _parts(tree, centers)
    before = labels.copy()

    def part(i: int) -> Float64Array:
        node, near = parts[i]
        begin, end, _ = tree.nodes[node].tolist()
        assign = _dense if len(near) > kernels.OCTREE_MAX_CLUSTERS else _below
        totals = assign(_subtree(tree, node), centers[near], labels[begin:end])
        labels[begin:end] = near[labels[begin:end]]
        return totals

    total = np.zeros((len(centers), 4))
    for (_, near), totals in zip(parts, run(part, len(parts), n_threads), strict=True):
        total[near] += totals
    return total[:, 1:], total[:, 0], int(np.count_nonzero(before != labels))


def _parts(tree: OctreeArrays, centers: Float32Array) -> list[tuple[int, IntpArray]]:
    """Return subtrees that cover the tree, and which centers can be nearest to a point of each, ascending."""
    skip = tree.nodes[:, 2].tolist()
    found: list[tuple[int, IntpArray]] = []
    todo = [(0, np.arange(len(centers)), np.ascontiguousarray(centers.T))]
    while todo:
        node, near, columns = todo.pop()
        kept = np.flatnonzero(_can_be_nearest(tree.boxes[node], columns))
        near, columns = near[kept], columns.take(kept, axis=1)
        if len(near) <= kernels.OCTREE_MAX_CLUSTERS or skip[node] == node + 1:
            found.append((node, near))
            continue
        child = node + 1
        while child < skip[node]:
            todo.append((child, near, columns))
            child = skip[child]
    return found


def _can_be_nearest(box: Float32Array, columns: Float32Array) -> BoolArray:
    """Return which centers are not farther from all of a box than the center nearest to its middle may be."""
    middle, half = (box[:3] + box[3:]) / 2, (box[3:] - box[:3]) / 2
    squared = np.zeros(columns.shape[1], np.float32)
    for column, value in zip(columns, middle, strict=True):
        difference = column - value
        difference *= difference
        squared += difference
    # slack covers rounding here and in the kernel: a center too many costs a distance, one too few exactness
    reach = float(np.sqrt(squared.min())) + 2 * float(np.sqrt((half.astype(np.float64) ** 2).sum()))
    return np.asarray(squared <= np.float32((reach * (1 + 1e-4) + 1e-2) ** 2))


def _subtree(tree: OctreeArrays, node: int) -> OctreeArrays:
    """Return a node and what is below it as a tree of its own, which the kernel checks at every call."""
    begin, end, skip = tree.nodes[node].tolist()
    points = np.ascontiguousarray(tree.points[:, begin : end + kernels.OCTREE_BLOCK])
    nodes = tree.nodes[node:skip] - np.array([begin, begin, node], np.int32)
    return OctreeArrays(points, tree.weights[begin:end], nodes, tree.boxes[node:skip], tree.totals[node:skip])


def _below(tree: OctreeArrays, centers: Float32Array, labels: Int32Array) -> Float64Array:
    """Assign the points of a tree: sizes and sums."""
    found = kernels.assign_octree(tree, [_ROOT], centers, labels, np.full(len(tree.nodes), -1, np.int32))
    return np.column_stack([found.counts, found.sums])


def _dense(tree: OctreeArrays, centers: Float32Array, labels: Int32Array) -> Float64Array:
    """Assign points without the tree: few of them, but with more centers near than the kernel can carry."""
    n = len(tree.weights)
    X = np.ascontiguousarray(tree.points[:, :n].T)
    found = kernels.assign(X, tree.weights, centers, labels, np.empty(n, np.float32), 1)
    return np.column_stack([found.counts, found.sums])
