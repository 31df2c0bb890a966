"""What the tests of faiss (facebookresearch/faiss, tests/, in 2026) ask of its k-means, asked of ours.

Written anew, on data of our own; each docstring begins with the tests whose behavior it holds.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import imgcluster as ic

NOT_OURS = {
    "test_clustering (int_centroids)": "centers are means; whole ones are a rounding of cluster_centers_",
    "test_encoded": "no codecs: X is an array",
    "test_progressive_dim": "no stages by dimension: swaps reach further",
    "test_smawk": "a private step of faiss' exact 1-D clustering",
    "test_afkmc2_chain_length_effect": "no AFK-MC2, an approximation of k-means++",
    "test_with_existing_centroids": "no fixed centers beside drawn ones: a callable init returns all",
    "test_sparse_routines": "sparse input is rejected, with two ways out",
    "test_sparse_kmeans": "sparse input is rejected, with two ways out",
    "test_use_super_kmeans_field_is_inherited": "a field of faiss' parameters",
    "test_pruning_rate_in_expected_range": "how many distances are spared is private",
    "SuperKMeansAssignIterationSmokeTest.test_smoke": "asks for what is private in faiss",
    "SuperKMeansAssignIterationSmokeTest.test_rejects_bad_input": "asks for what is private in faiss",
}
METHODS = ["k-means++", "random", "maximin"]


@pytest.fixture(scope="module")
def bent() -> NDArray[np.float32]:
    """2000 points of 32 coordinates near a surface of ten dimensions."""
    random = np.random.default_rng(7)
    inner, turn = random.standard_normal((2000, 10)), random.standard_normal((10, 32))
    return np.sin(inner @ turn * 0.5).astype(np.float32)


def plain(k: int, **options: Any) -> ic.KMeans:
    """Lloyd's algorithm alone, as in faiss."""
    return ic.KMeans(k, **{"random_state": 1, "n_swaps": 0, **options})


def test_more_iterations_and_more_centers_lower_the_objective() -> None:
    """As test_clustering, test_objective_decreases_monotonically, test_stats."""
    x = (np.random.default_rng(123).random((1000, 64)) * 10).astype(np.float32)
    few, many = (plain(k).fit(x) for k in (32, 64))
    objective = few.history_.objective
    assert np.all(np.diff(objective) <= 1e-7 * objective[1:])  # of distances in float32
    assert objective[-1] == few.inertia_
    assert len(few.history_.steps) == len(objective)
    assert many.inertia_ < few.inertia_


@pytest.mark.parametrize("n_swaps", [0, "auto"])
@pytest.mark.parametrize("init", METHODS)
def test_fewer_distinct_points_than_centers(init: str, n_swaps: int | str) -> None:
    """As test_nasty_clustering; ours says so, too."""
    x = np.repeat(np.random.default_rng(123).random((5, 2)).astype(np.float32), 20, axis=0)
    with pytest.warns(ic.errors.ConvergenceWarning, match="5 distinct"):
        model = ic.KMeans(10, init=init, n_swaps=n_swaps, random_state=0).fit(x)  # type: ignore[arg-type]
    assert model.inertia_ == pytest.approx(0, abs=1e-9)
    assert np.isfinite(model.cluster_centers_).all()
    assert len(np.unique(model.labels_)) == 5


@pytest.mark.parametrize("n_swaps", [0, "auto"])
def test_one_point_a_cluster(n_swaps: int | str) -> None:
    """As test_1ptpercluster: of distinct points, and of points that are all the same."""
    x = np.random.default_rng(0).random((5, 10)).astype(np.float32)
    model = ic.KMeans(5, n_swaps=n_swaps, random_state=0).fit(x)  # type: ignore[arg-type]
    assert sorted(model.labels_) == list(range(5))
    np.testing.assert_allclose(model.cluster_centers_[model.predict(x)], x, rtol=1e-6)
    with pytest.warns(ic.errors.ConvergenceWarning, match="1 distinct"):
        same = ic.KMeans(5, n_swaps=n_swaps, random_state=0).fit(x * 0)  # type: ignore[arg-type]
    assert same.inertia_ == 0
    assert not same.predict(x * 0).any()


def test_centers_follow_the_weights() -> None:
    """As test_weighted: five large and five small clusters, and weights that turn them round."""
    random = np.random.default_rng(123)
    true = random.standard_normal((10, 32))
    true /= np.linalg.norm(true, axis=1, keepdims=True)
    of = np.repeat(np.arange(10), [100] * 5 + [10] * 5)
    x = (true[of] + 0.1 * random.standard_normal((len(of), 32))).astype(np.float32)

    def distances(weights: NDArray[np.float64] | None) -> tuple[float, float]:
        model = ic.KMeans(5, random_state=0).fit(x, sample_weight=weights)
        nearest = model.transform(true.astype(np.float32)).min(axis=1) ** 2
        return nearest[:5].sum(), nearest[5:].sum()

    large, small = distances(None)
    assert small > 2 * large
    large, small = distances(np.where(of < 5, 0.1, 10.0))
    assert large > 2 * small


def test_a_fit_goes_on_from_given_centers(bent: NDArray[np.float32]) -> None:
    """As test_init."""
    with pytest.warns(ic.errors.ConvergenceWarning, match="max_iter=4"):
        first = plain(5, init="random", max_iter=4).fit(bent)
    with pytest.warns(ic.errors.ConvergenceWarning, match="max_iter=4"):
        second = plain(5, init=first.cluster_centers_, max_iter=4).fit(bent)
    assert first.history_.objective[0] > 1.01 * second.history_.objective[0]
    assert second.inertia_ <= first.inertia_


@pytest.mark.parametrize("metric", ["sqeuclidean", "cosine"])
def test_ten_starts_are_better_than_one(metric: Any) -> None:
    """As test_redo, test_redo_cosine."""
    x = np.random.default_rng(123).random((1000, 64)).astype(np.float32)
    one, ten = (plain(20, metric=metric, n_init=n).fit(x) for n in (1, 10))
    assert ten.inertia_ < one.inertia_


def best_in_one_dimension(x: NDArray[np.float64], k: int) -> float:
    """The least J of k intervals, by dynamic programming."""
    x = np.sort(x)
    first, second = (np.concatenate([[0.0], np.cumsum(values)]) for values in (x, x * x))
    begin, end = np.arange(len(x) + 1)[:, None], np.arange(len(x) + 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        cost = second[end] - second[begin] - (first[end] - first[begin]) ** 2 / (end - begin)
    cost = np.where(end > begin, np.maximum(cost, 0), np.inf)
    least = cost[0]
    for _ in range(k - 1):
        least = np.minimum(least, (least[:, None] + cost).min(axis=0))
    return float(least[-1])


@pytest.mark.parametrize(("n", "k"), [(20, 20), (400, 20), (400, 100)])
def test_one_dimension(n: int, k: int) -> None:
    """As test_cluster1d: never below the exact optimum, and with swaps within 1 % of it."""
    x = np.random.default_rng(123).random((n, 1))
    best, found = best_in_one_dimension(x[:, 0], k), ic.KMeans(k, random_state=0).fit(x).inertia_
    assert best - 1e-12 <= found <= 1.01 * best + 1e-12


@pytest.mark.parametrize("init", METHODS)
def test_starts_are_distinct_samples_and_come_back(init: str, bent: NDArray[np.float32]) -> None:
    """As test_initialization_methods, test_determinism (of starts)."""
    with pytest.warns(ic.errors.ConvergenceWarning, match="max_iter=1"):
        paths = [plain(32, init=init, max_iter=1, keep_path=True).fit(bent).history_.path for _ in range(2)]
    starts = [path[0].centers for path in paths]
    np.testing.assert_array_equal(starts[0], starts[1])
    assert len(np.unique(starts[0], axis=0)) == 32
    for center in starts[0]:
        assert (bent == center).all(axis=1).any()


def test_too_few_points() -> None:
    """As test_train_rejects_too_few_points."""
    with pytest.raises(ValueError, match="n_clusters=16 for n_samples=10"):
        ic.KMeans(16).fit(np.zeros((10, 128), np.float32))


def test_half_floats_are_what_they_are_rounded_to(bent: NDArray[np.float32]) -> None:
    """As test_train_float16_matches_rounded_float32; ours computes in float64."""
    half = bent.astype(np.float16)
    np.testing.assert_array_equal(
        plain(4).fit(half).cluster_centers_, plain(4).fit(half.astype(float)).cluster_centers_
    )


def test_spherical_centers(bent: NDArray[np.float32]) -> None:
    """As test_spherical_produces_unit_centroids, test_spherical_objective_close_to_vanilla_spherical."""
    model = plain(16, metric="cosine").fit(bent)
    np.testing.assert_allclose(np.linalg.norm(model.cluster_centers_, axis=1), 1, atol=1e-4)
    unit = bent / np.linalg.norm(bent, axis=1, keepdims=True)
    straight = plain(16).fit(unit).labels_
    sums = [np.linalg.norm(unit[straight == k].sum(axis=0)) for k in range(16)]
    assert model.inertia_ == pytest.approx(len(unit) - sum(sums), rel=0.05)


def test_ways_to_compute_do_not_show(bent: NDArray[np.float32]) -> None:
    """As test_determinism, test_pdx_offset_correct_for_unaligned_y_batch, test_final_obj_matches_vanilla_kmeans,
    test_pruned_iter_assignments_close_to_vanilla: threads, remainders of blocks and the algorithm change no bit."""
    first = plain(70, max_iter=300).fit(bent)
    for options in ({}, {"n_threads": 1}, {"n_threads": 3}, {"algorithm": "elkan"}):
        again = plain(70, max_iter=300, **options).fit(bent)
        np.testing.assert_array_equal(first.cluster_centers_, again.cluster_centers_)
        assert first.inertia_ == again.inertia_


def test_what_is_not_a_number(bent: NDArray[np.float32]) -> None:
    """As test_rejects_nan_input."""
    spoiled = bent.copy()
    spoiled[1, 10] = np.nan
    with pytest.raises(ValueError, match=r"NaN, first at \(1, 10\)"):
        ic.KMeans(4).fit(spoiled)


@pytest.mark.parametrize("init", [*METHODS, "all at one place"])
def test_no_center_stays_without_points(init: str, bent: NDArray[np.float32]) -> None:
    """As test_cluster_splitting_with_many_duplicates, test_python_kmeans: four fifths are one point."""
    x = np.concatenate([np.repeat(bent[:1], 800, axis=0), bent[1:201]])
    model = plain(16, init=np.repeat(bent[:1], 16, axis=0) if init == "all at one place" else init).fit(x)
    assert len(np.unique(model.cluster_centers_, axis=0)) == 16
    assert np.bincount(model.labels_, minlength=16).all()
    assert model.inertia_ < 1.1 * ic.KMeans(16, random_state=0).fit(x).inertia_


def test_what_a_fit_leaves(bent: NDArray[np.float32]) -> None:
    """As test_train_populates_kmeans_surface."""
    model = plain(16).fit(bent)
    assert model.cluster_centers_.shape == (16, 32)
    assert model.cluster_centers_.dtype == np.float32
    labels, distances = model.predict(bent), model.transform(bent)
    np.testing.assert_array_equal(labels, distances.argmin(axis=1))
    np.testing.assert_array_equal(labels, model.labels_)
    assert (distances.min(axis=1).astype(float) ** 2).sum() == pytest.approx(model.inertia_, rel=1e-4)
