"""k-means: what must hold for any data, on every backend; scikit-learn is the oracle."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from imgcluster import KMeans
from imgcluster.cluster import DensePoints, initial_centers
from imgcluster.errors import ConvergenceWarning

INITS = ["k-means++", "random", "maximin"]


def blobs(rng: np.random.Generator, n: int = 300, d: int = 2, k: int = 5, dtype: Any = np.float64) -> NDArray[Any]:
    centers = rng.uniform(-10, 10, (k, d))
    return (centers[rng.integers(0, k, n)] + rng.normal(size=(n, d))).astype(dtype)


def distortion(
    X: NDArray[np.float64],
    centers: NDArray[np.float64],
    labels: NDArray[Any],
    weights: NDArray[np.float64] | None = None,
) -> float:
    squares = ((X - centers[labels]) ** 2).sum(axis=1)
    return float((squares if weights is None else weights * squares).sum())


@pytest.mark.filterwarnings("ignore:.*clusters are empty")
@given(
    n=st.integers(3, 60),
    d=st.integers(1, 5),
    k=st.integers(1, 3),
    seed=st.integers(0, 999),
    init=st.sampled_from(INITS),
    n_swaps=st.sampled_from([0, 3, "auto"]),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_the_objective_never_rises_at_any_half_step(
    n: int, d: Any, k: int, seed: int, init: Any, n_swaps: Any, dtype: Any
) -> None:
    rng = np.random.default_rng(seed)
    X = blobs(rng, n, d, k, dtype)
    weights = rng.integers(0, 3, n).astype(float)
    weights[0] = 1
    model = KMeans(k, init=init, n_swaps=n_swaps, tol=0, random_state=seed).fit(X, sample_weight=weights)
    objective = model.history_.objective
    tolerance = 1e-9 if dtype == np.float64 else 1e-5
    assert (np.diff(objective) <= tolerance * max(objective[0], 1e-30)).all()
    assert len(objective) == len(model.history_.steps)
    assert model.history_.steps[0] == "assign"
    assert set(model.history_.steps) <= {"assign", "reseed", "refit", "swap", "exchange"}
    assert model.inertia_ == pytest.approx(
        distortion(X.astype(float), model.cluster_centers_.astype(float), model.labels_, weights),
        rel=1e-4 if dtype == np.float32 else 1e-9,
        abs=1e-4 if dtype == np.float32 else 1e-9,
    )


def test_the_objective_is_written_down_after_every_half_step(rng: np.random.Generator) -> None:
    X = blobs(rng)
    start = X[:4].copy()
    model = KMeans(4, init=start, tol=0).fit(X)
    centers, expected, steps, old = start, [], [], np.full(len(X), -1)
    while True:
        labels = ((X[:, None] - centers) ** 2).sum(axis=2).argmin(axis=1)
        expected.append(distortion(X, centers, labels))
        steps.append("assign")
        if (labels == old).all():
            break
        old = labels
        centers = np.array([X[labels == k].mean(axis=0) for k in range(4)])
        expected.append(distortion(X, centers, labels))
        steps.append("refit")
    np.testing.assert_allclose(model.history_.objective, expected, rtol=1e-12)
    assert model.history_.steps == tuple(steps)
    assert model.converged_
    assert model.n_iter_ == steps.count("assign")
    np.testing.assert_allclose(model.cluster_centers_, centers, rtol=1e-12)


@pytest.mark.parametrize("d", [1, 3, 8, 40])
@pytest.mark.parametrize("k", [1, 2, 9])
def test_agrees_with_scikit_learn(d: int, k: int, rng: np.random.Generator) -> None:
    sklearn = pytest.importorskip("sklearn.cluster")
    X, weights = blobs(rng, 400, d), rng.uniform(0.1, 3, 400)
    start = X[:k].copy()
    ours = KMeans(k, init=start, tol=0, max_iter=1000).fit(X, sample_weight=weights)
    theirs = sklearn.KMeans(k, init=start, n_init=1, tol=0, max_iter=1000).fit(X, sample_weight=weights)
    np.testing.assert_array_equal(ours.labels_, theirs.labels_)
    np.testing.assert_allclose(ours.cluster_centers_, theirs.cluster_centers_, rtol=1e-6)
    assert ours.inertia_ == pytest.approx(theirs.inertia_, rel=1e-6)


def test_a_weight_of_three_is_three_copies(rng: np.random.Generator) -> None:
    X, weights = blobs(rng, 80), rng.integers(0, 4, 80)
    start = X[:5].copy()
    weighted = KMeans(5, init=start, tol=0).fit(X, sample_weight=weights)
    copied = KMeans(5, init=start, tol=0).fit(np.repeat(X, weights, axis=0))
    np.testing.assert_allclose(weighted.cluster_centers_, copied.cluster_centers_, rtol=1e-10)
    np.testing.assert_array_equal(np.repeat(weighted.labels_, weights), copied.labels_)
    assert weighted.inertia_ == pytest.approx(copied.inertia_)


@pytest.mark.parametrize("init", INITS)
def test_scaled_weights_change_nothing(init: str, rng: np.random.Generator) -> None:
    X, weights = blobs(rng), rng.uniform(0.5, 2, 300)
    one, scaled = (KMeans(6, init=init, random_state=3).fit(X, sample_weight=w) for w in (weights, 1024 * weights))
    np.testing.assert_array_equal(one.labels_, scaled.labels_)
    assert scaled.inertia_ == pytest.approx(1024 * one.inertia_)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_swaps", [0, 20, "auto"])
def test_the_seed_decides_and_threads_do_not(dtype: Any, n_swaps: int, rng: np.random.Generator) -> None:
    X = blobs(rng, 70_000, 3, 20, dtype)
    models = [
        KMeans(20, n_swaps=n_swaps, random_state=7, n_threads=n, max_iter=20, tol=1e-2).fit(X) for n in (1, 2, 7, 1)
    ]
    for model in models[1:]:
        np.testing.assert_array_equal(models[0].cluster_centers_, model.cluster_centers_)
        np.testing.assert_array_equal(models[0].labels_, model.labels_)
        np.testing.assert_array_equal(models[0].history_.objective, model.history_.objective)


def test_swaps_leave_a_bad_local_minimum(rng: np.random.Generator) -> None:
    # three far pairs of blobs: Lloyd cannot carry a center from one pair to another
    middles = np.array([[0, 0], [4, 0], [1000, 0], [1004, 0], [0, 1000], [4, 1000]], float)
    X = np.repeat(middles, 50, axis=0) + rng.normal(scale=0.3, size=(300, 2))
    bad = np.array([[0, 0], [0, 0.1], [4, 0], [4, 0.1], [1002, 0], [2, 1000]])
    stuck = KMeans(6, init=bad, random_state=0).fit(X)
    freed = KMeans(6, init=bad, n_swaps=30, random_state=0).fit(X)
    assert stuck.inertia_ > 5 * freed.inertia_
    assert "swap" in freed.history_.steps
    found = np.array(sorted(freed.cluster_centers_.tolist(), key=lambda c: (round(c[1]), round(c[0]))))
    np.testing.assert_allclose(found, sorted(middles.tolist(), key=lambda c: (c[1], c[0])), atol=0.5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_by_default_every_blob_of_a_grid_is_found(dtype: Any, rng: np.random.Generator) -> None:
    middles = np.stack(np.meshgrid(np.arange(10.0), np.arange(10.0)), axis=-1).reshape(-1, 2)
    X = (np.repeat(middles, 30, axis=0) + rng.normal(scale=0.15, size=(3000, 2))).astype(dtype)
    model = KMeans(100, random_state=0).fit(X)
    assert sorted(map(tuple, np.rint(model.cluster_centers_).tolist())) == sorted(map(tuple, middles.tolist()))
    assert model.converged_
    assert (np.diff(model.history_.objective) <= 1e-5 * model.history_.objective[0]).all()


def test_swaps_leave_no_sample_that_another_cluster_would_gain_by(rng: np.random.Generator) -> None:
    X, weights = rng.normal(size=(60, 3)), rng.integers(1, 4, 60).astype(float)
    model = KMeans(15, tol=0, random_state=0).fit(X, sample_weight=weights)
    counts = np.bincount(model.labels_, weights)
    squared = ((X[:, None] - model.cluster_centers_) ** 2).sum(axis=2)
    for i, own in enumerate(model.labels_):
        if counts[own] > weights[i]:
            there = squared[i] * counts / (counts + weights[i])
            there[own] = squared[i, own] * counts[own] / (counts[own] - weights[i])
            assert there.argmin() == own or there.min() > there[own] * (1 - 1e-8)


def test_what_auto_swaps_are(rng: np.random.Generator) -> None:
    X = blobs(rng, 500, 3, 30)
    chosen, given = (KMeans(30, n_swaps=n, random_state=5).fit(X) for n in ("auto", 180))
    np.testing.assert_array_equal(chosen.cluster_centers_, given.cluster_centers_)
    for plain in ({"init": X[:30]}, {"metric": "cosine"}):
        one, other = (KMeans(30, n_swaps=n, random_state=5, **plain).fit(X) for n in ("auto", 0))
        np.testing.assert_array_equal(one.cluster_centers_, other.cluster_centers_)
        assert "swap" not in one.history_.steps


@pytest.mark.parametrize("weighted", [False, True])
def test_many_samples_are_searched_by_a_sample(weighted: bool, rng: np.random.Generator) -> None:
    X = blobs(rng, 45_000, 2, 30, np.float32)
    weights = rng.integers(0, 3, len(X)).astype(float) if weighted else None
    models = [KMeans(30, random_state=1, n_threads=n).fit(X, sample_weight=weights) for n in (1, 2)]
    np.testing.assert_array_equal(models[0].cluster_centers_, models[1].cluster_centers_)
    assert "swap" not in models[0].history_.steps  # those on the sample
    assert models[0].converged_
    np.testing.assert_array_equal(models[0].labels_, models[0].predict(X))
    plain = [KMeans(30, n_swaps=0, random_state=seed).fit(X, sample_weight=weights).inertia_ for seed in range(3)]
    assert models[0].inertia_ <= 1.005 * min(plain)


@pytest.mark.parametrize("init", ["k-means++", "maximin"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_few_samples_far_from_all_others_are_in_the_sample(init: str, dtype: Any, rng: np.random.Generator) -> None:
    X = np.vstack([rng.normal(size=(60_000, 3)), [[1e4, 0, 0]], np.full((2, 3), -300)]).astype(dtype)
    for k in (3, 4, 6):
        model = KMeans(k, init=init, random_state=k).fit(X)
        assert np.bincount(model.labels_).min() <= 2
        plain = min(KMeans(k, n_swaps=0, random_state=seed).fit(X).inertia_ for seed in range(3))
        assert model.inertia_ <= 1.01 * plain
        weights = np.where(np.arange(len(X)) < 60_000, 1.0, 0.0)  # those do not count now
        model.fit(X, sample_weight=weights)
        assert model.inertia_ <= 1.01 * KMeans(k, n_swaps=0, random_state=0).fit(X[:60_000]).inertia_


def test_more_starts_are_never_worse(rng: np.random.Generator) -> None:
    X = blobs(rng, 300, 2, 15)
    runs = [KMeans(15, init="random", n_init=n, random_state=1).fit(X).inertia_ for n in (1, 10)]
    assert runs[1] <= runs[0]


@pytest.mark.parametrize("weighted", [False, True])
def test_centers_far_from_all_samples_come_to_use(weighted: bool, rng: np.random.Generator) -> None:
    X = blobs(rng, 200)
    weights = rng.integers(0, 3, 200).astype(float) if weighted else None
    start = np.vstack([X[:2], [[1e6, 1e6]], [[-1e6, 7]], X[:1]])  # the last is the first once more
    model = KMeans(5, init=start).fit(X, sample_weight=weights)
    assert set(model.labels_[slice(None) if weights is None else weights > 0].tolist()) == set(range(5))
    assert (np.diff(model.history_.objective) <= 1e-9 * model.history_.objective[0]).all()
    assert np.abs(model.cluster_centers_).max() <= np.abs(X).max()
    np.testing.assert_array_equal(model.labels_, model.predict(X))
    drawn = [KMeans(5, random_state=seed).fit(X, sample_weight=weights).inertia_ for seed in range(5)]
    assert model.inertia_ < 1.5 * max(drawn)


def test_a_cluster_that_gets_empty_is_filled_at_once() -> None:
    X = np.array([[0, 0], [0.5, 0], [0.5, 1], [1, 1]])
    model = KMeans(2, init=np.array([[0.5, 0.5], [3, 3]])).fit(X)
    assert model.inertia_ == 0.25
    assert model.history_.steps[:3] == ("assign", "reseed", "refit")
    assert (np.diff(model.history_.objective) <= 0).all()


def test_starts_away_from_the_samples_end_below_scikit_learn() -> None:
    sklearn = pytest.importorskip("sklearn.cluster")
    X = pytest.importorskip("sklearn.datasets").load_digits().data[::3]
    for seed in range(3):
        start = np.random.default_rng(seed).uniform(0, 16, (100, 64))
        model = KMeans(100, init=start, n_swaps=0).fit(X)
        assert len(set(model.labels_.tolist())) == 100
        assert model.inertia_ <= sklearn.KMeans(100, init=start, n_init=1).fit(X).inertia_


@pytest.mark.parametrize("metric", ["sqeuclidean", "manhattan", "cosine"])
def test_empty_clusters_go_where_it_is_farthest_by_every_metric(metric: str, rng: np.random.Generator) -> None:
    directions = np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]])
    X = np.repeat(directions, 10, axis=0) + 0.01 * rng.normal(size=(40, 3))
    model = KMeans(4, init=np.tile([[2.0, 0.1, 0.1]], (4, 1)), metric=metric).fit(X)
    assert len({tuple(group.tolist()) for group in model.labels_.reshape(4, 10)}) == 4
    assert sorted(np.bincount(model.labels_).tolist()) == [10] * 4
    assert "reseed" in model.history_.steps


def test_a_reseed_takes_weights_for_copies(rng: np.random.Generator) -> None:
    X, weights = np.rint(blobs(rng, 60)), rng.integers(0, 4, 60)
    start = np.vstack([X[:1], np.full((5, 2), 99.0)])
    weighted = KMeans(6, init=start).fit(X, sample_weight=weights)
    repeated = KMeans(6, init=start).fit(np.repeat(X, weights, axis=0))
    np.testing.assert_allclose(weighted.cluster_centers_, repeated.cluster_centers_, rtol=1e-12)
    assert weighted.history_.steps == repeated.history_.steps


def test_every_distinct_sample_of_many_duplicates_gets_a_cluster() -> None:
    values = np.arange(12.0)[:, None] ** 2
    X = np.repeat(values, np.arange(1, 13) ** 2, axis=0)
    model = KMeans(12, init=np.full((12, 1), 3.0)).fit(X)
    assert model.inertia_ == 0
    np.testing.assert_array_equal(np.sort(model.cluster_centers_, axis=0), values)


def test_empty_clusters_are_told() -> None:
    X = np.repeat([[1.0, 2.0], [3.0, 4.0], [9.0, 9.0]], 5, axis=0)
    text = "^2 of 4 clusters are empty, as X has only 2 distinct samples; lower n_clusters$"
    with pytest.warns(ConvergenceWarning, match=text):
        KMeans(4, random_state=0).fit(X, sample_weight=[1] * 10 + [0] * 5)
    with pytest.warns(ConvergenceWarning, match="1 of 2 clusters are empty, as X has only 1 distinct sample;"):
        KMeans(2, random_state=0).fit(np.ones((4, 1)))
    with pytest.warns(ConvergenceWarning, match="1 of 3 clusters are empty; raise max_iter"):
        KMeans(3, init=[[8], [6], [2]], max_iter=1, tol=0).fit([[2], [5], [1], [4], [0]])


@pytest.mark.parametrize("init", INITS)
def test_fewer_distinct_points_than_clusters(init: str) -> None:
    X = np.repeat([[1.0, 2.0], [3.0, 4.0]], 5, axis=0)
    with pytest.warns(ConvergenceWarning, match="clusters are empty, as X has only 2 distinct samples"):
        model = KMeans(4, init=init, n_swaps=3, random_state=0).fit(X)
    assert model.inertia_ == 0
    assert np.isfinite(model.cluster_centers_).all()


@pytest.mark.parametrize("init", INITS)
def test_as_many_clusters_as_samples(init: str, rng: np.random.Generator) -> None:
    X = blobs(rng, 12)
    assert KMeans(12, init=init, random_state=0).fit(X).inertia_ == 0


@pytest.mark.parametrize("scale", [1e-150, 1e148])
def test_extreme_scales_stay_finite(scale: float, rng: np.random.Generator) -> None:
    X = blobs(rng) * scale
    model = KMeans(4, random_state=0, n_init=3).fit(X)
    assert np.isfinite(model.cluster_centers_).all()


def test_tolerance_stops_earlier(rng: np.random.Generator) -> None:
    X = rng.uniform(size=(3000, 2))
    exact, early = (KMeans(30, tol=tol, random_state=0, max_iter=1000).fit(X) for tol in (0, 1e-3))
    assert exact.converged_
    assert early.converged_
    assert early.n_iter_ < exact.n_iter_


def test_max_iter_is_kept_and_said(rng: np.random.Generator) -> None:
    X = rng.uniform(size=(3000, 2))
    with pytest.warns(ConvergenceWarning, match="max_iter=2"):
        model = KMeans(30, max_iter=2, random_state=0).fit(X)
    assert not model.converged_
    assert model.n_iter_ == 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        KMeans(30, max_iter=2, tol=0, random_state=0).fit(X)


@pytest.mark.parametrize("init", INITS)
def test_starts_are_points_of_positive_weight(init: str, rng: np.random.Generator) -> None:
    X = blobs(rng, 40)
    weights = np.zeros(40)
    weights[::4] = 1
    chosen = initial_centers(DensePoints(X, weights), 8, init, np.random.default_rng(0))
    allowed = {tuple(row) for row in X[::4].tolist()}
    rows = [tuple(row) for row in chosen.tolist()]
    assert set(rows) <= allowed
    assert len(set(rows)) == 8


def test_maximin_takes_the_farthest(rng: np.random.Generator) -> None:
    X = np.array([[0.0], [1.0], [10.0], [11.0], [100.0]])
    chosen = initial_centers(DensePoints(X, np.array([1.0, 0, 1, 0, 1])), 3, "maximin", rng)
    assert sorted(chosen[:, 0].tolist()) == [0, 10, 100]


def test_input_is_left_alone(rng: np.random.Generator) -> None:
    X, weights, start = blobs(rng), np.ones(300), blobs(rng, 4)
    copies = X.copy(), weights.copy(), start.copy()
    KMeans(4, init=start, n_swaps=3).fit(X, sample_weight=weights)
    for array, copy in zip((X, weights, start), copies, strict=True):
        np.testing.assert_array_equal(array, copy)


@pytest.mark.parametrize("layout", [np.asfortranarray, lambda X: X[:, ::-1], lambda X: X.astype(np.int64)])
def test_any_layout_and_type_of_numbers(layout: Callable[..., Any], rng: np.random.Generator) -> None:
    X = np.rint(blobs(rng) * 10)
    model = KMeans(3, random_state=0).fit(layout(X))
    assert model.cluster_centers_.dtype == np.float64
    assert model.inertia_ > 0


def test_parameters_by_name() -> None:
    model = KMeans(3, tol=0.1)
    assert model.get_params()["tol"] == 0.1
    assert model.set_params(n_clusters=4).n_clusters == 4
    assert repr(model) == "KMeans(n_clusters=4, tol=0.1)"
    with pytest.raises(ValueError, match="'sigma' is not a parameter of KMeans"):
        model.set_params(sigma=1)


@pytest.mark.parametrize(
    ("X", "parameters", "weights", "error", "said"),
    [
        ([[1.0, np.nan]], {}, None, ValueError, "contains NaN, first at (0, 1)"),
        ([[1.0], [np.inf]], {}, None, ValueError, "contains infinity, first at (1, 0)"),
        (np.empty((0, 2)), {}, None, ValueError, "0 sample(s)"),
        (np.empty((2, 0)), {}, None, ValueError, "0 feature(s)"),
        ([1.0, 2.0], {}, None, ValueError, "reshape(-1, 1)"),
        ([[1j]], {}, None, ValueError, "must be real"),
        ([["a"]], {}, None, ValueError, "must hold numbers"),
        ([[1.0], [2.0]], {"n_clusters": 3}, None, ValueError, "n_clusters=3 for n_samples=2"),
        ([[1.0], [2.0]], {"n_clusters": 0}, None, ValueError, "n_clusters must be at least 1, got 0"),
        ([[1.0], [2.0]], {"n_clusters": 1.5}, None, TypeError, "n_clusters must be a whole number, got 1.5"),
        ([[1.0], [2.0]], {"init": "best"}, None, ValueError, "init must be one of k-means++, random, maximin"),
        ([[1.0], [2.0]], {"init": [[1.0, 2.0]]}, None, ValueError, "init must have shape (1, 1)"),
        ([[1.0], [2.0]], {"n_init": 0}, None, ValueError, "n_init must be at least 1"),
        ([[1.0], [2.0]], {"n_swaps": -1}, None, ValueError, "n_swaps must be at least 0"),
        ([[1.0], [2.0]], {"n_swaps": "many"}, None, ValueError, "n_swaps must be one of auto, got 'many'"),
        ([[1.0], [2.0]], {"max_iter": 0}, None, ValueError, "max_iter must be at least 1"),
        ([[1.0], [2.0]], {"tol": -1e-4}, None, ValueError, "tol must be finite and at least 0"),
        ([[1.0], [2.0]], {"tol": "low"}, None, TypeError, "tol must be a number"),
        ([[1.0], [2.0]], {"random_state": -1}, None, ValueError, "random_state must not be negative"),
        ([[1.0], [2.0]], {"random_state": "x"}, None, TypeError, "random_state must be"),
        ([[1.0], [2.0]], {"n_threads": 0}, None, ValueError, "n_threads must be at least 1"),
        ([[1.0], [2.0]], {}, [1.0], ValueError, "sample_weight must have shape (2,)"),
        ([[1.0], [2.0]], {}, [1.0, -2.0], ValueError, "must not be negative, got -2.0 at 1"),
        ([[1.0], [2.0]], {}, [0.0, 0.0], ValueError, "positive sum"),
        ([[1.0], [2.0]], {}, [1.0, np.nan], ValueError, "sample_weight contains NaN"),
    ],
)
def test_bad_input_gets_one_clear_line(
    X: Any, parameters: dict[str, Any], weights: list[float] | None, error: Any, said: str
) -> None:
    with pytest.raises(error) as caught:
        KMeans(**{"n_clusters": 1, **parameters}).fit(X, sample_weight=weights)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
