"""From colors to weighted points, exactly or binned: the input of color clustering."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from imgcluster import kernels
from imgcluster.colors._color_space import ColorSpace
from imgcluster.colors._histogram import Histogram
from imgcluster.colors._rgb import RGB
from imgcluster.types import Float32Array, Float64Array, Int64Array, IntpArray, UInt32Array

# bin means are rounded to this fraction of a shade: sums of them are exact, so they have the same bits in any order
FRACTION = 16
Scalar = TypeVar("Scalar", bound=np.generic)


class WeightedPoints(NamedTuple):
    """Weighted points in a color space, in the Morton order of their coordinates."""

    X: Float32Array  # (n, 3), multiples of 1/16 from 0 to below 256
    weights: Float64Array  # (n,), pixels
    keys: UInt32Array  # (n,), Morton keys of 3 * bits bits, ascending; points may share one
    bits: int  # of a coordinate


def weighted_points(histogram: Histogram, space: ColorSpace = RGB, bits: int = 8) -> WeightedPoints:
    """Turn a histogram into weighted points of a color space, exactly (8 bits) or binned.

    A bin of fewer bits a coordinate is represented by the mean of its pixels, so that the objective differs from the
    exact one by the spread within bins alone.

    Parameters
    ----------
    histogram : Histogram
    space : ColorSpace
    bits : int
        Upper bits of each coordinate that distinguish points, 1 to 8. With 8 each color is a point.

    Returns
    -------
    WeightedPoints
        For `imgcluster.cluster.OctreePoints`.

    Examples
    --------
    >>> import numpy as np
    >>> from imgcluster.colors import RGB, Histogram, weighted_points
    >>> histogram = Histogram.from_pixels(np.array([[9, 0, 0], [8, 0, 0], [8, 0, 0]], np.uint8))
    >>> points = weighted_points(histogram, RGB, bits=7)
    >>> points.X.tolist(), points.weights.tolist()
    ([[8.3125, 0.0, 0.0]], [3.0])
    """
    return SpaceColors(histogram, space).points(bits)


def bits_for(histogram: Histogram, most: int, space: ColorSpace = RGB) -> int:
    """Return the bits of a coordinate, 5 to 8, that distinguish as many colors as possible, but at most `most`."""
    return SpaceColors(histogram, space).bits_for(most)


class SpaceColors:
    """The colors of a histogram in a color space, converted and sorted once for any number of bins.

    Parameters
    ----------
    histogram : Histogram
    space : ColorSpace

    Attributes
    ----------
    order : ndarray of shape (n,) or None
        Places in the histogram of the colors in the Morton order of the space; None if that is the histogram's own.

    Examples
    --------
    >>> import numpy as np
    >>> from imgcluster.colors import OKLAB, Histogram, SpaceColors
    >>> colors = SpaceColors(Histogram.from_pixels(np.array([[[255, 0, 0], [0, 0, 255]]], np.uint8)), OKLAB)
    >>> colors.points(8).X.astype(int).tolist()
    [[115, 119, 48], [160, 184, 159]]
    >>> colors.in_histogram(np.array([7, 8])).tolist()
    [7, 8]
    """

    order: IntpArray | None

    def __init__(self, histogram: Histogram, space: ColorSpace) -> None:
        self.histogram, self.space = histogram, space
        self._keys, self.order, self._X = histogram.keys, None, None
        if space is not RGB:
            X = space.encode(histogram.colors)
            keys = kernels.keys_from_colors(X.astype(np.uint8))
            self.order = np.argsort(keys, kind="stable")
            self._keys, self._X = keys[self.order], X[self.order]

    def points(self, bits: int) -> WeightedPoints:
        """Return the points of so many bits, as `weighted_points` does."""
        if bits == 8:
            every = slice(0, len(self._keys))
            return WeightedPoints(self._coordinates(every), self._counts(every).astype(np.float64), self._keys, 8)
        # an eighth of the color space at a time: vectors of all colors may be larger than their picture
        edges = np.searchsorted(self._keys, np.arange(9, dtype=np.uint32) << np.uint32(21)).tolist()
        parts = [
            _bins(self._coordinates(part), self._counts(part), self._keys[part], bits)
            for part in (slice(*ends) for ends in pairwise(edges) if ends[0] < ends[1])
        ]
        means, totals, firsts = zip(*parts, strict=True)
        return WeightedPoints(np.concatenate(means), np.concatenate(totals), np.concatenate(firsts), bits)

    def bits_for(self, most: int) -> int:
        """Return the bits of a coordinate, 5 to 8, that distinguish as many colors as possible, but at most `most`."""
        if len(self._keys) <= most:
            return 8
        for bits in (6, 7):  # from the coarse end: for a large photo this stops at once
            keys = self._keys >> np.uint32(3 * (8 - bits))
            if 1 + np.count_nonzero(keys[1:] != keys[:-1]) > most:
                return bits - 1
        return 7

    def in_histogram(self, values: NDArray[Scalar]) -> NDArray[Scalar]:
        """Put values of the sorted colors, (n,), in the order of the histogram."""
        if self.order is None:
            return values
        unsorted = np.empty_like(values)
        unsorted[self.order] = values
        return unsorted

    def keys_of(self, places: IntpArray) -> UInt32Array:
        """Return the Morton keys in RGB of the colors at places of the sorted order."""
        return self.histogram.keys[places if self.order is None else self.order[places]]

    def _coordinates(self, part: slice) -> Float32Array:
        if self._X is not None:
            return self._X[part]
        return self.space.encode(kernels.colors_from_keys(self.histogram.keys[part]))

    def _counts(self, part: slice) -> Int64Array:
        return self.histogram.counts[part if self.order is None else self.order[part]]


def _bins(
    X: Float32Array, counts: Int64Array, keys: UInt32Array, bits: int
) -> tuple[Float32Array, Float64Array, UInt32Array]:
    """Bin some points, by their keys: means, weights and keys of the bins."""
    weights = counts.astype(np.float64)
    keys = keys >> np.uint32(3 * (8 - bits))
    first = np.concatenate([[0], np.flatnonzero(keys[1:] != keys[:-1]) + 1])
    totals = np.add.reduceat(weights, first)
    means = np.stack([np.add.reduceat(weights * column, first) / totals for column in X.T], axis=1)
    means = np.rint(means * FRACTION) / FRACTION
    return means.astype(np.float32), totals, keys[first]
