"""Doors to the kernels of label maps of volumes: components, which regions touch, and where they are."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from imgcluster.kernels._backend import choice
from imgcluster.kernels._region_graph import Borders
from imgcluster.types import Int16Array, Int32Array, Int64Array


class VolumeShapes(NamedTuple):
    """Where the segments of a volume are."""

    areas: Int64Array  # (n,), voxels
    coordinate_sums: Int64Array  # (n, 3): slices, rows, columns
    boxes: Int32Array  # (n, 6): first slice, row and column, and those behind the last


def volume_components(labels: Int32Array) -> tuple[Int32Array, int]:
    """Find the 6-connected components of equal label numbered in raster order, -1 outside: (D, H, W) and how many."""
    components, parents = np.empty(labels.shape, np.int32), np.empty(labels.size, np.int32)
    n = choice()[0].volume_components(*labels.shape, np.ascontiguousarray(labels), components, parents)
    return components, n


def volume_edges(labels: Int32Array, n_regions: int, features: Int16Array | None = None) -> Borders:
    """Find which regions have common faces, in the order of their first meeting; -1 touches nothing."""
    kernel = choice()[0]
    given = np.empty(0, np.int16) if features is None else features
    d = 4 if features is None else features.shape[3]
    labels = np.ascontiguousarray(labels)
    capacity = 8 * n_regions + 64  # a region of a grid has 6 neighbors, counted twice; of foam 14
    while True:
        bits = int(2 * capacity).bit_length()
        borders = Borders(np.empty((capacity, 2), np.int32), np.empty(capacity, np.int64), np.empty(capacity, np.int64))
        m = kernel.volume_edges(*labels.shape, d, bits, labels, given, np.empty(1 << bits, np.int32), *borders)
        if m >= 0:
            return Borders(borders.ends[:m], borders.lengths[:m], borders.contrasts[:m])
        capacity *= 4


def volume_shapes(labels: Int32Array, n_labels: int) -> VolumeShapes:
    """Add up voxels and their coordinates over each label of (D, H, W), -1 outside."""
    sums, boxes = np.zeros((n_labels, 4), np.int64), np.zeros((n_labels, 6), np.int32)
    choice()[0].volume_shapes(*labels.shape, np.ascontiguousarray(labels), sums, boxes)
    return VolumeShapes(sums[:, 0].copy(), sums[:, 1:].copy(), boxes)
