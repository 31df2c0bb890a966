"""From the name of a method to a fitted model."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from numpy.typing import ArrayLike

from imgcluster.cluster._kmeans import KMeans
from imgcluster.cluster._points import Points
from imgcluster.types import Float64Array, FloatArray, RandomState

# k-means alone is what most pictures need, and the soft models' modules would be a tenth of the start
if TYPE_CHECKING:
    from imgcluster.cluster._gaussian_mixture import GaussianMixture
    from imgcluster.cluster._soft_kmeans import SoftKMeans

METHODS = ("kmeans", "soft-kmeans", "gmm")

Model: TypeAlias = "KMeans | SoftKMeans | GaussianMixture"

# Variance of rounding to whole numbers, such as shades or pixels (uniform in an interval of length 1). It is added to
# the variances of a mixture, because equal rounded values would otherwise be a component without any width.
ROUNDING_VARIANCE = 1 / 12


def make_model(
    method: str,
    n_clusters: int,
    *,
    init: str | ArrayLike = "k-means++",
    max_iter: int | None = None,
    tol: float | None = None,
    reg_covar: float = 1e-6,
    random_state: RandomState = None,
    n_threads: int | None = None,
) -> Model:
    """Return the model of a method, not fitted yet.

    Parameters
    ----------
    method : {"kmeans", "soft-kmeans", "gmm"}
        k-means, soft k-means, or a mixture of Gaussians with full covariances.
    n_clusters : int
        Number of clusters or components.
    init : str or ndarray of shape (n_clusters, n_features)
        Where centers start: "k-means++", "random", or as given.
    max_iter, tol : optional
        When to stop; None is the model's own default, and `tol` has the model's own meaning.
    reg_covar : float
        Added to the variances of a mixture; k-means has no variances.
    random_state : int, numpy Generator or None
    n_threads : int or None

    Returns
    -------
    KMeans, SoftKMeans or GaussianMixture
    """
    model: Model
    if method == "kmeans":
        model = KMeans(n_clusters, init=init, n_swaps=0, random_state=random_state, n_threads=n_threads)
    elif method == "soft-kmeans":
        from imgcluster.cluster._soft_kmeans import SoftKMeans

        model = SoftKMeans(n_clusters, init=init, random_state=random_state, n_threads=n_threads)
    else:
        from imgcluster.cluster._gaussian_mixture import GaussianMixture

        model = GaussianMixture(
            n_clusters, init=init, reg_covar=reg_covar, random_state=random_state, n_threads=n_threads
        )
    stop = {"max_iter": max_iter, "tol": tol}
    return model.set_params(**{name: value for name, value in stop.items() if value is not None})


def fit_model(
    method: str,
    points: Points,
    centers: Float64Array,
    *,
    max_iter: int | None = None,
    tol: float | None = None,
    reg_covar: float = 1e-6,
    random_state: RandomState = None,
    n_threads: int | None = None,
) -> Model:
    """Fit the model of a method to weighted points, from given first centers.

    Parameters
    ----------
    method : {"kmeans", "soft-kmeans", "gmm"}
    points : Points
        k-means uses their fast assignment (such as that of `OctreePoints`); the other methods take X and the weights.
    centers : ndarray of shape (n_clusters, n_features), float64
    max_iter, tol, reg_covar, random_state, n_threads : optional
        As in `make_model`.

    Returns
    -------
    KMeans, SoftKMeans or GaussianMixture

    Warns
    -----
    ConvergenceWarning
        If max_iter ended the fit of a soft method.
    """
    model = make_model(
        method,
        len(centers),
        init=centers,
        max_iter=max_iter,
        tol=tol,
        reg_covar=reg_covar,
        random_state=random_state,
        n_threads=n_threads,
    )
    if isinstance(model, KMeans):
        return model.fit_points(points)
    return model.fit(points.X, sample_weight=points.weights)


def centers_of(model: Model) -> FloatArray:
    """Return the centers of a fitted model, the means of a mixture: (n_clusters, n_features)."""
    if isinstance(model, KMeans):
        return model.cluster_centers_
    from imgcluster.cluster._gaussian_mixture import GaussianMixture

    return model.means_ if isinstance(model, GaussianMixture) else model.cluster_centers_


def n_clusters_of(model: Model) -> int:
    """Return the number of clusters or components of a fitted model."""
    return len(centers_of(model))
