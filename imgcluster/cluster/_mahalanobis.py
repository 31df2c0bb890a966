"""Points under the distance of Mahalanobis: units and correlations of the features do not count."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from imgcluster.cluster._points import Assignment, DensePoints, EuclideanPoints, Nearer
from imgcluster.types import Float64Array, FloatArray

_RANK = 1e-12  # of the largest eigenvalue of the correlations; a direction below it varies by rounding


class Whitening(NamedTuple):
    """The map x -> (x - mean) @ axes, after which the covariance is the identity."""

    mean: Float64Array  # (d,)
    axes: Float64Array  # (d, rank)

    def __call__(self, X: FloatArray) -> Float64Array:
        """Map points, (n, d) to (n, rank)."""
        return np.ascontiguousarray((X - self.mean) @ self.axes)


class MahalanobisPoints(EuclideanPoints):
    """Points under (x - m)^T S^-1 (x - m), where S is their covariance unless another is given [1]_.

    That is squared Euclidean distance after whitening, so that the mean is still the best center. Points and centers
    are passed in and out as they are; only distances are computed between whitened ones.

    References
    ----------
    .. [1] P. C. Mahalanobis, "On the generalised distance in statistics", Proceedings of the National Institute of
       Sciences of India 2, 1936, 49-55.
    """

    def __init__(
        self, X: FloatArray, weights: Float64Array, n_threads: int = 1, covariance: Float64Array | None = None
    ) -> None:
        self.X, self.weights = X, weights
        mean = _mean(X, weights)
        self.covariance = weighted_covariance(X, weights) if covariance is None else covariance
        self._whiten = whitening(self.covariance, mean)
        self._whitened = DensePoints(self._whiten(X).astype(X.dtype), weights, n_threads)
        self.labels = self._whitened.labels

    def assign(self, centers: Float64Array) -> Assignment:
        """Label every point with its nearest center, ties to the lowest index."""
        step = self._whitened.assign(self._whiten(centers))
        sums = np.empty(centers.shape)
        for j, column in enumerate(self.X.T):
            sums[:, j] = np.bincount(self.labels, self.weights * column, len(centers))
        return step._replace(sums=sums)

    def refit(self, centers: Float64Array, step: Assignment) -> tuple[Float64Array, float]:
        """Move every center to the mean of its cluster; an empty cluster keeps its center."""
        moved, _ = super().refit(centers, step)
        ways = (centers - moved) @ self._whiten.axes
        gain = float((step.counts[:, None] * ways**2).sum())
        return moved, max(step.objective - gain, 0.0)

    def errors(self, centers: Float64Array) -> Float64Array:
        """Return what every point adds to the objective, as the latest assignment found it."""
        return self._whitened.errors(centers)

    def to_own(self, centers: Float64Array) -> Float64Array:
        """Compute the dissimilarity of every point to the center of its label."""
        ways = (self.X - centers[self.labels]) @ self._whiten.axes
        return np.asarray((ways**2).sum(axis=1), np.float64)

    def nearer(self) -> Nearer:
        """Return the function by which k-means++ tries candidates."""
        whitened = self._whitened.nearer()

        def try_candidates(candidates: FloatArray, distances: FloatArray) -> tuple[FloatArray, Float64Array]:
            return whitened(self._whiten(candidates).astype(self.X.dtype), distances)

        return try_candidates


def weighted_covariance(X: FloatArray, weights: Float64Array) -> Float64Array:
    """Compute S = sum_n w_n (x_n - m)(x_n - m)^T / sum_n w_n, (d, d)."""
    centered = X - _mean(X, weights)
    shares = weights / weights.sum()
    covariance: Float64Array = (shares[:, None] * centered).T @ centered
    return (covariance + covariance.T) / 2


def whitening(covariance: Float64Array, mean: Float64Array) -> Whitening:
    """Return the map that makes a covariance the identity; directions without variance are left out."""
    scales = np.sqrt(np.diag(covariance))
    units = np.where(scales > 0, scales, 1.0)
    # of correlations, so that a feature in small units is no direction without variance
    variances, axes = np.linalg.eigh(covariance / units / units[:, None])
    kept = variances > _RANK * max(float(variances[-1]), 0.0)
    if not kept.any():  # all points are one, and one distance of 0 serves as well as none
        return Whitening(mean, np.zeros((len(mean), 1)))
    return Whitening(mean, axes[:, kept] / np.sqrt(variances[kept]) / units[:, None])


def _mean(X: FloatArray, weights: Float64Array) -> Float64Array:
    mean: Float64Array = (weights / weights.sum()) @ X.astype(np.float64, copy=False)
    return mean
