"""From colors to weighted points, exactly or binned: the input of color clustering."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from imgcluster import kernels
from imgcluster.colors._color_space import ColorSpace
from imgcluster.colors._histogram import Histogram
from imgcluster.colors._rgb import RGB
from imgcluster.types import Float32Array, Float64Array, Int64Array, IntpArray, UInt32Array

# bin means are rounded to this fraction of a shade: sums of them are exact, so they have the same bits in any order
_FRACTION = 16


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
    keys, order = _sorted_keys(histogram, space)
    if bits == 8:
        every = slice(None) if order is None else order
        weights = histogram.counts[every].astype(np.float64)
        return WeightedPoints(space.encode(histogram.colors[every]), weights, keys, 8)
    # an eighth of the color space at a time: vectors of all colors may be larger than their picture
    edges = np.searchsorted(keys, np.arange(9, dtype=np.uint32) << np.uint32(21)).tolist()
    parts = []
    for part in (slice(*ends) for ends in pairwise(edges) if ends[0] < ends[1]):
        taken = part if order is None else order[part]
        X = space.encode(kernels.colors_from_keys(histogram.keys[taken]))
        parts.append(_bins(X, histogram.counts[taken], keys[part], bits))
    means, totals, firsts = zip(*parts, strict=True)
    return WeightedPoints(np.concatenate(means), np.concatenate(totals), np.concatenate(firsts), bits)


def bits_for(histogram: Histogram, most: int, space: ColorSpace = RGB) -> int:
    """Return the bits of a coordinate, 5 to 8, that distinguish as many colors as possible, but at most `most`."""
    if len(histogram) <= most:
        return 8
    all_bits, _ = _sorted_keys(histogram, space)
    for bits in (6, 7):  # from the coarse end: for a large photo this stops at once
        keys = all_bits >> np.uint32(3 * (8 - bits))
        if 1 + np.count_nonzero(keys[1:] != keys[:-1]) > most:
            return bits - 1
    return 7


def _sorted_keys(histogram: Histogram, space: ColorSpace) -> tuple[UInt32Array, IntpArray | None]:
    """Return the Morton keys of all colors in the space, ascending, and the order of the colors; None as they are."""
    if space is RGB:
        return histogram.keys, None
    keys = kernels.keys_from_colors(space.encode(histogram.colors).astype(np.uint8))
    order = np.argsort(keys, kind="stable")
    return keys[order], order


def _bins(
    X: Float32Array, counts: Int64Array, keys: UInt32Array, bits: int
) -> tuple[Float32Array, Float64Array, UInt32Array]:
    """Bin some points, by their keys: means, weights and keys of the bins."""
    weights = counts.astype(np.float64)
    keys = keys >> np.uint32(3 * (8 - bits))
    first = np.concatenate([[0], np.flatnonzero(keys[1:] != keys[:-1]) + 1])
    totals = np.add.reduceat(weights, first)
    means = np.stack([np.add.reduceat(weights * column, first) / totals for column in X.T], axis=1)
    means = np.rint(means * _FRACTION) / _FRACTION
    return means.astype(np.float32), totals, keys[first]
