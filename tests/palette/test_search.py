"""The search for palettes: the exact optimum where it is known, efforts in order, as many colors as asked for."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from skimage import data

import imgcluster as ic
from imgcluster.cluster import OctreePoints, ward_centers
from imgcluster.cluster import _swaps as swaps
from imgcluster.colors import COLOR_SPACES, RGB, Histogram, SpaceColors
from imgcluster.palette import Fit, find_colors
from imgcluster.types import UInt8Array

EFFORTS = ("fast", "default", "best")


def found(histogram: Histogram, k: int, effort: str = "default", space: str = "rgb", **options: object) -> Fit:
    rng = np.random.default_rng(0)
    return find_colors(histogram, k, "kmeans", effort, rng, 1, COLOR_SPACES[space], **options)  # type: ignore[arg-type]


def error(histogram: Histogram, palette: UInt8Array, space: str = "rgb") -> float:
    """Return the error of a palette in a space, by comparing all pairs."""
    X, centers = (COLOR_SPACES[space].encode(colors).astype(np.float64) for colors in (histogram.colors, palette))
    return float((((X[:, None] - centers) ** 2).sum(axis=-1).min(axis=1) * histogram.counts).sum())


def gray_optimum(counts: NDArray[np.int64], k: int) -> float:
    """Return the least error of k shades, interval by interval."""
    values = np.flatnonzero(counts)
    weights = counts[values].astype(float)
    cost = np.zeros((len(values), len(values)))
    for i, j in itertools.combinations_with_replacement(range(len(values)), 2):
        w, v = weights[i : j + 1], values[i : j + 1]
        cost[i, j] = (w * (v - np.rint((w * v).sum() / w.sum())) ** 2).sum()
    best = cost[0].copy()
    for _ in range(k - 1):
        best = np.array(
            [min([best[j], *(best[i - 1] + cost[i, j] for i in range(1, j + 1))]) for j in range(len(best))]
        )
    return 3 * float(best[-1])


@pytest.mark.parametrize("effort", EFFORTS)
@pytest.mark.parametrize("k", [2, 7, 33])
def test_gray_pictures_get_the_best_shades_there_are(k: int, effort: str) -> None:
    camera = data.camera()[::3, ::3] // 2 * 2
    result = ic.quantize(camera, k, effort=effort)
    counts = np.bincount(camera.ravel(), minlength=256)
    assert result.mse * camera.size == pytest.approx(gray_optimum(counts, k))
    assert (np.diff(result.palette.astype(int), axis=0) > 0).all()


def test_colors_on_any_line_get_the_best_there_are() -> None:
    steps = np.arange(0, 80, dtype=np.uint8)
    line = np.stack([10 + 3 * steps, 250 - 2 * steps, 20 + steps], axis=1)
    weights = np.random.default_rng(3).integers(1, 50, len(line))
    histogram = Histogram.from_pixels(np.repeat(line, weights, axis=0)[None])
    shifted = found(histogram, 9)
    palettes = (line[np.sort(np.random.default_rng(s).choice(80, 9, replace=False))] for s in range(50))
    assert shifted.objective == error(histogram, shifted.palette)
    assert shifted.objective < min(error(histogram, palette) for palette in palettes)


@pytest.mark.parametrize("space", ["oklab", "lab", "linear"])
def test_gray_pictures_get_the_best_shades_in_any_space(space: str) -> None:
    gray = np.repeat(np.arange(0, 256, 9, dtype=np.uint8)[:, None], 3, axis=1)
    histogram = Histogram.from_pixels(gray[None])
    three = found(histogram, 3, space=space)
    shades = np.repeat(np.arange(0, 256, 10, dtype=np.uint8)[:, None], 3, axis=1)
    tried = min(error(histogram, shades[list(chosen)], space) for chosen in itertools.combinations(range(26), 3))
    assert error(histogram, three.palette, space) <= tried * (1 + 1e-9)


@given(
    seed=st.integers(0, 10_000),
    n=st.integers(5, 400),
    k=st.integers(2, 60),
    spread=st.sampled_from([1, 4, 40, 255]),
    space=st.sampled_from(["rgb", "oklab"]),
)
@settings(deadline=None, max_examples=4)
def test_more_effort_is_never_worse_and_colors_are_as_many_as_asked_for(
    seed: int, n: int, k: int, spread: int, space: str
) -> None:
    rng = np.random.default_rng(seed)
    middle = rng.integers(0, 256, 3)
    pixels = np.clip(middle + rng.integers(-spread, spread + 1, (n, 3)), 0, 255).astype(np.uint8)
    histogram = Histogram.from_pixels(pixels[None])
    fits = [found(histogram, k, effort, space) for effort in EFFORTS]
    errors = [error(histogram, fit.palette, space) for fit in fits]
    assert errors[1] <= errors[0] * (1 + 1e-9)
    assert errors[2] <= errors[1] * (1 + 1e-9)
    for fit in fits:
        assert len(np.unique(fit.palette, axis=0)) == len(fit.palette) == min(k, len(histogram))


@pytest.mark.parametrize("method", ["kmeans", "soft-kmeans", "gmm"])
@pytest.mark.parametrize("k", [40, 255])
def test_entries_that_fall_together_are_used_again(method: str, k: int) -> None:
    rng = np.random.default_rng(0)
    pixels = (120 + rng.integers(0, 7, (60, 60, 3))).astype(np.uint8)  # 343 colors
    result = ic.quantize(pixels, k, method=method)
    assert len(np.unique(result.palette, axis=0)) == k
    if method == "kmeans":
        assert len(np.unique(result.indices)) == k


@pytest.mark.exhaustive
def test_few_colors_are_fitted_as_well_as_by_merging(coffee: UInt8Array) -> None:
    histogram = Histogram.from_pixels(ic.quantize(coffee, 300).to_array())
    points = SpaceColors(histogram, RGB).points(8)
    for k in (100, 200):
        merged = np.rint(ward_centers(points.X, points.weights, k)).astype(np.uint8)
        assert error(histogram, found(histogram, k).palette) <= error(histogram, merged)


def test_merging_takes_the_cheapest_pair_each_time() -> None:
    rng = np.random.default_rng(5)
    X, weights = rng.integers(0, 50, (30, 3)).astype(np.float64), rng.integers(1, 9, 30).astype(np.float64)
    centers, sizes = [*X], [*weights]
    while len(centers) > 7:
        pairs = itertools.combinations(range(len(centers)), 2)
        i, j = min(
            pairs,
            key=lambda p: (
                sizes[p[0]] * sizes[p[1]] / (sizes[p[0]] + sizes[p[1]]) * ((centers[p[0]] - centers[p[1]]) ** 2).sum()
            ),
        )
        centers[i] = (centers[i] * sizes[i] + centers[j] * sizes[j]) / (sizes[i] + sizes[j])
        sizes[i] += sizes[j]
        del centers[j], sizes[j]
    ours = ward_centers(X, weights, 7)
    np.testing.assert_allclose(sorted(ours.tolist()), sorted(np.array(centers).tolist()))


def test_many_clusters_need_no_table_of_all_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    centers, counts = rng.uniform(0, 255, (900, 3)), rng.integers(1, 99, 900).astype(np.float64)
    exact = swaps.removal_costs(centers, counts)
    monkeypatch.setattr(swaps, "_MOST_PAIRED", 100)
    near = swaps.removal_costs(centers, counts)
    assert (near >= exact - 1e-9).all()
    assert np.median(near / exact) < 1.05


@pytest.mark.exhaustive
def test_very_many_colors_are_found_exactly(monkeypatch: pytest.MonkeyPatch, coffee: UInt8Array) -> None:
    histogram = Histogram.from_pixels(coffee)
    fit = found(histogram, 5000, "fast")
    assert len(np.unique(fit.palette, axis=0)) == 5000
    sample = np.arange(0, len(histogram), 97)
    distances = ((histogram.colors[sample, None].astype(int) - fit.palette) ** 2).sum(axis=-1)
    np.testing.assert_array_equal(fit.labels[sample], distances.argmin(axis=1))


@pytest.mark.exhaustive
def test_more_colors_than_are_gone_over_again_converge_on_bins(
    monkeypatch: pytest.MonkeyPatch, coffee: UInt8Array
) -> None:
    histogram = Histogram.from_pixels(coffee)
    passes: list[int] = []
    assign = OctreePoints.assign

    def counted(points: OctreePoints, centers: NDArray[np.float64]) -> object:
        passes.append(len(points.X))
        return assign(points, centers)

    monkeypatch.setattr(OctreePoints, "assign", counted)
    usual = found(histogram, 64)
    monkeypatch.setattr("imgcluster.palette._stages._MOST_REPEATED", 20_000)
    before = sum(n == len(histogram) for n in passes)
    passes.clear()
    fewer = found(histogram, 64)
    assert sum(n == len(histogram) for n in passes) <= min(before - 1, 5)
    assert fewer.objective is not None
    assert usual.objective is not None
    assert fewer.objective < 1.03 * usual.objective
    assert fewer.objective == error(histogram, fewer.palette)
    fast = found(histogram, 64, "fast")
    assert fast.objective is not None
    assert fewer.objective <= fast.objective


def test_more_effort_is_never_worse_on_bins(monkeypatch: pytest.MonkeyPatch, coffee: UInt8Array) -> None:
    histogram = Histogram.from_pixels(coffee[::6, ::6])
    monkeypatch.setattr("imgcluster.palette._stages._MOST_REPEATED", 2000)
    errors = [error(histogram, found(histogram, 12, effort).palette) for effort in EFFORTS[:2]]
    assert errors == sorted(errors, reverse=True)
    monkeypatch.undo()
    assert errors[1] < 1.05 * error(histogram, found(histogram, 12).palette)


@pytest.mark.parametrize("space", ["rgb", "oklab"])
def test_locked_colors_are_kept_and_the_rest_is_searched_around_them(space: str, coffee: UInt8Array) -> None:
    histogram = Histogram.from_pixels(coffee)
    locked = np.array([[255, 0, 0], [18, 52, 86], [255, 0, 0], [90, 60, 30]], np.uint8)
    fit = found(histogram, 20, space=space, locked=locked)
    np.testing.assert_array_equal(fit.palette[:3], locked[[0, 1, 3]])
    assert len(np.unique(fit.palette, axis=0)) == 20
    free = found(histogram, 17, space=space).palette
    # both are searches that may end in different local minima
    assert error(histogram, fit.palette, space) <= 1.03 * error(histogram, np.concatenate([locked, free]), space)


def test_locked_colors_beside_few_others() -> None:
    histogram = Histogram.from_pixels(np.array([[[1, 2, 3], [200, 100, 0], [9, 9, 9]]], np.uint8))
    fit = found(histogram, 4, locked=np.array([[200, 100, 0], [255, 255, 255]], np.uint8))
    assert fit.palette.tolist() == [[200, 100, 0], [255, 255, 255], [1, 2, 3], [9, 9, 9]]
    assert fit.palette[fit.labels].tolist() == histogram.colors.tolist()
    every = found(histogram, 2, locked=np.array([[0, 0, 0], [255, 255, 255]], np.uint8))
    assert every.palette.tolist() == [[0, 0, 0], [255, 255, 255]]
    with pytest.raises(ValueError, match="lock must hold at most n_colors=1 colors, got 2; raise"):
        found(histogram, 1, locked=np.array([[0, 0, 0], [255, 255, 255]], np.uint8))
