"""Palettes with alpha: clear stays clear, opaque stays opaque, and few colors are kept."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from imgcluster.colors import COLOR_SPACES, AlphaHistogram, ColorSpace, alpha_space, map_alpha_pixels
from imgcluster.palette import find_alpha_colors, nearest_alpha_colors
from imgcluster.palette._alpha_colors import AlphaColors
from imgcluster.palette._alpha_fit import Finish
from imgcluster.types import UInt8Array

_EFFORTS = ("fast", "default", "best")


def _sticker(side: int = 64) -> UInt8Array:
    """Cut a disk with a soft edge out of a photo, on clear ground."""
    photo = data.astronaut()[:side, 200 : 200 + side]
    y, x = np.mgrid[:side, :side] - side / 2
    alpha = np.clip((side / 2 - 4 - np.hypot(y, x)) * 32, 0, 255).astype(np.uint8)
    return np.ascontiguousarray(np.dstack([photo, alpha]))


@pytest.mark.parametrize("n_colors", [2, 3, 16, 64])
def test_clear_stays_clear_and_opaque_opaque(n_colors: int) -> None:
    pixels = _sticker()
    histogram = AlphaHistogram.from_pixels(pixels)
    fit = find_alpha_colors(histogram, n_colors, "default", np.random.default_rng(0), 1)
    indices = map_alpha_pixels(pixels, histogram, fit.labels.astype(np.uint8))
    seen, given = fit.palette[indices][..., 3], pixels[..., 3]
    assert len(np.unique(fit.palette, axis=0)) == len(np.unique(indices)) == n_colors
    assert (seen[given == 0] == 0).all()
    assert (seen[given == 255] == 255).all()


@pytest.mark.parametrize("space", COLOR_SPACES.values(), ids=list(COLOR_SPACES))
def test_every_space_and_effort_gives_exactly_as_many_colors(space: ColorSpace) -> None:
    histogram = AlphaHistogram.from_pixels(_sticker())
    clear = histogram.colors[:, 3] == 0
    for effort in ("fast", "default"):
        fit = find_alpha_colors(histogram, 24, effort, np.random.default_rng(0), 1, space)
        assert len(np.unique(fit.palette, axis=0)) == len(np.unique(fit.labels)) == 24
        assert (fit.palette[fit.labels][clear, 3] == 0).all()


def test_one_color_is_the_mean() -> None:
    histogram = AlphaHistogram.from_pixels(np.array([[80, 0, 0, 255], [0, 0, 0, 0], [1, 1, 1, 1]], np.uint8))
    fit = find_alpha_colors(histogram, 1, "default", np.random.default_rng(0), 1)
    assert fit.palette[:, 3].tolist() == [85]


@pytest.mark.parametrize("space", COLOR_SPACES.values(), ids=list(COLOR_SPACES))
def test_colors_come_back_from_their_coordinates(space: ColorSpace) -> None:
    colors = np.random.default_rng(0).integers(1, 256, (500, 4)).astype(np.uint8)
    there = alpha_space(space)
    back = np.rint(there.decode(there.encode(colors).astype(np.float64)))
    assert (back[:, 3] == colors[:, 3]).all()
    assert (np.abs(back - colors)[:, :3] * colors[:, 3:]).max() <= 51  # a fifth of an opaque shade


@pytest.mark.parametrize("n_colors", [3, 4, 5, 16])
@pytest.mark.parametrize("space", COLOR_SPACES.values(), ids=list(COLOR_SPACES))
def test_locked_colors_come_first(n_colors: int, space: ColorSpace) -> None:
    histogram = AlphaHistogram.from_pixels(_sticker())
    locked = np.array([[255, 0, 0], [1, 2, 3]], np.uint8)
    fit = find_alpha_colors(histogram, n_colors, "fast", np.random.default_rng(0), 1, space, locked)
    assert fit.palette[:2].tolist() == [[255, 0, 0, 255], [1, 2, 3, 255]]
    assert len(np.unique(fit.palette, axis=0)) == n_colors
    seen, given = fit.palette[fit.labels][:, 3], histogram.colors[:, 3]
    assert (seen[given == 0] == 0).all()
    assert (seen[given == 255] == 255).all()


def test_locked_colors_leave_room_for_clear() -> None:
    histogram = AlphaHistogram.from_pixels(_sticker())
    locked = np.array([[255, 0, 0], [1, 2, 3]], np.uint8)
    with pytest.raises(ValueError, match="lock must leave one of n_colors=2 for clear pixels, got 2"):
        find_alpha_colors(histogram, 2, "fast", np.random.default_rng(0), 1, locked=locked)


@pytest.mark.parametrize("alpha", [255, 0])
def test_locked_colors_without_translucent_ones(alpha: int) -> None:
    pixels = _sticker()
    pixels[..., 3] = np.where(pixels[..., 3] > 127, 255, alpha)
    histogram = AlphaHistogram.from_pixels(pixels)
    locked = np.array([[255, 0, 0]], np.uint8)
    fit = find_alpha_colors(histogram, 9, "fast", np.random.default_rng(0), 1, locked=locked)
    assert fit.palette.shape == (9, 3 if alpha else 4)
    assert fit.palette[0, :3].tolist() == [255, 0, 0]


def test_clear_and_opaque_alone() -> None:
    pixels = _sticker()
    pixels[..., 3] = np.where(pixels[..., 3] > 127, 255, 0)
    histogram = AlphaHistogram.from_pixels(pixels)
    for n_colors in (1, 2, 9):
        fit = find_alpha_colors(histogram, n_colors, "default", np.random.default_rng(0), 1)
        assert len(fit.palette) == len(np.unique(fit.labels)) == n_colors
        if n_colors > 1:
            assert ((fit.palette[fit.labels][:, 3] == 0) == (histogram.colors[:, 3] == 0)).all()


def test_more_effort_is_never_worse() -> None:
    histogram = AlphaHistogram.from_pixels(_sticker())
    for n_colors in (5, 40):
        fits = [find_alpha_colors(histogram, n_colors, effort, np.random.default_rng(0), 1) for effort in _EFFORTS]
        errors = [fit.objective or 0.0 for fit in fits]
        assert errors == sorted(errors, reverse=True)


@pytest.mark.parametrize("space", COLOR_SPACES.values(), ids=list(COLOR_SPACES))
def test_what_is_kept_small_is_the_error_of_the_palette(space: ColorSpace) -> None:
    colors = AlphaColors(AlphaHistogram.from_pixels(_sticker()), space, 1, np.empty((0, 3), np.uint8))
    points = colors.points()
    start = points.X[:: len(points.X) // 12][:12].astype(np.float64)
    found = Finish(points, points, colors.colors, colors.fixed).fit(start, 3)
    ends = alpha_space(space).encode(np.concatenate([found.palette, colors.fixed])).astype(np.float64)
    squares = ((points.X - ends[found.labels]) ** 2).sum(axis=1)
    errors = np.sqrt(squares) if space.name in ("oklab", "lab") else squares
    assert found.objective == pytest.approx((points.weights * errors).sum(), rel=1e-4)


@pytest.mark.parametrize("space", COLOR_SPACES.values(), ids=list(COLOR_SPACES))
def test_what_is_hardly_translucent_is_not_opaque(space: ColorSpace) -> None:
    colors = AlphaColors(AlphaHistogram.from_pixels(_sticker()), space, 1, np.empty((0, 3), np.uint8))
    shades = np.random.default_rng(0).integers(0, 256, (50, 3))
    for alpha, opaque in ((255, True), (254, False), (200, False)):
        given = np.column_stack([shades, np.full(50, alpha)]).astype(np.uint8)
        assert (colors.points().is_opaque(alpha_space(space).encode(given).astype(np.float64)) == opaque).mean() > 0.9


def test_few_colors_are_kept() -> None:
    pixels = np.array([[[9, 8, 7, 255], [1, 2, 3, 40], [9, 9, 9, 0], [1, 2, 3, 41]]], np.uint8)
    histogram = AlphaHistogram.from_pixels(pixels)
    fit = find_alpha_colors(histogram, 4, "default", np.random.default_rng(0), 1)
    assert fit.palette.tolist() == [[0, 0, 0, 0], [1, 2, 3, 40], [1, 2, 3, 41], [9, 8, 7, 255]]
    assert (fit.palette[fit.labels] == histogram.colors).all()
    assert fit.objective == 0


@pytest.mark.parametrize("n_colors", [6, 12, 18])
@pytest.mark.parametrize("space", COLOR_SPACES.values(), ids=list(COLOR_SPACES))
def test_no_color_is_twice_in_a_palette_that_begins_with_colors_of_the_picture(
    space: ColorSpace, n_colors: int
) -> None:
    rng = np.random.default_rng(0)
    colors = np.column_stack([rng.integers(0, 256, (20, 3)), rng.choice([90, 255], 20)]).astype(np.uint8)
    histogram = AlphaHistogram.from_pixels(np.repeat(colors, rng.integers(1, 99, 20), axis=0))
    locked = histogram.opaque.colors[:3]
    fit = find_alpha_colors(histogram, n_colors, "fast", np.random.default_rng(0), 1, space, locked)
    assert fit.palette[:3, :3].tolist() == locked.tolist()
    assert fit.labels[:3].tolist() == [0, 1, 2]
    assert len(np.unique(fit.palette, axis=0)) == len(np.unique(fit.labels)) == n_colors


def test_threads_do_not_change_the_palette() -> None:
    histogram = AlphaHistogram.from_pixels(_sticker())
    one, two = (find_alpha_colors(histogram, 16, "fast", np.random.default_rng(0), n) for n in (1, 2))
    assert (one.palette == two.palette).all()
    assert (one.labels == two.labels).all()


def test_given_palette() -> None:
    histogram = AlphaHistogram.from_pixels(np.array([[9, 8, 7, 255], [1, 2, 3, 200], [9, 9, 9, 0]], np.uint8))
    palette = np.array([[0, 0, 0, 0], [1, 2, 3, 190], [0, 0, 0, 255]], np.uint8)
    assert nearest_alpha_colors(histogram, palette).labels.tolist() == [2, 1, 0]
    assert nearest_alpha_colors(histogram, palette[2:, :3]).labels.tolist() == [0, 0, 1]
    assert nearest_alpha_colors(histogram, palette[2:, :3]).palette.tolist() == [[0, 0, 0, 255], [0, 0, 0, 0]]
    shown = AlphaHistogram.from_pixels(np.array([[9, 8, 7, 255], [1, 2, 3, 200]], np.uint8))
    assert nearest_alpha_colors(shown, palette[2:]).palette.tolist() == [[0, 0, 0]]  # nothing is clear
    assert nearest_alpha_colors(shown, palette[2:]).labels.tolist() == [0, 0]


def test_histograms_add_up_and_travel() -> None:
    pixels = _sticker()
    whole = AlphaHistogram.from_pixels(pixels)
    parts = [AlphaHistogram.from_pixels(rows) for rows in np.array_split(pixels, 3)]
    for histogram in (
        AlphaHistogram.merge(parts[::-1]),
        parts[0] + parts[1] + parts[2],
        AlphaHistogram.from_bytes(whole.to_bytes()),
    ):
        assert (histogram.colors == whole.colors).all()
        assert (histogram.counts == whole.counts).all()
    assert whole.n_pixels == pixels.size // 4
    assert len(whole) == len(whole.colors)
