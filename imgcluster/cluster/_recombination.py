"""Two solutions of k-means made one that has the best of both."""

from __future__ import annotations

import numpy as np

from imgcluster.cluster._points import Points
from imgcluster.cluster._ward import ward_centers
from imgcluster.types import Float64Array


def recombined(points: Points, one: Float64Array, other: Float64Array) -> Float64Array:
    """Return as many centers as `one` has, out of two solutions.

    Points are assigned to the centers of both at once, and the pair of clusters whose merging costs least is merged
    until the number is right [1]_. Where one solution is better than the other it keeps its centers; passes of Lloyd's
    algorithm are left to the caller.

    Parameters
    ----------
    points : Points
    one, other : ndarray of shape (k, d), float64

    Returns
    -------
    ndarray of shape (k, d), float64

    References
    ----------
    .. [1] P. Franti, "Genetic algorithm with deterministic crossover for vector quantization", Pattern Recognition
       Letters 21:61-68, 2000, doi:10.1016/S0167-8655(99)00133-6.

    Examples
    --------
    >>> import numpy as np
    >>> from imgcluster.cluster import DensePoints, recombined
    >>> points = DensePoints(np.array([[0.0], [2.0], [50.0], [52.0], [90.0]]), np.ones(5))
    >>> left, right = np.array([[0.0], [2.0], [64.0]]), np.array([[1.0], [51.0], [90.0]])
    >>> recombined(points, left, right).ravel().tolist()
    [1.0, 51.0, 90.0]
    """
    union = np.concatenate([one, other])
    found = points.assign(union)
    means, _ = points.refit(union, found)
    used = found.counts > 0
    if np.count_nonzero(used) < len(one):
        return one
    return ward_centers(means[used], found.counts[used], len(one))
