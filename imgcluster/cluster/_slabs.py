"""Colors, more of them than should stand in memory as vectors."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from imgcluster import kernels
from imgcluster.cluster._points import Assignment, EuclideanPoints, OctreePoints
from imgcluster.types import Float32Array, Float64Array, Int64Array, UInt32Array

_SLAB = 1 << 20  # points: in an octree some 60 MB
_LEVELS = 8  # bits of a channel


class OctreeSlabs(EuclideanPoints):
    """Weighted 24-bit colors in octrees that stand one at a time; labels and sums are those of `OctreePoints`.

    A color takes 16 bytes, in one octree 60. Building trees anew for every pass takes about as long as the pass.

    Parameters
    ----------
    keys : ndarray of shape (n,), uint32
        Morton keys of the colors, ascending and distinct.
    counts : ndarray of shape (n,), int64
        Their weights.
    n_threads : int
    """

    def __init__(self, keys: UInt32Array, counts: Int64Array, n_threads: int = 1) -> None:
        self._keys, self._counts, self._n_threads = keys, counts, n_threads
        self.labels = np.full(len(keys), -1, np.int32)
        self._squares: dict[int, float] = {}  # of slabs, by where they start: the same in every pass

    @property
    def shape(self) -> tuple[int, int]:
        """Return n, 3."""
        return len(self._keys), 3

    @property
    def dtype(self) -> np.dtype[np.float32]:
        """Return the type that distances are computed in."""
        return np.dtype(np.float32)

    @property
    def X(self) -> Float32Array:  # type: ignore[override]
        """All points, (n, 3), made at every call."""
        return _colors(self._keys)

    @property
    def weights(self) -> Float64Array:  # type: ignore[override]
        """All weights, (n,), made at every call."""
        return self._counts.astype(np.float64)

    def assign(self, centers: Float64Array) -> Assignment:
        """Label every point with its nearest center, ties to the lowest index."""
        steps = [points.assign(centers) for points in self._slabs()]
        sums, counts = np.sum([step.sums for step in steps], axis=0), np.sum([step.counts for step in steps], axis=0)
        return Assignment(sum(step.objective for step in steps), sums, counts, sum(step.changed for step in steps))

    def errors(self, centers: Float64Array) -> Float64Array:
        """Return w ||x - its center||^2 of every point, for the latest labels."""
        return np.concatenate([points.errors(centers) for points in self._slabs()])

    def _slabs(self) -> Iterator[OctreePoints]:
        """Build the octrees one by one; they write their labels where those of all points stand."""
        for start in range(0, len(self._keys), _SLAB):
            part = slice(start, start + _SLAB)
            keys = self._keys[part]
            points = OctreePoints(
                _colors(keys), self._counts[part].astype(np.float64), keys, _LEVELS, self._n_threads, self.labels[part]
            )
            if start in self._squares:
                points.squares = self._squares[start]
            yield points
            self._squares[start] = points.squares


def _colors(keys: UInt32Array) -> Float32Array:
    return kernels.colors_from_keys(keys).astype(np.float32)
