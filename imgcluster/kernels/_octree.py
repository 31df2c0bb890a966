"""Exact assignment of colors with the help of an octree: the doors to ``src/octree.c``."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from imgcluster.kernels._assign import Totals
from imgcluster.kernels._backend import choice
from imgcluster.threads import run
from imgcluster.types import Float32Array, Float64Array, Int32Array, UInt32Array

OCTREE_BLOCK = 16  # points, as in src/kernels.h
OCTREE_MAX_CLUSTERS = 4096  # OCTREE_MAX_K of src/kernels.h


class OctreeArrays(NamedTuple):
    """An octree over points in three dimensions, as src/kernels.h describes it."""

    points: Float32Array  # (3, n + OCTREE_BLOCK)
    weights: Float64Array  # (n,)
    nodes: Int32Array  # (m, 3): begin, end, skip
    boxes: Float32Array  # (m, 6)
    totals: Float64Array  # (m, 4)


def build_octree(
    X: Float32Array, weights: Float64Array, keys: UInt32Array, levels: int, leaf_size: int
) -> OctreeArrays:
    """Build the octree of points sorted by Morton keys of 3 * levels bits."""
    kernel = choice()[0]
    points = np.zeros((3, len(X) + OCTREE_BLOCK), np.float32)
    points[:, : len(X)] = X.T
    m = kernel.octree_build(levels, leaf_size, keys, np.empty((0, 3), np.int32))
    tree = OctreeArrays(points, weights, np.empty((m, 3), np.int32), np.empty((m, 6), np.float32), np.empty((m, 4)))
    kernel.octree_build(levels, leaf_size, keys, tree.nodes)
    kernel.octree_summarize(*tree)
    return tree


def assign_octree(
    tree: OctreeArrays,
    parts: list[Int32Array],
    centers: Float32Array,
    labels: Int32Array,
    node_labels: Int32Array,
    n_threads: int = 1,
) -> Totals:
    """Assign every point of the octree to its nearest center, exactly; parts are the subtrees' roots, for threads."""
    kernel, _, level, _ = choice()
    transposed = np.ascontiguousarray(centers.T)
    totals = np.zeros((len(parts), len(centers), 4))

    def part(i: int) -> int:
        return int(kernel.octree_assign(level, *tree, parts[i], transposed, labels, node_labels, totals[i]))

    changed = sum(run(part, len(parts), n_threads))
    total = np.add.reduce(totals, axis=0)
    return Totals(total[:, 1:], total[:, 0], changed, float("nan"))
