"""Connected components of label maps: the doors to ``src/components.c``."""

from __future__ import annotations

import numpy as np

from imgcluster.kernels._arrays import empty
from imgcluster.kernels._backend import choice
from imgcluster.types import Int32Array


def label_components(labels: Int32Array) -> tuple[Int32Array, int]:
    """Find the 4-connected components of equal label numbered in raster order, -1 outside: (H, W) and how many."""
    components, parents = empty(labels.shape, np.int32), empty(labels.size, np.int32)
    n = choice()[0].label_components(*labels.shape, np.ascontiguousarray(labels), components, parents)
    return components, n


def relabel(labels: Int32Array, n_labels: int) -> tuple[Int32Array, int]:
    """Renumber labels below n_labels in order of their first pixels, -1 outside: the new map and how many."""
    numbers, out = np.full(n_labels, -1, np.int32), empty(labels.shape, np.int32)
    n = choice()[0].relabel(np.ascontiguousarray(labels), numbers, out)
    return out, n


def map_labels(labels: Int32Array, table: Int32Array, out: Int32Array | None = None) -> Int32Array:
    """Look every label up in a table, -1 outside; out may be labels itself."""
    out = empty(labels.shape, np.int32) if out is None else out
    choice()[0].map_labels(np.ascontiguousarray(labels), table, out)
    return out


def join_pieces(
    labels: Int32Array, components: Int32Array, n_components: int, n_labels: int, min_size: int
) -> tuple[Int32Array, Int32Array]:
    """Return which component each one becomes part of, and its label: two arrays (n_components,)."""
    owners, names = empty(n_components, np.int32), empty(n_components, np.int32)
    scratch = empty(4 * n_components + 1 + n_labels + labels.size, np.int32)
    choice()[0].join_pieces(
        *labels.shape, n_labels, min_size, np.ascontiguousarray(labels), components, owners, names, scratch
    )
    return owners, names
