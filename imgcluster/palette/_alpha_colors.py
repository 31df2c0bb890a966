"""The colors of a picture with alpha as points to cluster, binned or all of them, converted once."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from imgcluster.cluster import DensePoints, OctreePoints
from imgcluster.colors import AlphaHistogram, ColorSpace, SpaceColors, alpha_space
from imgcluster.palette._given_alpha import rgba_of
from imgcluster.palette._pinned_points import PinnedPoints
from imgcluster.types import Float32Array, Float64Array, Int32Array, Int64Array, UInt8Array

CLEAR = np.zeros((1, 4), np.uint8)


class AlphaColors:
    """The colors of a histogram in the coordinates of a space.

    Parameters
    ----------
    histogram : AlphaHistogram
    space : ColorSpace
    n_threads : int
    locked : ndarray of shape (l, 3), uint8
    """

    def __init__(self, histogram: AlphaHistogram, space: ColorSpace, n_threads: int, locked: UInt8Array) -> None:
        self.histogram, self.space, self._n_threads = histogram, alpha_space(space), n_threads
        self._opaque = SpaceColors(histogram.opaque, space)
        self._translucent = self.space.encode(histogram.translucent)
        self.n_locked, self.fixed = len(locked), rgba_of(locked)
        if histogram.n_clear:
            self.fixed = np.concatenate([self.fixed, CLEAR])

    def points(self, most_opaque: int | None = None, most_translucent: int | None = None) -> PinnedPoints:
        """Return points to cluster, binned where they are more than that."""
        opaque = None
        if len(self.histogram.opaque):
            bits = 8 if most_opaque is None else self._opaque.bits_for(most_opaque)
            opaque = OctreePoints(*self._opaque.points(bits), self._n_threads)
        X, weights = self._translucent, self.histogram.word_counts.astype(np.float64)
        for bits in (7, 6, 5, 4):
            if most_translucent is None or len(X) <= most_translucent:
                break
            X, weights = self._binned(bits)
        fixed = self.space.encode(self.fixed).astype(np.float64)
        return PinnedPoints(self.space, opaque, DensePoints(X, weights, self._n_threads), fixed)

    @cached_property
    def colors(self) -> UInt8Array:
        """The colors that are not clear, in the order of their points: (n, 4)."""
        order = self._opaque.order
        opaque = self.histogram.opaque.colors if order is None else self.histogram.opaque.colors[order]
        return np.concatenate([rgba_of(opaque), self.histogram.translucent])

    def in_histogram(self, labels: Int32Array, clear: int) -> Int32Array:
        """Put labels of the points in the order of the histogram, and add that of clear pixels."""
        n_opaque = len(self.histogram.opaque)
        every = np.full(len(self.histogram), clear, np.int32)
        every[: len(labels)] = labels
        every[:n_opaque] = self._opaque.in_histogram(labels[:n_opaque])
        return every

    def _binned(self, bits: int) -> tuple[Float32Array, Float64Array]:
        """Bin translucent colors by the upper bits of premultiplied color and alpha: means and weights of the bins."""
        keys, order = self._cells
        keys = keys & _upper(bits)
        if bits < 7:  # the order of finer cells is not that of coarser ones
            order = order[np.argsort(keys, kind="stable")]
            keys = np.sort(keys)
        first = np.concatenate([[0], np.flatnonzero(keys[1:] != keys[:-1]) + 1])
        weights = self.histogram.word_counts[order].astype(np.float64)
        totals = np.add.reduceat(weights, first)
        sums = np.add.reduceat(weights[:, None] * self._translucent[order], first)
        return (sums / totals[:, None]).astype(np.float32), totals

    @cached_property
    def _cells(self) -> tuple[NDArray[np.uint32], Int64Array]:
        """Cells of 7 bits a coordinate in ascending order, and which color each is of."""
        translucent = self.histogram.translucent
        alpha = translucent[:, 3:].astype(np.uint32)
        cells = np.concatenate([translucent[:, :3] * alpha // 255, alpha], axis=1)
        keys = (cells[:, 0] << 24) | (cells[:, 1] << 16) | (cells[:, 2] << 8) | cells[:, 3]
        keys &= _upper(7)
        order = np.argsort(keys, kind="stable")
        return keys[order], order


def _upper(bits: int) -> np.uint32:
    """Return the mask of the upper bits of each byte."""
    return np.uint32((256 - (1 << (8 - bits))) * 0x01010101)
