"""Doors to the kernels of region graphs: which regions touch, and which to join."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from imgcluster.kernels._backend import choice
from imgcluster.types import Float64Array, Int16Array, Int32Array, Int64Array


class Borders(NamedTuple):
    """The edges of a region graph."""

    ends: Int32Array  # (m, 2), regions a < b
    lengths: Int64Array  # (m,), sides of pixels along which they meet
    contrasts: Int64Array  # (m,), sum over these of ||f - f'||^2


class Merges(NamedTuple):
    """Which regions were joined, in order."""

    pairs: Int32Array  # (t, 2), the second joined the first, which is the lower
    heights: Float64Array  # (t,), its cost


def region_edges(labels: Int32Array, n_regions: int, features: Int16Array | None = None) -> Borders:
    """Find which regions touch, in the order of their first meeting; -1 touches nothing."""
    kernel = choice()[0]
    given = np.empty(0, np.int16) if features is None else features
    d = 4 if features is None else features.shape[2]
    capacity = 3 * n_regions + 64  # of a planar graph with all regions connected; others may need more
    while True:
        bits = int(2 * capacity).bit_length()
        borders = Borders(np.empty((capacity, 2), np.int32), np.empty(capacity, np.int64), np.empty(capacity, np.int64))
        m = kernel.region_edges(*labels.shape, d, bits, labels, given, np.empty(1 << bits, np.int32), *borders)
        if m >= 0:
            return Borders(borders.ends[:m], borders.lengths[:m], borders.contrasts[:m])
        capacity *= 4


def merge_regions(
    areas: Float64Array,
    means: Float64Array,
    borders: Borders,
    n_regions: int,
    *,
    contrast: float = 0.0,
    floor: float = 0.0,
    power: int = 1,
) -> Merges:
    """Join the cheapest pair of touching regions until n_regions are left, or none touch.

    Cost: (||mean - mean'||^2 + contrast * mean contrast of the border + floor) * (n n' / (n + n'))^power; with power 1
    and neither contrast nor floor that is Ward's criterion, the growth of the squared error.
    """
    n, m = len(areas), len(borders.ends)
    pairs, heights = np.empty((n - 1, 2), np.int32), np.empty(n - 1)
    work = (
        areas.astype(np.float64),
        means.astype(np.float64, order="C"),
        *(part.copy() for part in borders),
        np.empty(3 * n + 4 * m, np.int32),
        np.empty(m),
    )
    done = choice()[0].merge_regions(float(contrast), float(floor), power, n_regions, *work, pairs, heights)
    return Merges(pairs[:done], heights[:done])


def merged_labels(n: int, pairs: Int32Array) -> Int32Array:
    """Return the label of each of n regions after joining pairs: (n,), in the order of the lowest region of each."""
    labels = np.empty(n, np.int32)
    choice()[0].merged_labels(np.ascontiguousarray(pairs), labels)
    return labels
