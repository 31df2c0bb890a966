"""Values of distinct colors become values of pixels, whatever their type."""

import numpy as np
import pytest
from numpy.typing import DTypeLike

from imgcluster.colors import Histogram, color_table, look_up_colors, map_colors
from imgcluster.types import UInt8Array

DTYPES = (np.uint8, np.uint16, np.int32, np.float32, np.float64)


@pytest.mark.parametrize("dtype", DTYPES)
def test_each_pixel_gets_the_value_of_its_color(coffee: UInt8Array, dtype: DTypeLike) -> None:
    pixels = coffee[:40, :60]
    histogram = Histogram.from_pixels(pixels)
    values = (histogram.colors.sum(axis=1) // 3).astype(dtype)
    found = map_colors(pixels, histogram, values, n_threads=2)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, pixels.sum(axis=2) // 3)


@pytest.mark.parametrize("dtype", DTYPES)
def test_pixels_need_not_be_contiguous_nor_all_colors_occur(coffee: UInt8Array, dtype: DTypeLike) -> None:
    histogram = Histogram.from_pixels(coffee)
    values = np.arange(len(histogram)).astype(dtype)
    part = coffee[::7, ::5]
    np.testing.assert_array_equal(map_colors(part, histogram, values), map_colors(coffee, histogram, values)[::7, ::5])


def test_a_table_may_have_a_type_of_its_own_and_is_0_elsewhere() -> None:
    pixels = np.array([[[1, 2, 3], [4, 5, 6]]], np.uint8)
    histogram = Histogram.from_pixels(pixels)
    table = color_table(histogram, np.array([300, 7], np.int32), np.uint16)
    assert table.dtype == np.uint16
    assert np.count_nonzero(table) == 2
    assert look_up_colors(pixels, table).tolist() == [[300, 7]]
    assert look_up_colors(pixels + 1, table).tolist() == [[0, 0]]
