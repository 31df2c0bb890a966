"""Outlines of a label map: the door to ``src/outlines.c``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from imgcluster.kernels._backend import choice
from imgcluster.types import Int32Array


class OutlinePart(NamedTuple):
    """Some rings of a label map.

    Attributes
    ----------
    vertices : ndarray of shape (m, 2), int32
        Corners of pixels as x, y, ring after ring.
    rings : ndarray of shape (r, 3), int32
        For each ring its label, where its corners begin, and how many of them are pinches: there the label touches
        itself at a corner alone, which the ring may pass twice.
    next_row : int
        No ring that was not found yet begins above this row.
    """

    vertices: Int32Array
    rings: Int32Array
    next_row: int


def trace_outlines(labels: Int32Array, n_vertices: int = 1 << 20) -> Iterator[OutlinePart]:
    """Trace the rings around 4-connected pieces of labels and their holes, -1 outside, about so many corners at a time.

    Rings come by their first row, as they lie in memory or in a mapped file; those around holes have a negative area.
    """
    kernel, start, labels = choice()[0], 0, np.ascontiguousarray(labels)
    walked = np.zeros(labels.size // 8 + 1, np.uint8)
    while start < labels.size:
        vertices, rings = np.empty((n_vertices, 2), np.int32), np.empty((n_vertices // 4 + 1, 3), np.int32)
        n_rings, found, start = kernel.trace_outlines(*labels.shape, start, labels, walked, vertices, rings)
        if n_rings == 0 and start < labels.size:
            n_vertices *= 2  # not enough for a single ring
            continue
        yield OutlinePart(vertices[:found], rings[:n_rings], start // labels.shape[1])
