"""The one way from the name of a method to a fitted model."""

import numpy as np
import pytest

from imgcluster.cluster import (
    METHODS,
    DensePoints,
    GaussianMixture,
    KMeans,
    SoftKMeans,
    centers_of,
    fit_model,
    make_model,
    n_clusters_of,
)
from imgcluster.types import Float64Array


@pytest.fixture
def points() -> DensePoints:
    rng = np.random.default_rng(0)
    X: Float64Array = np.concatenate([rng.normal(center, 1.0, (30, 2)) for center in (0.0, 8.0, 16.0)])
    return DensePoints(X, rng.integers(1, 4, len(X)).astype(np.float64))


@pytest.mark.parametrize(("method", "kind"), list(zip(METHODS, (KMeans, SoftKMeans, GaussianMixture), strict=True)))
def test_every_method_has_its_model(method: str, kind: type, points: DensePoints) -> None:
    model = fit_model(method, points, points.X[[0, 30, 60]], n_threads=1)
    assert isinstance(model, kind)
    assert n_clusters_of(model) == 3
    assert np.sort(centers_of(model)[:, 0]).round() == pytest.approx([0, 8, 16], abs=1)


@pytest.mark.parametrize("method", METHODS)
def test_a_fit_is_that_of_the_model_itself(method: str, points: DensePoints) -> None:
    centers = points.X[[0, 30, 60]]
    fitted = fit_model(method, points, centers, max_iter=50, tol=1e-9)
    same = make_model(method, 3, init=centers, max_iter=50, tol=1e-9).fit(points.X, sample_weight=points.weights)
    assert centers_of(fitted).tobytes() == centers_of(same).tobytes()


@pytest.mark.parametrize("method", METHODS)
def test_what_is_not_given_is_the_default_of_the_model(method: str) -> None:
    model = make_model(method, 3)
    plain = {"n_swaps": 0} if method == "kmeans" else {}  # the method is Lloyd's algorithm, to be watched
    assert model.get_params() == type(model)(3).get_params() | plain
