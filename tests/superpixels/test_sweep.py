"""Every shape with every kind of channels, method, noise, effort and mask: 2,646 cuts that keep all promises."""

import itertools
import warnings
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import imgcluster as ic
from imgcluster.segmentation import is_connected, label_components

SHAPES = [(1, 1), (1, 40), (40, 1), (7, 5), (16, 33), (48, 48), (61, 90)]
CHANNELS: list[tuple[str, int, str]] = [
    ("uint8", 1, "srgb"),
    ("uint8", 3, "srgb"),
    ("uint16", 1, "srgb"),
    ("float32", 3, "srgb"),
    ("int16", 2, "raw"),
    ("float64", 5, "raw"),
    ("uint16", 20, "raw"),
]
METHODS = ("boundary", "slic", "gmm")
NOISES = ("none", "some", "all")
EFFORTS = ("fast", "default", "best")
N_SEGMENTS = 12


def picture(shape: tuple[int, int], dtype: str, n_channels: int, noise: str) -> NDArray[Any]:
    """Three vertical areas, with noise, or noise alone, over most of the range of the type."""
    rng = np.random.default_rng(7)
    areas = (np.arange(shape[1]) * 3 // shape[1])[None, :, None]
    values = 0.2 + 0.3 * areas + np.zeros((*shape, n_channels)) + np.linspace(0, 0.1, n_channels)
    values = np.clip(values + {"none": 0, "some": 0.05, "all": 1}[noise] * rng.normal(size=values.shape), 0, 1)
    kind = np.dtype(dtype)
    scaled = values if kind.kind == "f" else values * np.iinfo(kind).max
    return np.squeeze(scaled.astype(kind), axis=2) if n_channels == 1 else scaled.astype(kind)


def mask_of(shape: tuple[int, int]) -> NDArray[np.bool]:
    """Return everything but a cross, in places one pixel wide, and some specks."""
    inside = np.ones(shape, bool)
    inside[shape[0] // 2], inside[:, shape[1] // 2] = shape[0] == 1, shape[1] == 1
    inside[:: max(1, shape[0] // 3), :: max(1, shape[1] // 3)] ^= True
    inside[0, 0] = True
    return inside


def check(result: ic.Segmentation, inside: NDArray[np.bool], method: str, *, masked: bool) -> None:
    """Every promise about labels and what is measured of them."""
    labels, n = result.labels, result.n_segments
    np.testing.assert_array_equal(labels >= 0, inside)
    np.testing.assert_array_equal(np.unique(labels[inside]), np.arange(n))
    assert is_connected(labels)
    if method == "boundary" and not masked:
        assert n == min(N_SEGMENTS, inside.size)
    assert n >= label_components(inside.astype(np.int32) - 1)[1]
    np.testing.assert_array_equal(result.areas, np.bincount(labels[inside], minlength=n))
    assert np.isfinite(result.mean_colors).all()


@pytest.mark.exhaustive
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("dtype", "n_channels", "channels"), CHANNELS)
@pytest.mark.parametrize("shape", SHAPES)
def test_all_promises_hold(shape: tuple[int, int], dtype: str, n_channels: int, channels: str, method: str) -> None:
    for noise, effort, masked in itertools.product(NOISES, EFFORTS, (False, True)):
        image = picture(shape, dtype, n_channels, noise)
        inside = mask_of(shape) if masked else np.ones(shape, bool)
        runs = []
        for n_threads in (1, 2):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of more segments than pixels, and of pieces of the mask
                mask = inside if masked else None
                found = ic.superpixels(
                    image, N_SEGMENTS, method=method, effort=effort, mask=mask, channels=channels, n_threads=n_threads
                )
            runs.append(found)
        check(runs[0], inside, method, masked=masked)
        np.testing.assert_array_equal(runs[0].labels, runs[1].labels)
