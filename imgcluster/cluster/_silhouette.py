"""The silhouette: how much nearer a sample is to its own cluster than to the next one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imgcluster.cluster._base import check_array, check_weights
from imgcluster.cluster._metrics import Metric, between, check_metric
from imgcluster.parameters import plain_array
from imgcluster.types import Float64Array, FloatArray

_ROWS = 256  # samples whose distances to all others are held at once


def silhouette(
    X: ArrayLike, labels: ArrayLike, *, metric: Metric = "sqeuclidean", sample_weight: ArrayLike | None = None
) -> Float64Array:
    """Compute the silhouette of every sample.

    s = (b - a) / max(a, b), where a is the mean distance to the other samples of its own cluster and b the least mean
    distance to the samples of another cluster [1]_. It is near 1 well inside a cluster, 0 between two, negative in
    the wrong one, and 0 by definition for the only sample of a cluster.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
    labels : array-like of shape (n_samples,), int
        The cluster of each sample, any whole numbers; at least two clusters.
    metric : {"sqeuclidean", "manhattan", "cosine", "mahalanobis"} or callable, default "sqeuclidean"
        As for `KMeans`; the distances are those that add up along a way: the root of "sqeuclidean" and "mahalanobis",
        and the length of the chord between unit vectors for "cosine".
    sample_weight : array-like of shape (n_samples,), optional
        Non-negative; a sample of weight 3 counts as three copies.

    Returns
    -------
    ndarray of shape (n_samples,), float64
        In -1..1. Their (weighted) mean is the silhouette of the clustering.

    Raises
    ------
    ValueError
        If X, labels or weights are malformed, or there are fewer than two clusters.

    Notes
    -----
    Exact: the time grows with the square of n_samples, the memory with n_samples times the number of clusters. A
    weight below 1 cannot be a copy; such a sample is left out of its own mean as a whole.

    References
    ----------
    .. [1] P. J. Rousseeuw, "Silhouettes: a graphical aid to the interpretation and validation of cluster analysis",
       Journal of Computational and Applied Mathematics 20, 1987, doi:10.1016/0377-0427(87)90125-7.

    Examples
    --------
    >>> import numpy as np
    >>> from imgcluster import silhouette
    >>> X = np.array([[0.0], [1.0], [9.0], [10.0]])
    >>> silhouette(X, [0, 0, 1, 1]).round(3).tolist()
    [0.895, 0.882, 0.882, 0.895]
    """
    check_metric(metric)
    X = check_array(X)
    weights = check_weights(sample_weight, len(X))
    names = plain_array("labels", labels)
    if names.shape != (len(X),):
        raise ValueError(f"labels must have shape ({len(X)},), one label a sample, got {names.shape}")
    if names.dtype.kind not in "iub":
        raise ValueError(f"labels must be whole numbers, got dtype {names.dtype}; convert them to int first")
    clusters, numbered = np.unique(names, return_inverse=True)
    if len(clusters) < 2:
        raise ValueError(f"labels must name at least 2 clusters, got {len(clusters)}; one has no silhouette")
    return silhouettes(X, weights, [numbered], metric)[0]


def silhouettes(
    X: FloatArray, weights: Float64Array, labelings: Sequence[NDArray[np.integer]], metric: Metric = "sqeuclidean"
) -> list[Float64Array]:
    """Compute the silhouettes of several labelings of the same samples, for the price of one set of distances.

    Labels are 0, 1, ...; labels without samples are not clusters.
    """
    X, distances_to = between(metric, X.astype(np.float64), weights)
    if distances_to is None:
        X = X - X.mean(axis=0)
        X /= np.abs(X).max() or 1.0  # no square overflows, and the silhouette knows no scale
        distances_to = _distances
    members = [weights[:, None] * (labels[:, None] == np.arange(labels.max() + 1)) for labels in labelings]
    results = [np.empty(len(X)) for _ in labelings]
    for first in range(0, len(X), _ROWS):
        rows = slice(first, first + _ROWS)
        distances = distances_to(X[rows], X)
        np.fill_diagonal(distances[:, first:], 0.0)  # to itself, where rounding leaves 1e-8
        for labels, member, result in zip(labelings, members, results, strict=True):
            result[rows] = _of_rows(distances @ member, member.sum(axis=0), labels[rows], weights[rows])
    return results


def _of_rows(sums: Float64Array, sizes: Float64Array, own: NDArray[np.integer], weights: Float64Array) -> Float64Array:
    """Silhouettes from the summed distances of some samples to each cluster."""
    at = np.arange(len(own)), own
    others = sizes[own] - np.minimum(weights, 1.0)  # all of its cluster but one copy of itself
    alone = others <= 1e-12 * sizes[own]
    inside = sums[at] / np.where(alone, 1.0, others)
    means = np.divide(sums, sizes, out=np.full(sums.shape, np.inf), where=sizes > 0)
    means[at] = np.inf
    outside = means.min(axis=1)
    undefined = alone | np.isinf(outside)  # the only sample of its cluster, or the only cluster
    outside = np.where(undefined, inside, outside)
    larger = np.maximum(inside, outside)
    result: Float64Array = (outside - inside) / np.where(larger > 0, larger, 1.0)
    return result


def _distances(rows: Float64Array, X: Float64Array) -> Float64Array:
    """Euclidean distances of some samples to all, without their (rows, n, d) differences."""
    squared = (rows**2).sum(axis=1)[:, None] - 2 * (rows @ X.T) + (X**2).sum(axis=1)
    np.maximum(squared, 0.0, out=squared)  # the difference of two nearly equal numbers
    distances: Float64Array = np.sqrt(squared, out=squared)
    return distances
