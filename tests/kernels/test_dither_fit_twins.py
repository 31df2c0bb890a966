"""The kernels that tell what a dithered picture needs, and ordered dithering, against their NumPy twins."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from imgcluster import kernels
from imgcluster.colors import dither_palette
from imgcluster.kernels import DITHER_LIGHT, DITHER_LUMA, DitherWeights, _dither, reference

native = pytest.importorskip("imgcluster.kernels._native")
SHAPES = {"height": st.integers(1, 12), "width": st.integers(1, 14), "channels": st.sampled_from([3, 4])}


def _picture(seed: int, height: int, width: int, channels: int) -> NDArray[np.uint8]:
    rng = np.random.default_rng(seed)
    picture = rng.integers(0, 256, (height, width, channels)).astype(np.uint8) >> rng.integers(0, 6)
    if channels == 4:
        picture[..., 3] = rng.choice([0, 90, 255, 255], (height, width))
    return np.ascontiguousarray(picture.astype(np.uint8))


def _by(kernel: Any, function: Any, *arguments: Any, **options: Any) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_dither, "choice", lambda: (kernel, "", 0, ""))
        return function(*arguments, **options)


@given(**SHAPES, seed=st.integers(0, 99))
@settings(deadline=None)
def test_amounts_are_those_of_the_reference(height: int, width: int, channels: int, seed: int) -> None:
    padded = _picture(seed, height + 2, width, channels)
    limits = np.random.default_rng(seed).choice([0, 1, 1, 9, 40, 200], (height + 2, width)).astype(np.uint8)
    found, expected = (_by(kernel, kernels.dither_amounts, padded, limits) for kernel in (native, reference))
    np.testing.assert_array_equal(found, expected)


def test_amounts_do_not_depend_on_the_threads(rng: np.random.Generator) -> None:
    padded = rng.integers(0, 90, (300, 7, 3)).astype(np.uint8)
    limits = np.full((300, 7), 40, np.uint8)
    one = kernels.dither_amounts(padded, limits, 1)
    assert 0 < one.mean() < 255
    np.testing.assert_array_equal(kernels.dither_amounts(padded, limits, 3), one)


@given(**SHAPES, k=st.integers(1, 9), seed=st.integers(0, 99))
@settings(deadline=None)
def test_pair_sums_are_those_of_the_reference(height: int, width: int, channels: int, k: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    weights = DitherWeights(
        rng.integers(0, DITHER_LIGHT + 1, 256).astype(np.int32),
        rng.integers(0, 4097, DITHER_LUMA).astype(np.int32),
        rng.integers(0, 513, 49).astype(np.int32),
    )
    picture, indices = _picture(seed, height, width, channels), rng.integers(0, k, (height, width)).astype(np.uint8)
    found = []
    for kernel in (native, reference):
        sums = np.ones((k, k), np.int64), np.ones((k, 3), np.int64)
        _by(kernel, kernels.pair_sums, weights, picture, indices, *sums)
        found.append(sums)
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


@given(
    **SHAPES,
    k=st.sampled_from([1, 3, 30, 300]),
    first_row=st.integers(0, 5),
    n_mixed=st.integers(1, 16),
    strength=st.floats(0, 1),
    clear=st.sampled_from([-1, 0]),
    seed=st.integers(0, 99),
)
@settings(deadline=None, max_examples=40)
def test_ordered_dithering_is_what_the_reference_does(
    height: int, width: int, channels: int, k: int, seed: int, **options: Any
) -> None:
    picture, palette = _picture(seed, height, width, channels), dither_palette(_picture(seed + 1, 1, k, channels)[0])
    tile = np.random.default_rng(seed).integers(0, 1 << 16, (5, 5)).astype(np.uint16)
    found = []
    for kernel in (native, reference):
        indices = np.zeros((height, width), np.uint16 if k > 256 else np.uint8)
        _by(kernel, kernels.order_rows, palette, picture, tile, indices, **options)
        found.append(indices)
    np.testing.assert_array_equal(found[0], found[1])
