"""Feature vectors of colors with positions, of a single gray channel, and colors with alpha there and back."""

from typing import Any

import numpy as np
import pytest

from imgcluster.colors import COLOR_SPACES, ColorSpace, alpha_space, color_position_features, grid_features


def test_positions_are_shares_of_the_longer_side() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (3, 5, 3)).astype(np.uint8)
    found = color_position_features(pixels, 0.5)
    assert found.dtype == np.float32
    assert found.shape == (15, 5)
    rows, columns = np.mgrid[:3, :5]
    np.testing.assert_array_equal(found[:, :3], pixels.reshape(-1, 3))
    np.testing.assert_allclose(found[:, 3], 0.5 * 255 * (columns.ravel() + 0.5) / 5, rtol=1e-6)
    np.testing.assert_allclose(found[:, 4], 0.5 * 255 * (rows.ravel() + 0.5) / 5, rtol=1e-6)
    part = color_position_features(pixels, 0.5, slice(1, 3), slice(2, 5))
    np.testing.assert_array_equal(part, found.reshape(3, 5, 5)[1:3, 2:5].reshape(-1, 5))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_one_channel_with_a_range_is_gray(dtype: Any) -> None:
    gray = (np.random.default_rng(0).random((6, 7)) * 200).astype(dtype)
    ranges = np.array([[10.0, 190.0]])
    found = grid_features(gray, ranges=ranges)
    np.testing.assert_array_equal(found, grid_features(np.dstack([gray] * 3), ranges=ranges.repeat(3, 0)))
    raw = grid_features(gray)
    assert raw.shape == found.shape
    assert not raw[..., 1:].any()
    assert (raw != found).any()
    two = grid_features(np.dstack([gray, gray]), ranges=ranges.repeat(2, 0))
    assert not two[..., 2:].any()
    np.testing.assert_array_equal(two[..., 0], two[..., 1])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("n_channels", [1, 2, 4])
def test_whole_numbers_have_the_features_of_floats(dtype: Any, n_channels: int) -> None:
    image = np.random.default_rng(0).integers(0, 250, (300, 300, n_channels)).astype(dtype)
    np.testing.assert_array_equal(grid_features(image, raw=True), grid_features(image.astype(np.float64), raw=True))


@pytest.mark.parametrize("space", COLOR_SPACES.values(), ids=list(COLOR_SPACES))
def test_means_of_colors_with_alpha_have_the_error_of_no_near_color(space: ColorSpace) -> None:
    """The color that stands for a mean is a best one: none near it shows less error over the grounds."""
    there, rng = alpha_space(space), np.random.default_rng(0)
    colors = rng.integers(0, 256, (40, 2, 4)).astype(np.uint8)
    colors[..., 3] = rng.integers(60, 200, (40, 2))
    means = there.encode(colors.reshape(-1, 4)).reshape(40, 2, -1).astype(np.float64).mean(axis=1)
    found = there.decode(means)
    assert found.shape == (40, 4)
    assert (found >= 0).all()
    assert (found <= 255).all()
    rounded = np.rint(found).clip(0, 255)
    error = ((there.encode(rounded.astype(np.uint8)) - means) ** 2).sum(axis=1)
    for channel in range(4):
        for step in (-6, 6):
            other = rounded.copy()
            other[:, channel] = (other[:, channel] + step).clip(0, 255)
            worse = ((there.encode(other.astype(np.uint8)) - means) ** 2).sum(axis=1)
            assert (worse >= error * 0.9 - 1e-9).mean() > 0.9


@pytest.mark.parametrize("space", COLOR_SPACES.values(), ids=list(COLOR_SPACES))
def test_beyond_all_colors_the_outermost_ones_are_nearest(space: ColorSpace) -> None:
    there = alpha_space(space)
    ends = np.array([[0, 0, 0, 255], [255, 255, 255, 255], [0, 0, 0, 1]], np.uint8)
    points = there.encode(ends).astype(np.float64)
    found = there.decode(points + 0.5 * (points - points.mean(axis=0)))
    assert (found >= [0, 0, 0, 1]).all()
    assert (found <= 255).all()
    np.testing.assert_allclose(found[:2], ends[:2], atol=1)
    assert found[2, 3] == pytest.approx(1, abs=0.5)
