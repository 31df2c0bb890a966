"""A sample of many points, on which centers are searched before the others are looked at: a lightweight coreset."""

from __future__ import annotations

import numpy as np

from imgcluster.cluster._points import DensePoints
from imgcluster.types import Float64Array

_LEAST = 20_000  # points of a sample
_PER_CLUSTER = 200  # and for each cluster: 100 lose 0.3 % of the objective at d = 10
_SHARE = 20  # and one of so many: what a sample leaves to gain is then as good as gone after a few passes over all
_TIMES = 2  # as many points as the sample has, or more: below, a sample saves nothing


def sample_size(n: int, n_clusters: int) -> int:
    """Return how many of n points are drawn."""
    return max(_LEAST, _PER_CLUSTER * int(n_clusters), n // _SHARE)  # a NumPy integer may overflow


def draw_sample(points: DensePoints, n_clusters: int, rng: np.random.Generator) -> DensePoints | None:
    """Draw a sample, one point from each of as many spans of equal probability; None if there are too few for that.

    Half of the probability goes by weight, and half by weighted squared distance to the mean, so that few points far
    from all others are in it, too; the weights of the sample make up for that [1]_.

    References
    ----------
    .. [1] O. Bachem, M. Lucic, A. Krause, "Scalable k-Means Clustering via Lightweight Coresets", KDD 2018,
       doi:10.1145/3219819.3219973.
    """
    size = sample_size(len(points.X), n_clusters)
    if len(points.X) < _TIMES * size:
        return None
    chances = _chances(points)
    ends = np.cumsum(chances)
    places = np.searchsorted(ends, (np.arange(size) + rng.random(size)) * (ends[-1] / size), side="right")
    rows, counts = np.unique(np.minimum(places, len(ends) - 1), return_counts=True)
    if len(rows) < n_clusters:
        return None
    weights = counts * points.weights[rows] / (size * chances[rows])
    return DensePoints(points.X[rows], weights, points.n_threads)


def _chances(points: DensePoints) -> Float64Array:
    """Return the probability of each point, sum 1."""
    shares: Float64Array = points.weights / points.weights.sum()
    mean = np.array([shares @ column for column in points.X.T])
    squared: Float64Array = np.zeros(len(shares))
    for column, middle in zip(points.X.T, mean, strict=True):
        squared += (column - middle) ** 2
    squared *= shares
    total = squared.sum()
    return (shares + squared / total) / 2 if total > 0 else shares
