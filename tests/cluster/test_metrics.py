"""Each metric has its own refit, and with it k-means only ever goes down."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from imgcluster import KMeans
from imgcluster.cluster import initial_centers
from imgcluster.cluster._metrics import METRICS, CosinePoints, ManhattanPoints, unit_vectors, weighted_median
from imgcluster.errors import ConvergenceWarning

OTHERS = ["manhattan", "cosine"]
INITS = ["k-means++", "random", "maximin"]


def blobs(rng: np.random.Generator, n: int = 300, d: int = 3, k: int = 5, dtype: Any = np.float64) -> NDArray[Any]:
    centers = rng.uniform(-10, 10, (k, d))
    return (centers[rng.integers(0, k, n)] + rng.normal(size=(n, d))).astype(dtype)


def dissimilarities(
    metric: str, X: NDArray[np.float64], centers: NDArray[np.float64], weights: NDArray[Any] | None = None
) -> NDArray[np.float64]:
    """By the definition, all pairs at once; the weights are for the covariance."""
    if metric == "mahalanobis":
        shares = np.full(len(X), 1 / len(X)) if weights is None else weights / weights.sum()
        away = X - shares @ X
        inverse = np.linalg.pinv((shares[:, None] * away).T @ away, rcond=1e-11, hermitian=True)
        ways = X[:, None] - centers
        return np.einsum("nki,ij,nkj->nk", ways, inverse, ways)
    if metric == "manhattan":
        return np.abs(X[:, None] - centers).sum(axis=2)
    if metric == "cosine":
        lengths = np.linalg.norm(X, axis=1)[:, None] * np.linalg.norm(centers, axis=1)
        return 1 - X @ centers.T / lengths
    return ((X[:, None] - centers) ** 2).sum(axis=2)


def best_center(metric: str, X: NDArray[np.float64]) -> NDArray[np.float64]:
    if metric == "manhattan":
        return np.median(X, axis=0)
    if metric == "cosine":
        total = (X / np.linalg.norm(X, axis=1, keepdims=True)).sum(axis=0)
        return total / np.linalg.norm(total)
    return X.mean(axis=0)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.filterwarnings("ignore:.*clusters are empty")
@given(
    n=st.integers(3, 60),
    d=st.integers(1, 5),
    k=st.integers(1, 3),
    seed=st.integers(0, 999),
    init=st.sampled_from(INITS),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_the_objective_never_rises_at_any_half_step(
    metric: str, n: int, d: Any, k: int, seed: int, init: Any, dtype: Any
) -> None:
    rng = np.random.default_rng(seed)
    X = blobs(rng, n, d, k, dtype)
    weights = rng.integers(0, 3, n) * rng.uniform(0.5, 1.5)
    weights[0] = 1
    model = KMeans(k, metric=metric, init=init, n_swaps=0, tol=0, random_state=seed).fit(X, sample_weight=weights)
    objective, steps = model.history_.objective, model.history_.steps
    relative = 1e-9 if dtype == np.float64 else 1e-5
    rounding = 1e-14 * weights.sum() if metric == "cosine" else 1e-25  # where every point sits on its center
    assert (np.diff(objective) <= relative * objective[0] + rounding).all()
    alternating = [step for step in steps if step != "reseed"]  # of empty clusters, after an assignment
    assert set(alternating[::2]) == {"assign"}
    assert set(alternating[1::2]) <= {"refit"}
    assert model.converged_
    pairs = dissimilarities(metric, X.astype(float), model.cluster_centers_.astype(float), weights)
    assert model.inertia_ == pytest.approx((weights * pairs.min(axis=1)).sum(), rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("metric", METRICS)
def test_every_half_step_is_the_one_of_the_definition(metric: str, rng: np.random.Generator) -> None:
    X = blobs(rng, 3000, k=9)  # more pairs than a block holds
    centers = X[:40].copy()
    model = KMeans(40, metric=metric, init=centers, tol=0, max_iter=4).fit(X)
    if metric == "cosine":
        centers = unit_vectors(centers)
    expected = []
    for _ in range(4):
        pairs = dissimilarities(metric, X, centers)
        labels = pairs.argmin(axis=1)
        expected.append(pairs.min(axis=1).sum())
        centers = np.array([best_center(metric, X[labels == k]) for k in range(40)])
        expected.append(np.take_along_axis(dissimilarities(metric, X, centers), labels[:, None], axis=1).sum())
    pairs = dissimilarities(metric, X, centers)
    np.testing.assert_allclose(model.history_.objective, [*expected, pairs.min(axis=1).sum()], rtol=1e-9)
    np.testing.assert_allclose(model.cluster_centers_, centers, rtol=1e-9)
    np.testing.assert_array_equal(model.labels_, pairs.argmin(axis=1))


@pytest.mark.parametrize("metric", METRICS)
def test_no_other_center_serves_a_cluster_better(metric: str, rng: np.random.Generator) -> None:
    X, weights = blobs(rng, 50), rng.uniform(0.1, 3, 50)
    model = KMeans(1, metric=metric, tol=0).fit(X, sample_weight=weights)
    for step in rng.normal(scale=0.1, size=(200, 1, 3)):
        moved = model.cluster_centers_ + step
        assert (weights * dissimilarities(metric, X, moved, weights)[:, 0]).sum() >= model.inertia_


@pytest.mark.parametrize("metric", METRICS)
def test_a_weight_of_three_is_three_copies(metric: str, rng: np.random.Generator) -> None:
    X, weights = blobs(rng, 80), rng.integers(0, 4, 80)
    start = X[:5].copy()
    weighted = KMeans(5, metric=metric, init=start, tol=0).fit(X, sample_weight=weights)
    copied = KMeans(5, metric=metric, init=start, tol=0).fit(np.repeat(X, weights, axis=0))
    np.testing.assert_allclose(weighted.cluster_centers_, copied.cluster_centers_, rtol=1e-10)
    np.testing.assert_array_equal(np.repeat(weighted.labels_, weights), copied.labels_)
    assert weighted.inertia_ == pytest.approx(copied.inertia_)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("factor", [3, 1 / 7, 1e50])
def test_scaled_weights_change_nothing(metric: str, factor: float, rng: np.random.Generator) -> None:
    X, weights = blobs(rng), rng.uniform(0.5, 2, 300)
    one, scaled = (
        KMeans(6, metric=metric, random_state=3).fit(X, sample_weight=w) for w in (weights, factor * weights)
    )
    np.testing.assert_array_equal(one.labels_, scaled.labels_)
    np.testing.assert_allclose(one.cluster_centers_, scaled.cluster_centers_, rtol=1e-10)
    assert scaled.inertia_ == pytest.approx(factor * one.inertia_)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_threads_do_not_change_a_bit(metric: str, dtype: Any, rng: np.random.Generator) -> None:
    X = blobs(rng, 40_000, dtype=dtype)
    one, many = (KMeans(7, metric=metric, random_state=0, max_iter=9, tol=0, n_threads=n).fit(X) for n in (1, 7))
    np.testing.assert_array_equal(one.cluster_centers_, many.cluster_centers_)
    np.testing.assert_array_equal(one.labels_, many.labels_)
    np.testing.assert_array_equal(one.history_.objective, many.history_.objective)
    assert one.cluster_centers_.dtype == dtype


@pytest.mark.parametrize("metric", METRICS)
def test_a_center_far_from_all_samples_comes_to_use(metric: str, rng: np.random.Generator) -> None:
    X = np.abs(blobs(rng, 50)) + 1
    model = KMeans(3, metric=metric, init=np.vstack([X[:2], np.full((1, 3), -1e6)])).fit(X)
    assert set(model.labels_.tolist()) == {0, 1, 2}
    assert (np.diff(model.history_.objective) <= 1e-9 * model.history_.objective[0]).all()


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("init", INITS)
@pytest.mark.parametrize("X", [np.ones((6, 2)), np.repeat([[1.0, 2.0], [3.0, 4.0]], 5, axis=0)])
def test_fewer_distinct_points_than_clusters(metric: str, init: str, X: NDArray[np.float64]) -> None:
    with pytest.warns(ConvergenceWarning, match="clusters are empty, as X has only"):
        model = KMeans(4, metric=metric, init=init, random_state=0).fit(X)
    assert model.inertia_ == pytest.approx(0, abs=1e-15)
    assert np.isfinite(model.cluster_centers_).all()
    assert np.isfinite(model.history_.objective).all()
    np.testing.assert_array_equal(model.labels_, model.predict(X))


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_features", [1, 4])
@pytest.mark.filterwarnings("ignore:.*clusters are empty")
def test_new_data_are_treated_as_the_old(metric: str, dtype: Any, n_features: int, rng: np.random.Generator) -> None:
    X, weights = blobs(rng, 500, n_features, dtype=dtype), rng.uniform(0.5, 2, 500)
    model = KMeans(6, metric=metric, random_state=0, tol=0)
    labels = model.fit_predict(X, sample_weight=weights)
    np.testing.assert_array_equal(labels, model.labels_)
    np.testing.assert_array_equal(model.predict(X), labels)
    distances = model.transform(X)
    assert distances.dtype == dtype
    assert distances.shape == (500, 6)
    np.testing.assert_array_equal(distances.argmin(axis=1), labels)
    np.testing.assert_array_equal(distances, model.fit_transform(X, sample_weight=weights))
    chosen = distances[np.arange(500), labels].astype(float)
    total = (weights * (chosen**2 if metric in ("sqeuclidean", "mahalanobis") else chosen)).sum()
    assert -model.score(X, sample_weight=weights) == pytest.approx(model.inertia_, rel=1e-6)
    assert total == pytest.approx(model.inertia_, rel=1e-5)


@pytest.mark.parametrize("metric", METRICS)
def test_data_of_another_width_are_computed_in_the_wider_one(metric: str, rng: np.random.Generator) -> None:
    X = blobs(rng)
    wide = KMeans(4, metric=metric, random_state=0).fit(X)
    assert wide.transform(X.astype(np.float32)).dtype == np.float64
    narrow = KMeans(4, metric=metric, random_state=0).fit(X.astype(np.float32))
    np.testing.assert_array_equal(narrow.predict(X), narrow.labels_)


@pytest.mark.parametrize(("metric", "theirs"), [("manhattan", "manhattan_distances"), ("cosine", "cosine_distances")])
def test_distances_agree_with_scikit_learn(metric: str, theirs: str, rng: np.random.Generator) -> None:
    pairwise = pytest.importorskip("sklearn.metrics.pairwise")
    X = blobs(rng)
    model = KMeans(5, metric=metric, random_state=0).fit(X)
    expected = getattr(pairwise, theirs)(X, model.cluster_centers_)
    np.testing.assert_allclose(model.transform(X), expected, rtol=1e-9, atol=1e-15)


def test_medians_shrug_at_an_outlier() -> None:
    X = np.array([[0.0], [1.0], [2.0], [10.0], [11.0], [1e6]])
    start = [[0.0], [10.0]]
    np.testing.assert_array_equal(KMeans(2, metric="manhattan", init=start).fit(X).cluster_centers_, [[1], [11]])


@given(
    values=st.lists(st.integers(-5, 5), min_size=1, max_size=30),
    weights=st.lists(st.integers(0, 4), min_size=30, max_size=30),
    scale=st.sampled_from([1.0, 0.1, 1 / 3, 1e-30]),
)
def test_the_weighted_median_is_the_median_of_copies(values: Any, weights: Any, scale: Any) -> None:
    X, weights = np.array(values, float)[:, None], np.array(weights[: len(values)])
    weights[0] = max(weights[0], 1)
    assert weighted_median(X, scale * weights) == np.median(np.repeat(X, weights, axis=0))


def test_cosine_knows_only_directions(rng: np.random.Generator) -> None:
    X = blobs(rng)
    lengths = 10.0 ** rng.uniform(-300, 298, (300, 1))
    plain = KMeans(4, metric="cosine", random_state=0).fit(X)
    scaled = KMeans(4, metric="cosine", random_state=0).fit(X * lengths)
    np.testing.assert_array_equal(plain.labels_, scaled.labels_)
    np.testing.assert_allclose(plain.cluster_centers_, scaled.cluster_centers_, rtol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(scaled.cluster_centers_, axis=1), 1, rtol=1e-14)


def test_vectors_that_cancel_out_keep_the_center() -> None:
    X = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    model = KMeans(1, metric="cosine", init=[[3.0, 4.0]]).fit(X)
    np.testing.assert_array_equal(model.cluster_centers_, [[0.6, 0.8]])
    assert model.inertia_ == pytest.approx(4)


@pytest.mark.parametrize("points_type", [ManhattanPoints, CosinePoints])
def test_kmeans_plus_plus_draws_by_the_dissimilarity_itself(points_type: Any, rng: np.random.Generator) -> None:
    metric = {ManhattanPoints: "manhattan", CosinePoints: "cosine"}[points_type]
    X, weights = blobs(rng, 200), rng.uniform(0.5, 2, 200)
    points = points_type(X, weights)
    nearer = points.nearer()
    first, _ = nearer(points.X[:1], np.full(200, np.inf))
    trials, potentials = nearer(points.X[1:4], first[0])
    pairs = dissimilarities(metric, X, X[:4])
    expected = np.minimum(pairs[:, :1], pairs[:, 1:]).T
    scale = 2 if metric == "cosine" else 1  # chances are proportional
    np.testing.assert_allclose(trials, scale * expected, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(potentials, scale * (weights * expected).sum(axis=1))


@pytest.mark.parametrize("metric", OTHERS)
@pytest.mark.parametrize("init", INITS)
def test_starts_are_different_points_of_positive_weight(metric: str, init: str, rng: np.random.Generator) -> None:
    X, weights = blobs(rng, 40), np.zeros(40)
    weights[::4] = 1
    points = METRICS[metric](X, weights, 1)
    rows = [tuple(row) for row in initial_centers(points, 8, init, rng).tolist()]
    assert set(rows) <= {tuple(row) for row in points.X[::4].tolist()}
    assert len(set(rows)) == 8


@pytest.mark.parametrize(
    ("X", "parameters", "said"),
    [
        (
            [[1.0], [2.0]],
            {"metric": "chebyshev"},
            "metric must be one of sqeuclidean, manhattan, cosine, mahalanobis, or a function, got 'chebyshev'",
        ),
        ([[1.0], [2.0]], {"metric": "cosine", "n_swaps": 5}, 'n_swaps needs metric="sqeuclidean", got n_swaps=5'),
        ([[1.0], [2.0]], {"metric": "manhattan", "n_swaps": 5}, "with metric='manhattan'"),
        ([[1.0], [0.0]], {"metric": "cosine"}, "X has only zeros in row 1"),
        ([[1.0], [2.0]], {"metric": "cosine", "init": [[0.0]]}, "init has only zeros in row 0"),
    ],
)
def test_bad_input_gets_one_clear_line(X: list[list[float]], parameters: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+$") as caught:
        KMeans(1, **parameters).fit(X)
    assert said in str(caught.value)


def test_cosine_rejects_new_zeros() -> None:
    model = KMeans(1, metric="cosine").fit([[1.0, 2.0]])
    for method in (model.predict, model.transform, model.score):
        with pytest.raises(ValueError, match="X has only zeros in row 1"):
            method([[1.0, 2.0], [0.0, 0.0]])


def test_units_do_not_count_for_mahalanobis(rng: np.random.Generator) -> None:
    X = blobs(rng, 200)
    mixed = X @ np.array([[1e6, 0, 0], [3e5, 1e-6, 0], [0, 2e-6, 5]]) + [7, 0, -1]
    start = np.arange(4)
    one, other = (KMeans(4, metric="mahalanobis", init=Z[start], tol=0).fit(Z) for Z in (X, mixed))
    np.testing.assert_array_equal(one.labels_, other.labels_)
    assert one.inertia_ == pytest.approx(other.inertia_, rel=1e-6)
    np.testing.assert_allclose(one.covariance_, np.cov(X.T, bias=True), rtol=1e-10)
    np.testing.assert_allclose(one.cluster_centers_[0], X[one.labels_ == 0].mean(axis=0), rtol=1e-10)
    # new data are measured by the covariance of the fit, not by their own
    np.testing.assert_array_equal(one.predict(X[:9]), one.labels_[:9])
    squared = dissimilarities("mahalanobis", X, one.cluster_centers_)
    np.testing.assert_allclose(one.transform(X), np.sqrt(squared), rtol=1e-9)
    assert not hasattr(one.set_params(metric="manhattan", init="random").fit(X), "covariance_")


def test_directions_without_variance_do_not_count_for_mahalanobis(rng: np.random.Generator) -> None:
    X = blobs(rng, 100, 2)
    flat = np.column_stack([X, np.full(100, 5.0), X[:, 0] * 2])
    one, other = (KMeans(3, metric="mahalanobis", init=Z[:3], tol=0).fit(Z).labels_ for Z in (X, flat))
    np.testing.assert_array_equal(one, other)


def chebyshev(x: Any, m: Any) -> Any:
    return np.abs(x - m).max(axis=-1)


def test_centers_of_a_function_are_medoids(rng: np.random.Generator) -> None:
    X, weights = blobs(rng, 150), rng.integers(0, 3, 150)
    centers, labels, expected = X[:4].copy(), np.zeros(150, int), []
    for _ in range(3):
        pairs = np.array([[np.abs(x - m).max() for m in centers] for x in X])
        labels = pairs.argmin(axis=1)
        expected.append((weights * pairs.min(axis=1)).sum())
        for k in range(4):
            mine = np.flatnonzero((labels == k) & (weights > 0))
            sums = [sum(weights[i] * np.abs(X[i] - X[j]).max() for i in mine) for j in mine]
            centers[k] = X[mine[int(np.argmin(sums))]]
        pairs = np.array([[np.abs(x - m).max() for m in centers] for x in X])
        expected.append((weights * pairs[np.arange(150), labels]).sum())
    model = KMeans(4, metric=chebyshev, init=X[:4], tol=0, max_iter=3).fit(X, sample_weight=weights)
    np.testing.assert_allclose(model.history_.objective[:6], expected)
    np.testing.assert_allclose(model.cluster_centers_, centers)
    np.testing.assert_allclose(model.transform(X), pairs)
    np.testing.assert_array_equal(model.predict(X), model.labels_)


@pytest.mark.filterwarnings("ignore:.*clusters are empty")
@given(
    n=st.integers(3, 60), k=st.integers(1, 3), seed=st.integers(0, 999), dtype=st.sampled_from([np.float32, np.float64])
)
def test_the_objective_of_medoids_never_rises(n: int, k: int, seed: int, dtype: Any) -> None:
    rng = np.random.default_rng(seed)
    X, weights = blobs(rng, n, 2, k, dtype), rng.integers(0, 3, n)
    weights[0] = 1
    given_start = rng.normal(size=(k, 2)) if seed % 2 else "k-means++"  # no samples, which a refit must not lose to
    model = KMeans(k, metric=chebyshev, init=given_start, random_state=seed).fit(X, sample_weight=weights)
    assert (np.diff(model.history_.objective) <= 1e-5 * model.history_.objective[0]).all()
    assert model.converged_


def test_medoids_of_more_pairs_than_a_block(rng: np.random.Generator) -> None:
    X = blobs(rng, 1500)
    model = KMeans(2, metric=chebyshev, random_state=0).fit(X)
    mine = X[model.labels_ == 0]
    sums = np.abs(mine[:, None] - mine).max(axis=2).sum(axis=1)
    np.testing.assert_array_equal(model.cluster_centers_[0], mine[sums.argmin()])


@pytest.mark.parametrize(
    ("metric", "said"),
    [
        (lambda x, m: np.abs(x - m).max(), r"metric must return numbers \(4, 1\) for arrays \(4, 1, 2\) and \(1, 1, 2"),
        (lambda x, m: (x - m).sum(axis=-1), "metric must not return negative numbers or NaN, got -"),
        (lambda x, m: np.full((4, 1), np.inf), "metric must return finite numbers, got infinity"),
        (lambda x, m: [["a"]] * 4, "metric must return numbers"),
        (lambda x: x, r"metric failed for arrays \(n, 1, d\) and \(1, k, d\): TypeError"),
        (3, "metric must be one of sqeuclidean, manhattan, cosine, mahalanobis, or a function, got 3"),
    ],
)
def test_functions_that_measure_nothing_get_one_clear_line(metric: Any, said: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+$") as caught:
        KMeans(1, metric=metric, init=[[2.0, 1.0]]).fit([[1.0, 0.0], [2.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    assert caught.match(said)


@pytest.mark.parametrize("metric", [*METRICS, chebyshev])
def test_half_steps_by_hand_are_those_of_a_fit(metric: Any, rng: np.random.Generator) -> None:
    X = blobs(rng, 120)
    model = KMeans(4, metric=metric, init=X[:4], n_swaps=0, tol=0).fit(X)
    by_hand = KMeans(4, metric=metric)
    labels = KMeans(4, metric=metric, init=X[:4], n_swaps=0, tol=0, max_iter=1).fit(X).labels_
    objective = []
    for _ in range(9):
        objective += [by_hand.refit(X, labels).inertia_]
        labels = by_hand.assign(X)
        objective += [-by_hand.score(X)]
    # the first refit of the fit is the one before those labels
    known = model.history_.objective[3 : 3 + len(objective)]
    np.testing.assert_allclose(objective[: len(known)], known, rtol=1e-9)
    np.testing.assert_array_equal(labels[: len(known)], model.labels_[: len(known)])
    assert by_hand.responsibilities_.argmax(axis=1).tolist() == by_hand.labels_.tolist()
