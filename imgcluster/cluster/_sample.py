"""A sample of many points, on which centers are searched before the others are looked at."""

from __future__ import annotations

import numpy as np

from imgcluster.cluster._points import DensePoints

_LEAST = 20_000  # points of a sample
_PER_CLUSTER = 200  # and for each cluster: 100 lose 0.3 % of the objective at d = 10
_SHARE = 20  # and one of so many: what a sample leaves to gain is then as good as gone after a few passes over all
_TIMES = 2  # as many points as the sample has, or more: below, a sample saves nothing


def sample_size(n: int, n_clusters: int) -> int:
    """Return how many of n points are drawn."""
    return max(_LEAST, _PER_CLUSTER * int(n_clusters), n // _SHARE)  # a NumPy integer may overflow


def draw_sample(points: DensePoints, n_clusters: int, rng: np.random.Generator) -> DensePoints | None:
    """Draw a sample, one point from each of as many spans of equal weight; None if there are too few points for that.

    A point that is drawn more than once has that as its weight.
    """
    size = sample_size(len(points.X), n_clusters)
    if len(points.X) < _TIMES * size:
        return None
    ends = np.cumsum(points.weights)
    places = np.searchsorted(ends, (np.arange(size) + rng.random(size)) * (ends[-1] / size), side="right")
    rows, counts = np.unique(np.minimum(places, len(ends) - 1), return_counts=True)
    if len(rows) < n_clusters:
        return None
    return DensePoints(points.X[rows], counts.astype(np.float64), points.n_threads)
