"""The two half-steps of soft k-means as calls, to go through the alternation by hand, and what it says of new data."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from imgcluster import kernels
from imgcluster.cluster._base import check_array, check_moderate, check_weights
from imgcluster.cluster._centers import CenterClusterer
from imgcluster.cluster._complete_data import check_responsibilities
from imgcluster.cluster._metrics import distances_by
from imgcluster.cluster._points import DensePoints
from imgcluster.cluster._scikit_learn import not_fitted_error
from imgcluster.kernels import Expectation
from imgcluster.parameters import check_int, check_real
from imgcluster.threads import check_threads
from imgcluster.types import Float64Array, Int32Array


class SoftSteps(CenterClusterer):
    """The E-step and the M-step that a fit of soft k-means alternates."""

    n_clusters: int
    beta: str | float
    n_threads: int | None
    cluster_centers_: Float64Array
    labels_: Int32Array
    beta_: float
    objective_: float
    _X: Float64Array

    @classmethod
    def from_parameters(cls, centers: ArrayLike, beta: float, *, n_threads: int | None = None) -> Self:
        """Make a model of known centers and stiffness, ready for an E-step, without a fit.

        Parameters
        ----------
        centers : array-like of shape (n_clusters, n_features)
        beta : float
            Stiffness, in units of 1 / (squared distance).
        n_threads : int or None, default None

        Returns
        -------
        SoftKMeans

        Raises
        ------
        ValueError
            If centers are not 2-D, not finite or too large, or beta is not positive and finite.

        Examples
        --------
        >>> from imgcluster import SoftKMeans
        >>> SoftKMeans.from_parameters([[0.0], [2.0]], beta=0.5).expect([[1.0], [2.0]]).round(2).tolist()
        [[0.5, 0.5], [0.12, 0.88]]
        """
        array = check_array(centers, "centers")
        stiffness = check_beta(beta)
        made = cls(len(array), beta=beta, n_threads=n_threads)
        made.cluster_centers_ = check_moderate(array.astype(np.float64), "centers")
        made.beta_ = stiffness
        made._keep_features(centers, array)
        return made

    def expect(self, X: ArrayLike) -> Float64Array:
        """Make an E-step: return the responsibilities of the present centers, as `predict_proba` does.

        The objective F is then ``-score(X)``.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_clusters), float64
            r_nk = exp(-beta ||x_n - m_k||^2) / sum_j exp(-beta ||x_n - m_j||^2).

        Examples
        --------
        Soft k-means by hand: every F is one of those that `fit` writes to `history_`.

        >>> import numpy as np
        >>> from imgcluster import SoftKMeans
        >>> X = np.array([[0.0], [1.0], [4.0], [9.0], [10.0]])
        >>> model, F = SoftKMeans.from_parameters([[0.0], [1.0]], beta=0.1), []
        >>> for _ in range(2):
        ...     shares = model.expect(X)
        ...     F += [-model.score(X), model.maximize(X, shares).objective_]
        >>> found = SoftKMeans(2, beta=0.1, init=[[0.0], [1.0]], max_iter=2, tol=0).fit(X).history_
        >>> F == found.objective[:4].tolist()
        True
        """
        return self.predict_proba(X)

    def maximize(self, X: ArrayLike, responsibilities: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Make an M-step: refit the centers, m_k = sum_n w_n r_nk x_n / sum_n w_n r_nk.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        responsibilities : array-like of shape (n_samples, n_clusters)
            Non-negative rows of sum 1: those of `expect`, or any others.
        sample_weight : array-like of shape (n_samples,), optional

        Returns
        -------
        self
            With these `cluster_centers_`, F as `objective_`, and the most responsible cluster of each sample as
            `labels_`; it need not have been fitted before, if beta is a number. A cluster without any share keeps its
            center.

        Raises
        ------
        ValueError
            If shapes do not match, rows do not sum to 1, or a cluster has neither a share nor a center to keep.
        """
        k, array = check_int("n_clusters", self.n_clusters, 1), check_moderate(check_array(X).astype(np.float64))
        weights, beta = check_weights(sample_weight, len(array)), self._present_beta()
        shares = check_responsibilities(responsibilities, (len(array), k), "n_clusters")
        found = getattr(self, "cluster_centers_", None)
        kept = found if found is not None and found.shape == (k, array.shape[1]) else None
        n_threads = check_threads(self.n_threads)
        self.cluster_centers_, self.objective_ = _maximized(array, weights, shares, kept, beta, n_threads)
        self.beta_, self.labels_, self._X = beta, shares.argmax(axis=1).astype(np.int32), array
        self._keep_features(X, array)
        return self

    def _present_beta(self) -> float:
        """Return the stiffness in use, or that of the parameters."""
        if hasattr(self, "beta_"):
            return self.beta_
        if isinstance(self.beta, str):
            raise ValueError(f"beta must be a number before the first fit, got {self.beta!r}; pass beta, or call fit")
        return check_beta(self.beta)

    @property
    def responsibilities_(self) -> Float64Array:
        """The responsibilities of the samples of the fit: (n_samples, n_clusters), float64.

        Computed when asked for: for the colors of a photo and 256 clusters they are a hundred megabytes.
        """
        self._check_fitted()
        if not hasattr(self, "_X"):
            raise not_fitted_error()("this SoftKMeans was made of centers; call expect with data, or fit first")
        return self.predict_proba(self._X)

    def predict(self, X: ArrayLike) -> Int32Array:
        """Return the nearest cluster of each sample: (n_samples,), int32."""
        X = self._prepare(X)
        points = DensePoints(X, np.ones(len(X)), check_threads(self.n_threads))
        points.assign(self.cluster_centers_)  # as a small beta may leave no difference between responsibilities
        return points.labels

    def predict_proba(self, X: ArrayLike) -> Float64Array:
        """Return the responsibilities r_nk: (n_samples, n_clusters)."""
        X = self._prepare(X)
        n_threads = check_threads(self.n_threads)
        return expectation(X, np.ones(len(X)), self.cluster_centers_, self.beta_, n_threads, each=True).shares

    def transform(self, X: ArrayLike) -> Float64Array:
        """Return the distance of each sample to each center: (n_samples, n_clusters)."""
        return distances_by("sqeuclidean", self._prepare(X), self.cluster_centers_)

    def score(self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None) -> float:
        """Return minus the objective F of X with these centers."""
        X = self._prepare(X)
        weights = check_weights(sample_weight, len(X))
        return (
            expectation(X, weights, self.cluster_centers_, self.beta_, check_threads(self.n_threads)).log_likelihood
            / self.beta_
        )

    def _prepare(self, X: ArrayLike) -> Float64Array:
        """Check new data."""
        return check_moderate(self._check_new(X).astype(np.float64, copy=False))


def check_beta(beta: object) -> float:
    """Return a stiffness: positive and finite."""
    if not 0 < check_real("beta", beta) < np.inf:
        raise ValueError(f'beta must be positive and finite, got {beta}; larger is harder, and "auto" chooses')
    return float(beta)  # type: ignore[arg-type]  # it is a number


def expectation(
    X: Float64Array, weights: Float64Array, centers: Float64Array, beta: float, n_threads: int, *, each: bool = False
) -> Expectation:
    """Make the E-step of the equal mixture: sum over k of exp(-beta ||x - m_k||^2)."""
    factors = np.full(centers.shape, np.sqrt(2 * beta))
    return kernels.em_step(X, weights, centers, factors, np.zeros(len(centers)), n_threads, each=each)


def refitted(centers: Float64Array, sums: Float64Array, objective: float) -> tuple[Float64Array, float]:
    """Move centers to the means of an E-step, whose kernel adds up about the old ones: centers, and the objective F."""
    counts = sums[:, 0]
    shifts = sums[:, 1 : 1 + centers.shape[1]] / np.where(counts > 0, counts, 1.0)[:, None]
    return centers + shifts, objective - float((counts[:, None] * shifts**2).sum())


def _maximized(
    X: Float64Array,
    weights: Float64Array,
    shares: Float64Array,
    kept: Float64Array | None,
    beta: float,
    n_threads: int,
) -> tuple[Float64Array, float]:
    """Make an M-step of responsibilities (n, k): centers, and the objective F."""
    if kept is not None:
        own = expectation(X, weights, kept, beta, n_threads, each=True)
        if np.array_equal(own.shares, shares):  # its own E-step: the sums, and so the bits, of a fit
            return refitted(kept, own.sums, -own.log_likelihood / beta)
    weighted = weights[:, None] * shares
    counts = weighted.sum(axis=0)
    if kept is None and not (counts > 0).all():
        which = ", ".join(str(i) for i in np.flatnonzero(counts <= 0)[:5])
        raise ValueError(
            f"responsibilities must give each cluster a share, got none for {which}, and there is no earlier center "
            "to keep; start with SoftKMeans.from_parameters(centers, beta)"
        )
    means = weighted.T @ X / np.where(counts > 0, counts, 1.0)[:, None]
    centers = means if kept is None else np.where(counts[:, None] > 0, means, kept)
    squared = ((X[:, None] - centers) ** 2).sum(axis=2)
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    return centers, float((weighted * (squared + logs / beta)).sum())
