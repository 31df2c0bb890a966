"""The ranges of channels: quantiles of what lies inside, of samples of large images, and what is flat or not finite."""

from typing import Any

import numpy as np
import pytest

from imgcluster.colors import channel_ranges, grid_features
from imgcluster.colors._ranges import sample_inside


def test_two_pixels_in_a_thousand_do_not_count_at_either_end() -> None:
    values = np.random.default_rng(0).permutation(np.arange(1000.0)).reshape(20, 50)
    assert channel_ranges(values).tolist() == [[2.0, 997.0]]
    assert channel_ranges(np.arange(100).reshape(10, 10)).tolist() == [[1.0, 98.0]]
    assert channel_ranges(np.arange(99).reshape(9, 11)).tolist() == [[0.0, 98.0]]  # too few to leave any out
    assert channel_ranges(np.arange(1001).reshape(13, 77)).tolist() == [[3.0, 997.0]]


def test_where_quantiles_agree_the_lowest_and_highest_count() -> None:
    values = np.full((30, 40, 2), 7)
    values[3, 4, 1], values[5, 6, 1] = 90, -5
    assert channel_ranges(values).tolist() == [[7.0, 7.0], [-5.0, 90.0]]
    inside = np.ones((30, 40), np.bool_)
    inside[3, 4] = False
    assert channel_ranges(values, inside).tolist() == [[7.0, 7.0], [-5.0, 7.0]]


def test_what_is_not_finite_is_left_out() -> None:
    values = np.arange(50.0).reshape(5, 10, 1).repeat(3, 2)
    values[0, 0, 0], values[4, 9, 1], values[..., 2] = np.nan, np.inf, -np.inf
    assert channel_ranges(values).tolist() == [[1.0, 49.0], [0.0, 48.0], [0.0, 1.0]]
    flat = np.full((30, 40), 7.0)
    flat[0, 0], flat[1, 1] = np.nan, 9.0
    assert channel_ranges(flat).tolist() == [[7.0, 9.0]]


def test_nothing_inside() -> None:
    assert channel_ranges(np.ones((4, 5, 2)), np.zeros((4, 5), np.bool_)).tolist() == [[0.0, 1.0], [0.0, 1.0]]


@pytest.mark.parametrize(("shape", "step"), [((512, 512), 1), ((513, 512), 2), ((1024, 1024), 2), ((3000, 100), 2)])
def test_large_images_are_looked_at_in_rows_and_columns_of_equal_distance(shape: tuple[int, int], step: int) -> None:
    planes = np.arange(shape[0] * shape[1], dtype=np.int32).reshape(*shape, 1)
    expected = planes[step // 2 :: step, step // 2 :: step].reshape(-1, 1)
    np.testing.assert_array_equal(sample_inside(planes, None), expected)
    inside = np.zeros(shape, np.bool_)
    inside[:, : shape[1] // 2] = True
    found = sample_inside(planes, inside)
    np.testing.assert_array_equal(found, expected[inside.reshape(-1)[expected[:, 0]]])


def test_the_pixels_of_a_small_mask_in_a_large_image_are_all_looked_at() -> None:
    planes = np.arange(700 * 900, dtype=np.int32).reshape(700, 900, 1)
    inside = np.zeros((700, 900), np.bool_)
    inside[101:500:2, 301:340:2] = True  # none of these is in the sample of every second row and column
    np.testing.assert_array_equal(sample_inside(planes, inside)[:, 0], planes[inside, 0])
    assert channel_ranges(planes, inside)[0, 1] <= planes[inside].max()


def test_of_a_fine_mask_every_so_manyth_pixel_is_looked_at() -> None:
    planes = np.arange(1100 * 1100, dtype=np.int32).reshape(1100, 1100, 1)
    inside = np.ones((1100, 1100), np.bool_)
    inside[1::3, 1::3] = False  # the whole sample: its step is 3
    step = np.count_nonzero(inside) // (1 << 18) + 1
    np.testing.assert_array_equal(sample_inside(planes, inside)[:, 0], planes[inside, 0][::step])


@pytest.mark.parametrize("dtype", [np.float32, np.int32, np.uint8])
@pytest.mark.parametrize("raw", [True, False])
def test_what_lies_outside_has_no_part_in_features(dtype: Any, raw: bool) -> None:
    image = np.random.default_rng(0).random((20, 30, 3))
    image = image.astype(np.float32) if dtype is np.float32 else (image * 200).astype(dtype)
    if dtype is np.int32:
        image = image.astype(np.float64)
    inside = np.ones(image.shape[:2], np.bool_)
    inside[5:9, 7:20] = False
    other = image.copy()
    other[~inside] = 255 if dtype is np.uint8 else np.nan
    options: dict[str, Any] = {"n_blurs": 2, "inside": inside, "raw": raw}
    if not raw and dtype is np.int32:
        options["ranges"] = np.array([[0.0, 200.0]] * 3)
    expected, found = grid_features(image, **options), grid_features(other, **options)
    np.testing.assert_array_equal(found[inside], expected[inside])


def test_raw_values_beyond_the_range_keep_their_place_up_to_one_more_range_away() -> None:
    image = np.array([[-300.0, -100.0, -50.0, 0.0, 50.0, 100.0, 150.0, 200.0, 500.0]])
    found = grid_features(image, ranges=np.array([[0.0, 100.0]]), raw=True)[0, :, 0] / 64
    assert found.tolist() == [-100, -100, -50, 0, 50, 100, 150, 200, 200]


def test_a_flat_channel_is_flat_and_distances_are_those_of_one_channel() -> None:
    image = np.zeros((2, 2, 4))
    image[0, 0] = 1.0
    image[..., 3] = 5.0
    found = grid_features(image, raw=True)
    assert found[0, 0].tolist() == [3200, 3200, 3200, 0]
    assert found[1, 1].tolist() == [0, 0, 0, 0]
