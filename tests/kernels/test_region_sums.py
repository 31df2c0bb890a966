"""Sums over segments: the C kernels against their NumPy twins, bit for bit."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from imgcluster.kernels import reference

native = pytest.importorskip("imgcluster.kernels._native")


@given(height=st.integers(1, 12), width=st.integers(1, 12), n=st.integers(0, 6), seed=st.integers(0, 999))
def test_region_shapes(height: Any, width: Any, n: int, seed: int) -> None:
    labels = np.random.default_rng(seed).integers(-1, n, (height, width)).astype(np.int32)
    results = []
    for kernel in (native, reference):
        sums, boxes = np.zeros((n + 1, 3), np.int64), np.zeros((n + 1, 4), np.int32)
        kernel.region_shapes(height, width, labels, sums, boxes)
        results.append((sums, boxes))
    for ours, expected in zip(*results, strict=True):
        np.testing.assert_array_equal(ours, expected)


@pytest.mark.parametrize("squared", [False, True])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64])
@given(n_pixels=st.integers(1, 200), channels=st.integers(1, 5), n=st.integers(1, 6), seed=st.integers(0, 999))
def test_region_colors(dtype: Any, squared: bool, n_pixels: Any, channels: Any, n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.integers(-1, n, n_pixels).astype(np.int32)
    values = (rng.random((n_pixels, channels)) * 255).astype(dtype)
    centers = rng.random((n, channels)) * 255
    results = []
    for kernel in (native, reference):
        sums = np.zeros((n, channels))
        kernel.region_colors(channels, squared, labels, values, centers, sums)
        results.append(sums)
    np.testing.assert_array_equal(*results)  # type: ignore[arg-type]


def _values(rng: np.random.Generator, shape: tuple[int, int], dtype: Any) -> NDArray[Any]:
    """Return values of a type, of which some are not finite if that is possible."""
    values = (rng.random(shape) * 255).astype(dtype)
    if values.dtype.kind == "f":
        values[rng.random(shape) < 0.2] = np.nan
        values[rng.random(shape) < 0.1] = np.inf
    return values


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64])
@given(n_pixels=st.integers(1, 200), channels=st.integers(1, 5), n=st.integers(1, 6), seed=st.integers(0, 999))
def test_ranges_and_values(dtype: Any, n_pixels: int, channels: int, n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.integers(-1, n, n_pixels).astype(np.int32)
    values = _values(rng, (n_pixels, channels), dtype)
    results = []
    for kernel in (native, reference):
        counts, lows, highs = np.zeros((n, channels), np.int64), np.zeros((n, channels)), np.zeros((n, channels))
        kernel.region_ranges(channels, labels, values, counts, lows, highs)
        starts, out = np.zeros(n + 1, np.int64), np.zeros(n_pixels, dtype)
        kernel.region_values(channels, channels - 1, labels, values, starts, out)
        sums = np.zeros((n, channels))
        kernel.region_colors(channels, True, labels, values, np.full((n, channels), 9.0), sums)
        results.append((counts, lows, highs, starts, out, sums))
    for ours, expected in zip(*results, strict=True):
        np.testing.assert_array_equal(ours, expected)
    for label in range(n):
        mine = values[labels == label, -1]
        mine = mine[np.isfinite(mine)]
        np.testing.assert_array_equal(out[starts[label] : starts[label + 1]], mine)
        assert counts[label, -1] == len(mine)


def test_other_types_and_sizes_are_rejected() -> None:
    labels, sums = np.zeros((1, 2), np.int32), np.zeros((1, 1))
    for dtype in (np.int32, np.int64, np.int8):
        with pytest.raises(TypeError, match="values must be uint8 or uint16 or float32 or float64"):
            native.region_colors(1, False, labels, np.zeros(2, dtype), sums, sums.copy())
    with pytest.raises(ValueError, match="values must have 2 items, got 3"):
        native.region_colors(1, False, labels, np.zeros(3, np.uint8), sums, sums.copy())
    with pytest.raises(ValueError, match="must"):
        native.region_shapes(1, 2, labels, np.zeros((0, 3), np.int64), np.zeros((0, 4), np.int32))


def test_where_the_values_of_labels_begin_is_not_taken_from_the_caller() -> None:
    labels, values = np.array([1, 0, 1], np.int32), np.array([7, 8, 9], np.uint8)
    starts, out = np.full(3, 1 << 40), np.zeros(3, np.uint8)
    native.region_values(1, 0, labels, values, starts, out)
    assert starts.tolist() == [0, 1, 3]
    assert out.tolist() == [8, 7, 9]
