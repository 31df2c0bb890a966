"""Weighted points stand in the Morton order of their color space, and the octree runs on any of them."""

import numpy as np
import pytest

from imgcluster.cluster import DensePoints, KMeans, OctreePoints
from imgcluster.colors import CIELAB, LINEAR, OKLAB, RGB, ColorSpace, Histogram, bits_for, weighted_points
from imgcluster.kernels import keys_from_colors
from imgcluster.types import Float64Array, UInt8Array

SPACES = (RGB, OKLAB, CIELAB, LINEAR)


@pytest.mark.parametrize("bits", [1, 4, 6, 7, 8])
def test_bins_hold_the_mean_of_their_pixels(astronaut: UInt8Array, bits: int) -> None:
    points = weighted_points(Histogram.from_pixels(astronaut), RGB, bits)
    pixels = astronaut.reshape(-1, 3)
    bins, inverse = np.unique(pixels >> (8 - bits), axis=0, return_inverse=True)
    counts = np.bincount(inverse)
    means = np.stack([np.bincount(inverse, column) / counts for column in pixels.T], axis=1)
    assert len(points.X) == len(bins)
    order = np.lexsort((points.X // 2 ** (8 - bits)).T[::-1])
    np.testing.assert_array_equal(points.weights[order], counts)
    np.testing.assert_allclose(points.X[order], means, atol=1 / 32)
    assert (np.diff(points.keys.astype(np.int64)) > 0).all()


@pytest.mark.parametrize("space", SPACES, ids=lambda space: space.name)
@pytest.mark.parametrize("bits", [2, 6, 8])
def test_points_stand_in_the_morton_order_of_their_space(astronaut: UInt8Array, space: ColorSpace, bits: int) -> None:
    histogram = Histogram.from_pixels(astronaut)
    points = weighted_points(histogram, space, bits)
    assert points.weights.sum() == histogram.n_pixels
    assert points.X.dtype == np.float32
    assert (np.diff(points.keys.astype(np.int64)) >= (0 if bits == 8 else 1)).all()
    if bits == 8:
        assert len(points.X) == len(histogram)
        np.testing.assert_array_equal(keys_from_colors(points.X.astype(np.uint8)), points.keys)


@pytest.mark.parametrize("space", SPACES, ids=lambda space: space.name)
def test_bins_are_as_fine_as_allowed(astronaut: UInt8Array, space: ColorSpace) -> None:
    histogram = Histogram.from_pixels(astronaut)
    sizes = {bits: len(weighted_points(histogram, space, bits).X) for bits in (5, 6, 7, 8)}
    assert bits_for(histogram, sizes[8], space) == 8
    assert bits_for(histogram, sizes[8] - 1, space) == 7
    assert bits_for(histogram, sizes[6], space) == 6
    assert bits_for(histogram, 1, space) == 5


@pytest.mark.parametrize("space", SPACES, ids=lambda space: space.name)
def test_coordinates_have_few_bits_and_lead_back(space: ColorSpace) -> None:
    levels = np.arange(0, 256, 5, dtype=np.uint8)
    colors = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(-1, 3)
    X = space.encode(colors)
    assert X.dtype == np.float32
    assert X.min() >= 0
    assert X.max() < 256
    np.testing.assert_array_equal(X, np.rint(X * 16) / 16)
    back = np.rint(space.decode(X.astype(np.float64)))
    np.testing.assert_allclose(back, colors, atol={"rgb": 0, "oklab": 3, "lab": 2, "linear": 0}[space.name])


def test_oklab_is_what_its_author_says() -> None:
    colors = np.array([[0, 0, 0], [255, 255, 255], [255, 0, 0], [0, 0, 255]], np.uint8)
    lab = OKLAB.encode(colors) / 255 - [0, 0.5, 0.5]
    expected: list[list[float]] = [[0, 0, 0], [1, 0, 0], [0.62796, 0.22486, 0.12585], [0.45201, -0.03246, -0.31153]]
    np.testing.assert_allclose(lab, expected, atol=2e-4)


def test_the_octree_runs_on_oklab_as_it_is(coffee: UInt8Array, rng: np.random.Generator) -> None:
    points = weighted_points(Histogram.from_pixels(coffee), OKLAB)
    tree = OctreePoints(points.X, points.weights, points.keys, points.bits)
    dense = DensePoints(points.X, points.weights)
    for _ in range(3):
        centers = rng.uniform(0, 255, (64, 3))
        ours, expected = tree.assign(centers), dense.assign(centers)
        np.testing.assert_array_equal(tree.labels, dense.labels)
        np.testing.assert_array_equal(ours.sums, expected.sums)


def test_colors_found_in_oklab_look_nearer(coffee: UInt8Array) -> None:
    histogram = Histogram.from_pixels(coffee)

    def oklab_error(space: ColorSpace) -> float:
        points = weighted_points(histogram, space)
        tree = OctreePoints(points.X, points.weights, points.keys, points.bits)
        centers: Float64Array = KMeans(32, random_state=0).fit_points(tree).cluster_centers_.astype(np.float64)
        palette = OKLAB.encode(np.rint(space.decode(centers)).astype(np.uint8)).astype(np.float64)
        lab = weighted_points(histogram, OKLAB)
        nearest = OctreePoints(lab.X, lab.weights, lab.keys, lab.bits)
        return nearest.assign(palette).objective

    assert oklab_error(OKLAB) < 0.95 * oklab_error(RGB)
