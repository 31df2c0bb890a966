"""The stages of the search: bins that follow the pixels, solutions made of two, long steps, how much work is done."""

import numpy as np
import pytest
from skimage import data

import imgcluster as ic
from imgcluster.cluster import DensePoints, OctreePoints, lloyd, recombined, settle
from imgcluster.colors import OKLAB, RGB, ColorSpace, Histogram, SpaceColors, adaptive_bins
from imgcluster.palette._rounding import Rounding
from imgcluster.types import Float64Array, UInt8Array


def spread(points: OctreePoints, centers: Float64Array) -> float:
    return points.assign(centers).objective


@pytest.mark.parametrize("space", [RGB, OKLAB], ids=["rgb", "oklab"])
@pytest.mark.parametrize("most", [600, 3000, 10**6])
def test_adaptive_bins_hold_all_pixels_in_order(most: int, space: ColorSpace) -> None:
    points = SpaceColors(Histogram.from_pixels(data.coffee()[::2, ::2]), space).points(8)
    bins = adaptive_bins(points, most)
    assert len(bins.X) == min(len(bins.X), most)
    assert len(bins.X) > 0.95 * min(most, len(points.X))
    assert bins.weights.sum() == points.weights.sum()
    assert (np.diff(bins.keys.astype(np.int64)) >= 0).all()
    np.testing.assert_allclose(bins.weights @ bins.X, points.weights @ points.X, rtol=1e-4)


def test_centers_from_adaptive_bins_fit_better_than_from_bins_of_one_size() -> None:
    colors = SpaceColors(Histogram.from_pixels(data.hubble_deep_field()[::2, ::2]), RGB)
    points = OctreePoints(*colors.points(8))
    start = points.X[:: len(points.X) // 64][:64].astype(np.float64)
    uniform = colors.points(5)
    ends = [
        spread(points, lloyd(OctreePoints(*bins), start, 100).centers)
        for bins in (uniform, adaptive_bins(colors.points(8), len(uniform.X)))
    ]
    assert ends[1] < 0.97 * ends[0]


def test_few_cells_are_left_as_they_are() -> None:
    points = SpaceColors(Histogram.from_pixels(np.arange(256, dtype=np.uint8)[:, None].repeat(3, axis=1)), RGB).points(
        8
    )
    assert len(adaptive_bins(points, 1).X) == 8
    apart = SpaceColors(Histogram.from_pixels(np.arange(5, 256, 32, dtype=np.uint8)[:, None].repeat(3, axis=1)), RGB)
    np.testing.assert_array_equal(adaptive_bins(apart.points(8), 1).X, apart.points(8).X)  # none can be merged


def test_long_steps_lower_the_error_each_time_and_further_than_short_ones() -> None:
    colors = SpaceColors(Histogram.from_pixels(data.coffee()[::2, ::2]), RGB)
    points = OctreePoints(*colors.points(8))
    start = points.X[:: len(points.X) // 32][:32].astype(np.float64)
    assert settle(points, start, 12, 1.9).objective < lloyd(points, start, 18).objective
    errors = [settle(points, start, n, 1.9).objective for n in range(1, 8)]
    assert (np.diff(errors) < 0).all()


def test_two_solutions_make_one_that_has_the_better_part_of_each() -> None:
    rng = np.random.default_rng(0)
    middles = np.array([[0.0], [10.0], [100.0], [110.0]])
    points = DensePoints((middles + rng.normal(0, 0.1, (4, 50))).reshape(-1, 1), np.ones(200))
    left = np.array([[0.0], [10.0], [105.0], [105.5]])  # the last pair shares two clusters the wrong way
    right = np.array([[5.0], [5.5], [100.0], [110.0]])
    np.testing.assert_allclose(np.sort(recombined(points, left, right), axis=0), middles, atol=0.2)
    assert recombined(points, np.repeat(left[:1], 4, axis=0), left[:1].repeat(4, axis=0)).tolist() == [[0.0]] * 4


def test_two_equal_solutions_stay_what_they_are(coffee: UInt8Array) -> None:
    points = OctreePoints(*SpaceColors(Histogram.from_pixels(coffee), RGB).points(5))
    centers = lloyd(points, points.X[::200].astype(np.float64), 100).centers
    assert len(recombined(points, centers, centers.copy())) == len(centers)


@pytest.mark.parametrize("space", [RGB, OKLAB], ids=["rgb", "oklab"])
@pytest.mark.parametrize("n_locked", [0, 3])
def test_rounding_with_care_costs_less_and_keeps_what_is_locked(
    coffee: UInt8Array, n_locked: int, space: ColorSpace
) -> None:
    colors = SpaceColors(Histogram.from_pixels(coffee[::2, ::2]), space)
    points = OctreePoints(*colors.points(8))
    points.n_fixed = n_locked
    locked = np.array([[0, 0, 0], [255, 255, 255], [200, 30, 20]], np.uint8)[:n_locked]
    start = np.concatenate([space.encode(locked), points.X[:: len(points.X) // 20][: 20 - n_locked]])
    centers = lloyd(points, start.astype(np.float64), 200).centers
    rounding = Rounding(colors, points, locked)
    plain, careful = rounding.of(centers, 3), rounding.with_care(centers, 3)
    assert careful.objective < plain.objective
    assert careful.objective == points.assign(space.encode(careful.palette).astype(np.float64)).objective
    assert (careful.palette[:n_locked] == locked).all()
    assert len(np.unique(careful.palette, axis=0)) == 20


@pytest.mark.parametrize(("effort", "most"), [("fast", 40), ("default", 75)])
def test_passes_over_all_colors_are_few(effort: str, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    image, passes = data.coffee()[::2, ::2], {"all": 0, "bins": 0}
    n_colors = len(Histogram.from_pixels(image))
    assign = OctreePoints.assign

    def counted(points: OctreePoints, centers: Float64Array) -> object:
        passes["all" if len(points.X) == n_colors else "bins"] += 1
        return assign(points, centers)

    monkeypatch.setattr(OctreePoints, "assign", counted)
    ic.quantize(image, 64, effort=effort)
    assert passes["all"] <= most
    assert passes["bins"] <= {"fast": 20, "default": 300}[effort]


def test_the_search_that_is_longest_ends_converged() -> None:
    image = data.coffee()[::4, ::4]
    model = ic.quantize(image, 64, effort="best").model
    assert model is not None
    points = OctreePoints(*SpaceColors(Histogram.from_pixels(image), RGB).points(8))
    centers = model.cluster_centers_
    points.assign(centers)
    np.testing.assert_allclose(points.refit(centers, points.assign(centers))[0], centers, atol=1e-9)
