"""Points under a dissimilarity of the caller's own, whose centers are samples (medoids)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from imgcluster.cluster._points import ArrayPoints, Assignment, Nearer
from imgcluster.parameters import given_text
from imgcluster.types import Float64Array, FloatArray, Int32Array

Measure: TypeAlias = Callable[[Any, Any], Any]

_NUMBERS = 1 << 18  # of point-center pairs times features at a time: two megabytes of float64


class MedoidPoints(ArrayPoints):
    """Points under any d(x, m): a center is the sample from which its cluster is nearest in sum [1]_.

    References
    ----------
    .. [1] H.-S. Park, C.-H. Jun, "A simple and fast algorithm for K-medoids clustering", Expert Systems with
       Applications 36, 2009, doi:10.1016/j.eswa.2008.01.039.
    """

    def __init__(self, X: FloatArray, weights: Float64Array, measure: Measure) -> None:
        self.X, self.weights, self._measure = X, weights, measure
        self.labels: Int32Array = np.full(len(X), -1, np.int32)
        self._distances = np.empty(len(X), X.dtype)

    def assign(self, centers: Float64Array) -> Assignment:
        """Label every point with its nearest center, ties to the lowest index."""
        old = self.labels.copy()
        pairs = measured(self._measure, self.X, centers)
        self.labels[:] = pairs.argmin(axis=1)
        self._distances[:] = pairs.min(axis=1)
        counts: Float64Array = np.bincount(self.labels, self.weights, len(centers)).astype(np.float64, copy=False)
        changed = int(np.count_nonzero(self.labels != old))
        return Assignment(float(self.errors(centers).sum()), np.empty((0, 0)), counts, changed)

    def refit(self, centers: Float64Array, step: Assignment) -> tuple[Float64Array, float]:
        """Move every center to the medoid of its cluster, unless none of its samples serves better."""
        moved, total = centers.copy(), 0.0
        for k in np.flatnonzero(step.counts > 0):
            mine = np.flatnonzero((self.labels == k) & (self.weights > 0))
            cost = float((self.weights[mine] * self._to(centers[k], mine)).sum())
            costs = self._costs(mine)
            best = int(costs.argmin())
            if costs[best] < cost:
                moved[k], cost = self.X[mine[best]], float(costs[best])
            total += cost
        return moved, total

    def errors(self, centers: Float64Array) -> Float64Array:
        """Return w d(x, its center) of every point, as the latest assignment found it."""
        return self.weights * self._distances

    def nearer(self) -> Nearer:
        """Return the function by which k-means++ tries candidates: chances grow with the dissimilarity itself."""

        def try_candidates(candidates: FloatArray, distances: FloatArray) -> tuple[FloatArray, Float64Array]:
            trials = np.minimum(distances, measured(self._measure, self.X, candidates).T)
            return trials, (self.weights * trials).sum(axis=1)

        return try_candidates

    def to_own(self, centers: Float64Array) -> Float64Array:
        """Compute the dissimilarity of every point to the center of its label."""
        each = np.empty(len(self.X))
        for k in np.unique(self.labels):
            mine = np.flatnonzero(self.labels == k)
            each[mine] = self._to(centers[k], mine)
        return each

    def _to(self, center: Float64Array, mine: Any) -> FloatArray:
        """Measure some points against one center."""
        return measured(self._measure, self.X[mine], center[None])[:, 0]

    def _costs(self, mine: Any) -> Float64Array:
        """Sum the dissimilarities of a cluster's points to each of them."""
        X, weights = self.X[mine], self.weights[mine]
        costs, step = np.empty(len(mine)), max(1, _NUMBERS // X.size)
        for first in range(0, len(mine), step):
            block = X[first : first + step]
            costs[first : first + step] = weights @ measured(self._measure, X, block).astype(np.float64)
        return costs


def measured(measure: Measure, X: FloatArray, centers: FloatArray) -> FloatArray:
    """Compute d(x, m) of all points and centers by the caller's function, (n, k) in the type of X."""
    pairs = np.empty((len(X), len(centers)), X.dtype)
    step = max(1, _NUMBERS // max(centers.size, 1))
    narrow = centers.astype(X.dtype)
    for first in range(0, len(X), step):
        pairs[first : first + step] = _checked(measure, X[first : first + step], narrow)
    return pairs


def _checked(measure: Measure, X: FloatArray, centers: FloatArray) -> FloatArray:
    """Call the function with (n, 1, d) and (1, k, d), and check what it returns."""
    wanted = (len(X), len(centers))
    try:
        found = np.asarray(measure(X[:, None], centers[None]))
    except Exception as error:
        raise ValueError(f"metric failed for arrays (n, 1, d) and (1, k, d): {given_text(error)}") from error
    if found.shape != wanted or found.dtype.kind not in "fiub":
        raise ValueError(
            f"metric must return numbers {wanted} for arrays {X[:, None].shape} and {centers[None].shape}, got "
            f"{found.dtype} {found.shape}; sum over the last axis, as in lambda x, m: abs(x - m).max(axis=-1)"
        )
    if not (found >= 0).all():
        raise ValueError(f"metric must not return negative numbers or NaN, got {found[~(found >= 0)][0]:g}")
    if np.isinf(found).any():
        raise ValueError("metric must return finite numbers, got infinity; scale X")
    return found
