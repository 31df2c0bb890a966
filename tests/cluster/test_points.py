"""Points in an octree are only a faster way to the same assignment."""

import numpy as np
import pytest
from numpy.typing import NDArray

from imgcluster.cluster import DensePoints, KMeans, OctreePoints
from imgcluster.colors import Histogram, WeightedPoints, weighted_points


@pytest.fixture(params=[8, 6, 5])
def features(request: pytest.FixtureRequest, astronaut: NDArray[np.uint8]) -> WeightedPoints:
    return weighted_points(Histogram.from_pixels(astronaut), bits=request.param)


@pytest.mark.parametrize("k", [1, 5, 200])
def test_same_labels_and_sums_as_dense(features: WeightedPoints, k: int, rng: np.random.Generator) -> None:
    dense = DensePoints(features.X, features.weights)
    tree = OctreePoints(features.X, features.weights, features.keys, features.bits)
    for _ in range(3):
        centers = rng.uniform(0, 255, (k, 3))
        ours, expected = tree.assign(centers), dense.assign(centers)
        np.testing.assert_array_equal(tree.labels, dense.labels)
        np.testing.assert_array_equal(ours.sums, expected.sums)
        np.testing.assert_array_equal(ours.counts, expected.counts)
        assert ours.changed == expected.changed
        assert ours.objective == pytest.approx(expected.objective, rel=1e-6)
        np.testing.assert_allclose(tree.errors(centers), dense.errors(centers), rtol=1e-5)


@pytest.mark.parametrize("n_threads", [2, 7])
def test_threads_do_not_change_a_bit(features: WeightedPoints, n_threads: int, rng: np.random.Generator) -> None:
    centers = rng.uniform(0, 255, (64, 3))
    results = []
    for threads in (1, n_threads):
        points = OctreePoints(features.X, features.weights, features.keys, features.bits, threads)
        results.append((*points.assign(centers), points.labels))
    for one, many in zip(*results, strict=True):
        np.testing.assert_array_equal(one, many)


def test_more_centers_than_the_tree_carries(features: WeightedPoints, rng: np.random.Generator) -> None:
    centers = rng.uniform(0, 255, (5000, 3))
    tree = OctreePoints(features.X, features.weights, features.keys, features.bits)
    dense = DensePoints(features.X, features.weights)
    ours, expected = tree.assign(centers), dense.assign(centers)
    np.testing.assert_array_equal(tree.labels, dense.labels)
    np.testing.assert_array_equal(ours.sums, expected.sums)
    assert ours.objective == pytest.approx(expected.objective)


def test_a_fit_is_the_same_on_either(features: WeightedPoints) -> None:
    start = features.X[:: len(features.X) // 20][:20].astype(float)
    dense = KMeans(20, init=start, max_iter=10, tol=0).fit(features.X, sample_weight=features.weights)
    points = OctreePoints(features.X, features.weights, features.keys, features.bits)
    tree = KMeans(20, init=start, max_iter=10, tol=0).fit_points(points)
    np.testing.assert_array_equal(dense.labels_, tree.labels_)
    np.testing.assert_array_equal(dense.cluster_centers_, tree.cluster_centers_)
    assert dense.inertia_ == pytest.approx(tree.inertia_, rel=1e-6)
