"""Colors of any scale: what libraries for explanations and deep learning pass on, as they have it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import imgcluster as ic


@pytest.fixture(scope="module")
def image(astronaut: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return astronaut[::5, ::5].copy()


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int32, np.int64, np.uint32, np.uint64, ">i4"])
def test_integers_of_any_type_are_what_uint8_is(image: NDArray[np.uint8], dtype: Any) -> None:
    small = image // 2  # fits into all of them
    assert np.array_equal(ic.superpixels(small.astype(dtype), 60).labels, ic.superpixels(small, 60).labels)


def test_deep_integers_are_what_uint16_is(image: NDArray[np.uint8]) -> None:
    deep = image.astype(np.uint16) * 257
    assert np.array_equal(ic.superpixels(deep.astype(np.int64), 60).labels, ic.superpixels(deep, 60).labels)


def test_alpha_of_wide_integers(image: NDArray[np.uint8]) -> None:
    alpha = np.full((*image.shape[:2], 1), 255, np.uint8)
    with_alpha = np.concatenate([image, alpha], axis=2)
    assert np.array_equal(ic.superpixels(with_alpha.astype(int), 60).labels, ic.superpixels(image, 60).labels)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floats_of_8_bit_values_and_centered_ones(image: NDArray[np.uint8], dtype: Any) -> None:
    expected = ic.superpixels((image / 255.0).astype(dtype), 60).labels
    of_bytes, centered = image.astype(dtype), (image / 127.5 - 1).astype(dtype)
    for scaled in (of_bytes, centered):
        found = ic.superpixels(scaled, 60)
        # rounding may differ in the last bit of a feature
        assert np.mean(found.labels == expected) > 0.98
        assert found.n_segments == 60
        # and pictures of segments show colors as they are
        assert np.abs(found.mosaic().mean(axis=(0, 1)) - image.mean(axis=(0, 1))).max() < 2


def test_what_lies_outside_does_not_count(image: NDArray[np.uint8]) -> None:
    wide, mask = image.astype(np.int32), np.ones(image.shape[:2], bool)
    wide[:10], mask[:10] = -9999, False
    assert np.array_equal(ic.superpixels(wide, 60, mask=mask).labels, ic.superpixels(image, 60, mask=mask).labels)


@pytest.mark.parametrize(
    ("low", "high"),
    [(0, 3.0), (-0.1, 1.0), (-3.0, 3.0), (0, 300.0)],
    ids=["light beyond white", "overshot", "standardized", "beyond 255"],
)
def test_scales_that_are_not_sure_are_rejected(low: float, high: float) -> None:
    image = np.linspace(low, high, 20 * 30 * 3).reshape(20, 30, 3)
    with pytest.raises(ValueError, match=r"0\.\.1, 0\.\.255 or -1\.\.1 .* got .* value_range"):
        ic.superpixels(image, 10)


def test_integers_beyond_16_bits_are_rejected(image: NDArray[np.uint8]) -> None:
    with pytest.raises(ValueError, match=r"0\.\.65535 where it holds colors in integers, got -7 to 255"):
        ic.superpixels(np.where(image == image.min(), -7, image.astype(int)).astype(np.int32), 10)
