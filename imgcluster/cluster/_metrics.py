"""What a metric means to k-means: how far a point is from a center, and the refit that serves a cluster best.

=============  ==========================  =============================================
metric         dissimilarity               center that minimizes its sum over a cluster
=============  ==========================  =============================================
"sqeuclidean"  ||x - m||^2                 mean
"manhattan"    sum_j abs(x_j - m_j)        weighted median of each coordinate
"cosine"       1 - cos(x, m)               mean of the unit vectors, itself of unit length
"mahalanobis"  (x - m)^T S^-1 (x - m)      mean
a function     d(x, m)                     none in closed form: the medoid, a sample
=============  ==========================  =============================================
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import numpy as np

from imgcluster.cluster._mahalanobis import MahalanobisPoints, weighted_covariance, whitening
from imgcluster.cluster._medoid_points import Measure, MedoidPoints, measured
from imgcluster.cluster._points import ArrayPoints, Assignment, DensePoints, Nearer, Points
from imgcluster.parameters import given_text
from imgcluster.threads import run
from imgcluster.types import Float64Array, FloatArray, Int32Array

Metric: TypeAlias = "str | Measure"

_PAIRS = 1 << 16  # point-center pairs at a time: half a megabyte of float64 stays in the cache
_TIE = 1e-12  # share of a cluster's weight: halves that differ by less differ by rounding


class ManhattanPoints(ArrayPoints):
    """Points under sum_j |x_j - m_j|: k-medians [1]_, in NumPy.

    References
    ----------
    .. [1] P. S. Bradley, O. L. Mangasarian, W. N. Street, "Clustering via Concave Minimization", NIPS 9, 1996, 368-374.
    """

    def __init__(self, X: FloatArray, weights: Float64Array, n_threads: int = 1) -> None:
        self.X, self.weights = X, weights
        self.labels: Int32Array = np.full(len(X), -1, np.int32)
        self._distances = np.empty(len(X), X.dtype)
        self._n_threads = n_threads

    def assign(self, centers: Float64Array) -> Assignment:
        """Label every point with its nearest center, ties to the lowest index."""
        narrow, old = centers.astype(self.X.dtype), self.labels.copy()

        def nearest(part: slice) -> None:
            pairs = _pairs(self.X[part], narrow, np.abs)
            self.labels[part] = pairs.argmin(axis=1)
            self._distances[part] = pairs.min(axis=1)

        blocks = _blocks(len(self.X), len(centers))
        run(lambda i: nearest(blocks[i]), len(blocks), self._n_threads)
        counts: Float64Array = np.bincount(self.labels, self.weights, len(centers)).astype(np.float64, copy=False)
        changed = int(np.count_nonzero(self.labels != old))
        return Assignment(float(self.errors(centers).sum()), np.empty((0, 0)), counts, changed)

    def refit(self, centers: Float64Array, step: Assignment) -> tuple[Float64Array, float]:
        """Move every center to the weighted median of its cluster; an empty cluster keeps its center."""
        moved = centers.copy()
        order = np.argsort(self.labels, kind="stable")
        ends = np.cumsum(np.bincount(self.labels, minlength=len(centers)))
        for k in np.flatnonzero(step.counts > 0):
            mine = order[ends[k - 1] if k else 0 : ends[k]]
            moved[k] = weighted_median(self.X[mine], self.weights[mine])
        total = np.zeros(len(self.X))
        for column, center in zip(self.X.T, moved.T, strict=True):
            total += np.abs(column - center[self.labels])
        return moved, float((self.weights * total).sum())

    def errors(self, centers: Float64Array) -> Float64Array:
        """Return w times the distance to its center of every point, as the latest assignment found it."""
        return self.weights * self._distances

    def nearer(self) -> Nearer:
        """Return the function by which k-means++ tries candidates: chances grow with the distance itself."""

        def try_candidates(candidates: FloatArray, distances: FloatArray) -> tuple[FloatArray, Float64Array]:
            trials = np.minimum(distances, distances_to(self.X, candidates, np.abs).T)
            return trials, (self.weights * trials).sum(axis=1)

        return try_candidates


class CosinePoints(DensePoints):
    """Points under 1 - cos: spherical k-means [1]_.

    Between unit vectors ||x - m||^2 = 2 (1 - cos), so that the nearest center, and the chances of k-means++, are those
    of squared distance.

    References
    ----------
    .. [1] I. S. Dhillon, D. S. Modha, "Concept Decompositions for Large Sparse Text Data Using Clustering", Machine
       Learning 42, 2001, doi:10.1023/A:1007612920971.
    """

    nearer_scale = 2.0

    def __init__(self, X: FloatArray, weights: Float64Array, n_threads: int = 1) -> None:
        super().__init__(unit_vectors(X), weights, n_threads)

    def assign(self, centers: Float64Array) -> Assignment:
        """Label every point with the center of least angle, ties to the lowest index."""
        step = super().assign(centers)
        return step._replace(objective=step.objective / 2)

    def refit(self, centers: Float64Array, step: Assignment) -> tuple[Float64Array, float]:
        """Turn every center to the sum of its cluster; one that is empty, or sums to zero, keeps its center."""
        lengths = np.linalg.norm(step.sums, axis=1)
        # vectors that cancel out leave a direction of mere rounding, and any other serves as well
        sure = lengths > 1e-14 * step.counts
        moved = np.where(sure[:, None], step.sums / np.where(sure, lengths, 1.0)[:, None], centers)
        # sum w cos is length times cos(m, sum), and 1 - cos(m, sum) is half the squared way to the new center
        gain = float((np.where(sure, lengths, 0.0)[:, None] * (centers - moved) ** 2).sum()) / 2
        return moved, max(step.objective - gain, 0.0)

    def errors(self, centers: Float64Array) -> Float64Array:
        """Return w (1 - cos) of every point, as the latest assignment found it."""
        return super().errors(centers) / 2


METRICS: dict[str, Callable[[FloatArray, Float64Array, int], Points]] = {
    "sqeuclidean": DensePoints,
    "manhattan": ManhattanPoints,
    "cosine": CosinePoints,
    "mahalanobis": MahalanobisPoints,
}


def check_metric(metric: object, name: str = "metric") -> None:
    """Reject what is neither the name of a metric nor a function."""
    if (isinstance(metric, str) and metric in METRICS) or callable(metric):
        return
    raise ValueError(f"{name} must be one of {', '.join(METRICS)}, or a function, got {given_text(metric)}")


def points_by(
    metric: Metric, X: FloatArray, weights: Float64Array, n_threads: int, covariance: Float64Array | None = None
) -> Points:
    """Prepare points for a metric; the covariance, that of X by default, is for "mahalanobis" alone."""
    if not isinstance(metric, str):
        return MedoidPoints(X, weights, metric)
    if metric == "mahalanobis":
        return MahalanobisPoints(X, weights, n_threads, covariance)
    return METRICS[metric](X, weights, n_threads)


def distances_by(
    metric: Metric, X: FloatArray, centers: FloatArray, covariance: Float64Array | None = None
) -> FloatArray:
    """Compute the distances of points to centers, (n, k): of squared dissimilarities the root."""
    if not isinstance(metric, str):
        return measured(metric, X, centers)
    if metric == "manhattan":
        return distances_to(X, centers, np.abs)
    if metric == "cosine":
        return distances_to(unit_vectors(X), centers, np.square) / 2
    if metric == "mahalanobis" and covariance is not None:
        whiten = whitening(covariance, centers.mean(axis=0, dtype=np.float64))
        X, centers = (whiten(rows).astype(X.dtype) for rows in (X, centers))
    return np.sqrt(distances_to(X, centers, np.square))


def distances_to_own(points: Points, centers: Float64Array) -> Float64Array:
    """Compute the dissimilarity of every point to the center of its label, (n,)."""
    if isinstance(points, MahalanobisPoints | MedoidPoints):
        return points.to_own(centers)
    measure = np.abs if isinstance(points, ManhattanPoints) else np.square
    each: Float64Array = measure(points.X - centers[points.labels]).sum(axis=1) / points.nearer_scale
    return each


def between(
    metric: Metric, X: Float64Array, weights: Float64Array
) -> tuple[Float64Array, Callable[[Float64Array, Float64Array], FloatArray] | None]:
    """Return points, and the function that measures distances between them; None where that is the Euclidean one."""
    if not isinstance(metric, str):
        return X, partial(measured, metric)
    if metric == "manhattan":
        return X, partial(distances_to, measure=np.abs)
    if metric == "cosine":
        return unit_vectors(X), None
    if metric == "mahalanobis":
        covariance = weighted_covariance(X, weights)
        return whitening(covariance, X.mean(axis=0))(X), None
    return X, None


def distances_to(X: FloatArray, centers: FloatArray, measure: np.ufunc) -> FloatArray:
    """Sum measure(x_j - m_j) over the coordinates, for every point and center: (n, k)."""
    distances = np.empty((len(X), len(centers)), X.dtype)
    narrow = centers.astype(X.dtype)
    for block in _blocks(*distances.shape):
        distances[block] = _pairs(X[block], narrow, measure)
    return distances


def weighted_median(X: FloatArray, weights: Float64Array) -> Float64Array:
    """Compute the weighted median of each column: the middle of all values that halve the weight."""
    order = X.argsort(axis=0, kind="stable")
    values = np.take_along_axis(X, order, axis=0).astype(np.float64)
    below = weights[order].cumsum(axis=0)
    half, slack = below[-1] / 2, _TIE * below[-1]
    lower, upper = (below < half - slack).sum(axis=0), (below <= half + slack).sum(axis=0)
    columns = np.arange(X.shape[1])
    median: Float64Array = (values[lower, columns] + values[upper, columns]) / 2
    return median


def unit_vectors(X: FloatArray, name: str = "X") -> FloatArray:
    """Scale every row to length 1; rows of zeros are rejected."""
    largest = np.abs(X).max(axis=1, keepdims=True)
    if not largest.all():
        raise ValueError(
            f'{name} has only zeros in row {int(largest.argmin())}, which has no direction for metric="cosine"; '
            "drop such rows first"
        )
    scaled = X / largest  # so that no square overflows or vanishes
    units: FloatArray = scaled / np.sqrt(np.square(scaled).sum(axis=1, keepdims=True))
    return units


def _pairs(X: FloatArray, centers: FloatArray, measure: np.ufunc) -> FloatArray:
    """`distances_to` for a block of points."""
    total: FloatArray = np.zeros((len(X), len(centers)), X.dtype)
    for column, center in zip(X.T, centers.T, strict=True):
        step = np.subtract.outer(column, center)
        total += measure(step, out=step)
    return total


def _blocks(n: int, k: int) -> list[slice]:
    """Cut n points so that a block has about _PAIRS pairs with k centers."""
    rows = max(1, _PAIRS // k)
    return [slice(start, start + rows) for start in range(0, n, rows)]
