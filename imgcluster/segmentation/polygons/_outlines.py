"""Outlines of segments as polygons along pixel corners, some segments at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from imgcluster import kernels
from imgcluster.segmentation.polygons import _rings
from imgcluster.segmentation.polygons._rings import Rings
from imgcluster.types import Float64Array, Int32Array, Int64Array


@dataclass(frozen=True, eq=False)
class Outlines:
    """The polygons of consecutive segments, one for each 4-connected piece: its outer ring, then those around holes.

    Attributes
    ----------
    first : int
        The first segment.
    corners : ndarray of shape (m, 2), int32 or float64
        x and y, ring after ring; the last corner of a ring is its first one.
    rings : ndarray of shape (r + 1,), int64
        Where the corners of each ring begin.
    polygons : ndarray of shape (p + 1,), int64
        Where the rings of each polygon begin.
    segments : ndarray of shape (n + 1,), int64
        Where the polygons of each segment begin.

    Notes
    -----
    Corners are those of pixels, x to the right and y down: the top left pixel is the square from [0, 0] to [1, 1].
    Only corners where a ring turns are kept. No ring passes a corner twice, and two rings touch in single corners at
    most, so that all is valid by the rules of simple features. By the numbers (the shoelace formula) outer rings have
    a positive area, so are counter-clockwise where y points up, as RFC 7946 asks, and clockwise on a screen.
    """

    first: int
    corners: Int32Array | Float64Array
    rings: Int64Array
    polygons: Int64Array
    segments: Int64Array

    def __len__(self) -> int:
        return len(self.segments) - 1


def trace(labels: Int32Array, last_rows: Int64Array | Int32Array, n_vertices: int = 1 << 18) -> Iterator[Outlines]:
    """Trace the outlines of all segments, in their order, about so many corners at a time.

    Parameters
    ----------
    labels : ndarray of shape (H, W), int32
        0..n-1, each of them used, negative outside; it may be a mapped file.
    last_rows : ndarray of shape (n,)
        The last row of each segment.
    n_vertices : int
        What is held at a time besides segments that wait for one with a lower number.

    Yields
    ------
    Outlines
    """
    waiting = _rings.NONE
    first, n = 0, len(last_rows)
    for part in kernels.trace_outlines(labels, n_vertices):
        waiting = waiting.joined(_rings.simple(part.vertices, part.rings))
        # the ring of a hole may begin in the last row that is not scanned yet
        open_ones = np.flatnonzero(last_rows[first:] >= part.next_row)
        last = first + int(open_ones[0]) if len(open_ones) else n
        if last > first:
            ready, waiting = waiting.split(last)
            yield _assembled(ready, first, last)
            first = last


def _assembled(rings: Rings, first: int, last: int) -> Outlines:
    """Sort the rings of some segments, from first to below last, into polygons."""
    is_hole = rings.areas < 0
    pieces = _rings.pieces(rings, is_hole)
    order = np.lexsort((is_hole, pieces, rings.labels))
    ordered = rings.taken(order)
    begins = np.flatnonzero(~is_hole[order])
    counts = np.bincount(rings.labels[~is_hole] - first, minlength=last - first)
    corners, starts = ordered.closed()
    return Outlines(first, corners, starts, _ends(begins, len(order)), np.concatenate([[0], np.cumsum(counts)]))


def _ends(begins: Int64Array, end: int) -> Int64Array:
    """Return where parts begin, and where the last one ends."""
    return np.append(begins, end).astype(np.int64)


NOTHING = Outlines(
    0,
    np.zeros((0, 2), np.int32),
    np.zeros(1, np.int64),
    np.zeros(1, np.int64),
    np.zeros(1, np.int64),
)
"""The outlines of no segments."""
