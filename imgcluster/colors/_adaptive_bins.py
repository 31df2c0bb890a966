"""Bins of colors that are as fine as the pixels in them are many and far apart."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from imgcluster.colors._weighted_points import FRACTION, WeightedPoints
from imgcluster.types import BoolArray, Float64Array, IntpArray, UInt32Array

_HALVINGS = 40  # of the interval that the limit lies in


class _Level(NamedTuple):
    """The cells of the octree at one level, in the order of their keys."""

    keys: UInt32Array
    moments: Float64Array  # (5, n): weight, three coordinate sums, sum of squared lengths
    spread: Float64Array  # (n,), summed squared distance from the mean
    first: IntpArray  # (n,), their first point

    def parents(self) -> tuple[_Level, IntpArray]:
        """Return the level above, and how many cells of this one each of its cells has."""
        keys = self.keys >> np.uint32(3)
        starts = np.concatenate([[0], np.flatnonzero(keys[1:] != keys[:-1]) + 1])
        moments = np.add.reduceat(self.moments, starts, axis=1)
        spread = moments[4] - (moments[1:4] ** 2).sum(axis=0) / moments[0]
        sizes = np.diff(np.append(starts, len(keys)))
        spread[sizes == 1] = self.spread[starts[sizes == 1]]  # one and the same, whatever rounding says
        # no less than that of a part, so that the cells below a limit are whole subtrees
        spread = np.maximum(spread, np.maximum.reduceat(self.spread, starts))
        return _Level(keys[starts], moments, spread, self.first[starts]), sizes


def adaptive_bins(points: WeightedPoints, most: int) -> WeightedPoints:
    """Merge points to at most so many bins, cells of an octree of about equal summed squared spread.

    Where pixels are many, as in the sky of a photo, bins are finer than where they are few. For as many bins, centers
    found on them fit the points far better than those found on bins of one size.

    Parameters
    ----------
    points : WeightedPoints
    most : int
        Positive. Cells of the first level, 1/8 of an axis, are not merged.

    Returns
    -------
    WeightedPoints
        The points themselves if they are few enough.

    Examples
    --------
    >>> import numpy as np
    >>> from imgcluster.colors import Histogram, adaptive_bins, weighted_points
    >>> rows = np.array([[0, 0, 0]] * 90 + [[3, 0, 0]] * 90 + [[90, 0, 0], [93, 0, 0]], np.uint8)
    >>> adaptive_bins(weighted_points(Histogram.from_pixels(rows)), 3).X[:, 0].tolist()
    [0.0, 3.0, 91.5]
    """
    n = len(points.X)
    if n <= most:
        return points
    columns, w = points.X.T.astype(np.float64), points.weights
    moments = np.stack([w, *(w * columns), w * (columns * columns).sum(axis=0)])
    levels, parts = [_Level(points.keys, moments, np.zeros(n), np.arange(n))], []
    for _ in range(points.bits - 3):
        parent, sizes = levels[-1].parents()
        levels.append(parent)
        parts.append(sizes)
    limit = _limit(levels, parts, most)
    chosen = [
        _whole(level, above, sizes, limit) for level, above, sizes in zip(levels, levels[1:], parts, strict=False)
    ]
    chosen.append(levels[-1].spread <= limit)
    first = np.concatenate([level.first[which] for level, which in zip(levels, chosen, strict=True)])
    joined = np.concatenate([level.moments[:, which] for level, which in zip(levels, chosen, strict=True)], axis=1)
    order = np.argsort(first)
    joined = joined[:, order]
    means = np.rint(joined[1:4] / joined[0] * FRACTION) / FRACTION
    return WeightedPoints(
        np.ascontiguousarray(means.T, np.float32), joined[0].copy(), points.keys[first[order]], points.bits
    )


def _limit(levels: list[_Level], parts: list[IntpArray], most: int) -> float:
    """Return the spread up to which a cell is a bin: nearly the least that makes no more than so many bins."""
    spread = np.concatenate([level.spread for level in levels[1:]])
    more = np.concatenate(parts) - 1  # bins that splitting a cell adds
    branching = more > 0
    spread, more = spread[branching], more[branching]
    low, high = 0.0, float(spread.max(initial=0.0))
    for _ in range(_HALVINGS):
        middle = float(np.sqrt(low * high)) if low else high / 1024
        if len(levels[-1].keys) + int(more[spread > middle].sum()) <= most:
            high = middle
        else:
            low = middle
    return high


def _whole(level: _Level, above: _Level, sizes: IntpArray, limit: float) -> BoolArray:
    """Return which cells are bins: those within the limit whose parents are not."""
    whole: BoolArray = (level.spread <= limit) & np.repeat(above.spread > limit, sizes)
    return whole
