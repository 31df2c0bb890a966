"""The two half-steps of k-means as calls, to go through the alternation by hand, and what centers say of new data."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from imgcluster.cluster._base import check_array, check_moderate, check_not_tiny, check_weights
from imgcluster.cluster._centers import CenterClusterer
from imgcluster.cluster._complete_data import check_components
from imgcluster.cluster._mahalanobis import MahalanobisPoints
from imgcluster.cluster._medoid_points import MedoidPoints
from imgcluster.cluster._metrics import (
    CosinePoints,
    Metric,
    check_metric,
    distances_by,
    distances_to_own,
    points_by,
    unit_vectors,
)
from imgcluster.cluster._points import Assignment, Points
from imgcluster.cluster._scikit_learn import not_fitted_error
from imgcluster.parameters import check_int
from imgcluster.threads import check_threads
from imgcluster.types import Float64Array, FloatArray, Int32Array, IntpArray


class KMeansSteps(CenterClusterer):
    """The assignment and the refit that a fit of k-means alternates."""

    n_clusters: int
    metric: Metric
    n_threads: int | None
    cluster_centers_: FloatArray
    covariance_: Float64Array
    labels_: Int32Array
    inertia_: float

    @classmethod
    def from_parameters(
        cls, centers: ArrayLike, *, metric: Metric = "sqeuclidean", n_threads: int | None = None
    ) -> Self:
        """Make a model of known centers, ready to assign samples to them, without a fit.

        Parameters
        ----------
        centers : array-like of shape (n_clusters, n_features)
            float32 stays float32; for metric="cosine" they are scaled to length 1.
        metric : {"sqeuclidean", "manhattan", "cosine"} or callable, default "sqeuclidean"
            Not "mahalanobis", whose covariance is that of the data of a fit.
        n_threads : int or None, default None

        Returns
        -------
        KMeans

        Raises
        ------
        ValueError
            If centers are not 2-D, not finite or too large, or the metric needs a fit.

        Examples
        --------
        >>> from imgcluster import KMeans
        >>> KMeans.from_parameters([[0.0], [5.0]]).assign([[1.0], [2.0], [4.0]]).tolist()
        [0, 0, 1]
        """
        check_metric(metric)
        made = cls(len(check_array(centers, "centers")), metric=metric, n_threads=n_threads)
        made._take(centers, "centers")
        return made

    def _take(self, centers: ArrayLike, name: str) -> None:
        """Take centers for those of a fit."""
        if isinstance(self.metric, str) and self.metric == "mahalanobis":
            raise ValueError(
                'metric="mahalanobis" needs the covariance of data; fit them with KMeans(k, metric="mahalanobis", '
                "init=centers)"
            )
        array = check_array(centers, name)
        is_angular = isinstance(self.metric, str) and self.metric == "cosine"
        self.cluster_centers_ = unit_vectors(array, name) if is_angular else check_moderate(array, name).copy()
        self._keep_features(centers, array)

    def _takes_given(self) -> bool:
        """Take centers that were set by hand, as scikit-learn does."""
        if "cluster_centers_" not in vars(self):
            return False
        check_metric(self.metric)
        self._take(self.cluster_centers_, "cluster_centers_")
        return True

    def assign(self, X: ArrayLike) -> Int32Array:
        """Make an assignment: r_nk = 1 for k = argmin_j ||x_n - mu_j||^2 (9.2), as `predict` does.

        J is then ``-score(X)``.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,), int32
            The k of each sample; ties go to the lowest index.

        Examples
        --------
        k-means by hand: every J is one of those that `fit` writes to `history_`.

        >>> import numpy as np
        >>> from imgcluster import KMeans
        >>> X = np.array([[0.0], [1.0], [5.0], [6.0], [7.0]])
        >>> model, J = KMeans.from_parameters([[0.0], [1.0]]), []
        >>> for _ in range(3):
        ...     labels = model.assign(X)
        ...     J += [-model.score(X), model.refit(X, labels).inertia_]
        >>> J
        [77.0, 20.75, 7.6875, 2.5, 2.5, 2.5]
        >>> KMeans(2, init=[[0.0], [1.0]], n_swaps=0).fit(X).history_.objective.tolist()
        [77.0, 20.75, 7.6875, 2.5, 2.5]
        """
        return self.predict(X)

    def refit(self, X: ArrayLike, labels: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Make a refit: mu_k = sum_n w_n r_nk x_n / sum_n w_n r_nk (9.4), or what minimizes J for another metric.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        labels : array-like of shape (n_samples,), int
            The cluster of each sample, 0 to n_clusters - 1: those of `assign`, or any others.
        sample_weight : array-like of shape (n_samples,), optional

        Returns
        -------
        self
            With these `cluster_centers_` and `labels_`, and with J as `inertia_`; it need not have been fitted before.
            A cluster without weight keeps its center (where `fit` would move it to a sample far from its own).

        Raises
        ------
        ValueError
            If labels are not a cluster for each sample, or leave a cluster empty that has no center to keep.
        """
        check_metric(self.metric)
        k, array = check_int("n_clusters", self.n_clusters, 1), check_array(X)
        found = getattr(self, "cluster_centers_", None)
        kept = found if found is not None and found.shape == (k, array.shape[1]) else None
        wide = array if kept is None else array.astype(np.result_type(array, kept), copy=False)
        if self.metric != "cosine":
            check_not_tiny(check_moderate(wide))
        points = self._points(wide, sample_weight)
        chosen = check_components(labels, len(array), k, "labels", "cluster")
        centers, self.inertia_ = _refitted(points, kept, chosen, k)
        self.cluster_centers_, self.labels_ = centers.astype(points.dtype), points.labels
        if isinstance(points, MahalanobisPoints):
            self.covariance_ = points.covariance
        self._keep_features(X, array)
        return self

    @property
    def responsibilities_(self) -> Float64Array:
        """The responsibilities r_nk of the samples of the fit, one-hot: (n_samples, n_clusters), float64.

        Made when asked for: for a million samples and 256 clusters they are two gigabytes.
        """
        self._check_fitted()
        if not hasattr(self, "labels_"):
            raise not_fitted_error()("this KMeans was made of centers, and has no labels yet; call refit or fit first")
        shares = np.zeros((len(self.labels_), len(self.cluster_centers_)))
        shares[np.arange(len(shares)), self.labels_] = 1.0
        return shares

    def predict(self, X: ArrayLike) -> Int32Array:
        """Find the nearest center of each sample.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,), int32
            Ties go to the lowest index.
        """
        points = self._points(self._prepare(X))
        points.assign(self.cluster_centers_)
        return points.labels

    def transform(self, X: ArrayLike) -> FloatArray:
        """Measure the distance of each sample to each center.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_clusters), dtype of X
            Euclidean distance for metric="sqeuclidean", city-block distance for "manhattan", 1 - cos for "cosine", the
            root of the dissimilarity for "mahalanobis", and what a function returns.
        """
        return distances_by(self.metric, self._prepare(X), self.cluster_centers_, getattr(self, "covariance_", None))

    def score(self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None) -> float:
        """Return minus the objective J of X with these centers.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : ignored
            Accepted for scikit-learn's sake.
        sample_weight : array-like of shape (n_samples,), optional

        Returns
        -------
        float
        """
        points = self._points(self._prepare(X), sample_weight)
        return -points.assign(self.cluster_centers_).objective

    def _points(self, X: FloatArray, sample_weight: ArrayLike | None = None) -> Points:
        """Prepare points for the metric."""
        weights, n_threads = check_weights(sample_weight, len(X)), check_threads(self.n_threads)
        return points_by(self.metric, X, weights, n_threads, getattr(self, "covariance_", None))

    def _prepare(self, X: ArrayLike) -> FloatArray:
        """Check new data, and bring them to the wider one of their type and that of the fit."""
        array = self._check_new(X)
        wide = array.astype(np.result_type(array, self.cluster_centers_), copy=False)
        return wide if self.metric == "cosine" else check_moderate(wide)


def _refitted(points: Points, kept: FloatArray | None, labels: IntpArray, k: int) -> tuple[Float64Array, float]:
    """Refit centers to labels: centers (k, d), and the objective then."""
    if kept is not None:
        step = points.assign(kept.astype(np.float64))
        if np.array_equal(points.labels, labels):  # its own assignment: the sums, and so the bits, of a fit
            return points.refit(kept.astype(np.float64), step)
    points.labels[:] = labels
    counts = np.bincount(labels, points.weights, k).astype(np.float64)
    sums = np.empty((k, points.shape[1]))
    for j, column in enumerate(points.X.T):
        sums[:, j] = np.bincount(labels, points.weights * column, k)
    centers = np.zeros((k, points.shape[1])) if kept is None else kept.astype(np.float64)
    if kept is None and isinstance(points, MedoidPoints):
        centers[labels[::-1]] = points.X[::-1]  # the first sample of each, to which a medoid is compared
    moved, _ = points.refit(centers, Assignment(0.0, sums, counts, 0))
    homeless = counts <= 0
    if isinstance(points, CosinePoints):
        homeless |= ~moved.any(axis=1)  # vectors that cancel out have no direction
    if kept is None and homeless.any():
        which = ", ".join(str(i) for i in np.flatnonzero(homeless)[:5])
        raise ValueError(
            f"labels must give each cluster a center, got none for {which}, and there is no earlier one to keep; "
            "start with KMeans.from_parameters(centers)"
        )
    return moved, float((points.weights * distances_to_own(points, moved)).sum())
