"""Soft k-means: its objective falls at every half-step, and it becomes k-means as it stiffens."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from imgcluster import KMeans, SoftKMeans
from imgcluster.errors import ConvergenceWarning, NotFittedError


def blobs(rng: np.random.Generator, n: int = 200, d: int = 2, k: int = 4) -> NDArray[np.float64]:
    centers = rng.uniform(-10, 10, (k, d))
    return centers[rng.integers(0, k, n)] + rng.normal(size=(n, d))


def responsibilities(
    X: NDArray[np.float64], centers: NDArray[np.float64], beta: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    squares = ((X[:, None] - centers) ** 2).sum(axis=2)
    found = np.exp(-beta * (squares - squares.min(axis=1, keepdims=True)))
    return found / found.sum(axis=1, keepdims=True), squares


def objective(X: NDArray[np.float64], centers: NDArray[np.float64], beta: float, weights: NDArray[np.float64]) -> float:
    r, squares = responsibilities(X, centers, beta)
    logs = np.where(r > 0, np.log(np.where(r > 0, r, 1)), 0)
    return float((weights[:, None] * (r * squares + r * logs / beta)).sum())


@given(
    n=st.integers(4, 60),
    d=st.integers(1, 4),
    k=st.integers(1, 4),
    seed=st.integers(0, 999),
    beta=st.sampled_from(["auto", 1e-3, 0.1, 5.0, 1e4]),
)
def test_the_objective_never_rises_at_any_half_step(n: int, d: Any, k: int, seed: int, beta: Any) -> None:
    rng = np.random.default_rng(seed)
    X, weights = blobs(rng, n, d), rng.uniform(0.5, 2, n)
    model = SoftKMeans(k, beta=beta, tol=0, max_iter=20, random_state=seed, n_threads=1).fit(X, sample_weight=weights)
    values = model.history_.objective
    size = np.abs(values).max() + 1e-6 * ((X - X.mean(axis=0)) ** 2).sum()
    assert (np.diff(values) <= 1e-9 * size).all()
    assert model.history_.steps == ("assign", "refit") * 20 + ("assign",)
    assert values[-1] == pytest.approx(objective(X, model.cluster_centers_, model.beta_, weights), rel=1e-9, abs=1e-9)
    assert model.objective_ == values[-1] == pytest.approx(-model.score(X, sample_weight=weights))


def test_steps_are_those_of_the_equations(rng: np.random.Generator) -> None:
    X, start, beta = blobs(rng), blobs(rng, 3), 0.3
    model = SoftKMeans(3, beta=beta, init=start, tol=0, max_iter=4).fit(X)
    centers = start
    for _ in range(4):
        r, _ = responsibilities(X, centers, beta)
        centers = (r.T @ X) / r.sum(axis=0)[:, None]
    np.testing.assert_allclose(model.cluster_centers_, centers, rtol=1e-10)
    np.testing.assert_allclose(model.responsibilities_, responsibilities(X, centers, beta)[0], atol=1e-12)
    np.testing.assert_array_equal(model.responsibilities_, model.predict_proba(X))
    np.testing.assert_array_equal(model.labels_, model.predict(X))


def test_as_beta_grows_it_is_kmeans(rng: np.random.Generator) -> None:
    X = blobs(rng)
    start = X[:4]
    hard = KMeans(4, init=start, tol=0).fit(X)
    soft = SoftKMeans(4, init=start, beta=1e6, tol=0, max_iter=100).fit(X)
    np.testing.assert_allclose(soft.cluster_centers_, hard.cluster_centers_, rtol=1e-9)
    np.testing.assert_array_equal(soft.labels_, hard.labels_)
    assert soft.objective_ == pytest.approx(hard.inertia_, rel=1e-9)


def test_auto_beta_is_the_spread_within_clusters(rng: np.random.Generator) -> None:
    centers = np.array([[0.0, 0.0], [100.0, 0.0], [0.0, 100.0]])
    X = centers[rng.integers(0, 3, 3000)] + rng.normal(scale=2.0, size=(3000, 2))
    model = SoftKMeans(3, random_state=0).fit(X)
    assert model.beta_ == pytest.approx(1 / (2 * 2.0**2), rel=0.1)


def test_annealing_does_not_depend_on_the_start(rng: np.random.Generator) -> None:
    X = blobs(rng, 400, 2, 6)
    found = [SoftKMeans(6, beta=2.0, annealing=1.2, random_state=seed).fit(X) for seed in range(4)]
    direct = [SoftKMeans(6, beta=2.0, init="random", random_state=seed).fit(X).objective_ for seed in range(4)]
    objectives = [model.objective_ for model in found]
    assert max(objectives) <= min(objectives) + 0.05 * abs(min(objectives))
    assert min(objectives) <= min(direct) + 1e-6 * abs(min(direct))
    history = found[0].history_
    falls = np.diff(history.objective) <= 1e-9 * np.abs(history.objective).max()
    assert falls[np.array([step != "anneal" for step in history.steps[1:]])].all()
    assert "anneal" in history.steps


def test_a_weight_of_three_is_three_copies(rng: np.random.Generator) -> None:
    X, weights = blobs(rng, 80), rng.integers(0, 4, 80)
    start = X[:4]
    weighted = SoftKMeans(4, init=start, beta=0.2, tol=0, max_iter=20).fit(X, sample_weight=weights)
    copied = SoftKMeans(4, init=start, beta=0.2, tol=0, max_iter=20).fit(np.repeat(X, weights, axis=0))
    np.testing.assert_allclose(weighted.cluster_centers_, copied.cluster_centers_, rtol=1e-9)
    assert weighted.objective_ == pytest.approx(copied.objective_)


def test_the_seed_decides_and_threads_do_not(rng: np.random.Generator) -> None:
    X = blobs(rng, 40_000)
    models = [SoftKMeans(5, random_state=2, n_threads=n, max_iter=5, tol=0).fit(X) for n in (1, 2, 7)]
    for model in models[1:]:
        np.testing.assert_array_equal(models[0].cluster_centers_, model.cluster_centers_)


@pytest.mark.parametrize("X", [np.ones((10, 2)), np.repeat([[1.0, 2.0], [3.0, 5.0]], 6, axis=0)])
@pytest.mark.parametrize("annealing", [None, 2.0])
def test_few_distinct_points(X: NDArray[np.float64], annealing: float | None) -> None:
    model = SoftKMeans(3, random_state=0, annealing=annealing).fit(X)
    assert np.isfinite(model.cluster_centers_).all()
    np.testing.assert_allclose(model.responsibilities_.sum(axis=1), 1)


def test_max_iter_is_said(rng: np.random.Generator) -> None:
    with pytest.warns(ConvergenceWarning, match="max_iter=1 "):
        SoftKMeans(4, max_iter=1, random_state=0).fit(blobs(rng))


@pytest.mark.parametrize(
    ("parameters", "error", "said"),
    [
        ({"beta": 0}, ValueError, "beta must be positive and finite, got 0"),
        ({"beta": -1.0}, ValueError, "beta must be positive and finite, got -1.0"),
        ({"beta": np.inf}, ValueError, "beta must be positive and finite, got inf"),
        ({"beta": "hard"}, ValueError, "beta must be \"auto\" or a positive number, got 'hard'"),
        ({"annealing": 1}, ValueError, "annealing must be above 1, got 1"),
        ({"annealing": 0.5}, ValueError, "annealing must be above 1, got 0.5"),
        ({"n_clusters": 9}, ValueError, "n_clusters=9 for n_samples=3"),
        ({"init": [[1.0]]}, ValueError, "init must have shape (2, 2)"),
        ({"init": "best"}, ValueError, "init must be one of"),
    ],
)
def test_bad_parameters_get_one_clear_line(parameters: dict[str, Any], error: type[ValueError], said: str) -> None:
    with pytest.raises(error) as caught:
        SoftKMeans(**{"n_clusters": 2, **parameters}).fit(np.arange(6.0).reshape(3, 2))
    assert said in str(caught.value)


def test_nothing_is_reported_before_a_fit(rng: np.random.Generator) -> None:
    model = SoftKMeans(2)
    for call in (model.predict, model.predict_proba, model.transform, model.score):
        with pytest.raises(NotFittedError, match="not fitted yet"):
            call(np.zeros((3, 2)))
    model.fit(blobs(rng))
    with pytest.raises(ValueError, match="X has 3 features, but SoftKMeans is expecting 2 features as input"):
        model.predict(np.zeros((3, 3)))
    assert model.transform(np.zeros((5, 2))).shape == (5, 2)


@pytest.mark.parametrize("scale", [1e-3, 1, 1e3])
def test_auto_beta_has_the_units_of_the_data(scale: float) -> None:
    corners = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]).repeat(5, axis=0) * scale
    model = SoftKMeans(4, random_state=0).fit(corners)
    assert sorted(model.cluster_centers_.round(9).tolist()) == sorted(np.unique(corners, axis=0).tolist())


def test_responsibilities_stay_those_of_the_fit(rng: np.random.Generator) -> None:
    X = blobs(rng)
    model = SoftKMeans(3, random_state=0).fit(X)
    before = model.responsibilities_
    X += 100
    np.testing.assert_array_equal(model.responsibilities_, before)


def test_clusters_without_any_share_are_reported() -> None:
    X = [[0.0, 0.0], [0.5, 0.0], [0.5, 1.0], [1.0, 1.0]]
    with pytest.warns(ConvergenceWarning, match="1 of 3 clusters are empty: no sample has any share in them"):
        model = SoftKMeans(3, init=np.array([[0, 0], [1, 1], [1e6, 0]])).fit(X)
    assert model.responsibilities_[:, 2].sum() == 0
