"""Large levels: means follow every move within stripes of rows, and pictures are cut as well as small ones."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

import imgcluster as ic
from imgcluster.segmentation import is_connected
from imgcluster.superpixel import _boundary_search as search


def _error(image: NDArray[np.uint8], result: ic.Segmentation) -> float:
    """Return the mean squared error of the mosaic."""
    return float(((result.mosaic().astype(float) - image) ** 2).mean())


@pytest.mark.parametrize("effort", ["fast", "default", "best"])
def test_stripes_cost_little(monkeypatch: pytest.MonkeyPatch, effort: Any) -> None:
    photo = np.asarray(data.astronaut())
    small = ic.superpixels(photo, 500, effort=effort)
    monkeypatch.setattr(search, "_LIVE_BLOCKS", 1 << 9)
    large = ic.superpixels(photo, 500, effort=effort)
    assert (large.labels != small.labels).any()
    assert is_connected(large.labels)
    assert large.n_segments == 500
    assert _error(photo, large) < 1.05 * _error(photo, small)


def test_threads_change_no_bit_of_stripes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_LIVE_BLOCKS", 1 << 9)
    photo = np.asarray(data.coffee())
    mask = np.hypot(*(np.indices(photo.shape[:2]) - 200)) < 190
    for inside in (None, mask):
        one, two, seven = (ic.superpixels(photo, 900, mask=inside, n_threads=n).labels for n in (1, 2, 7))
        np.testing.assert_array_equal(one, two)
        np.testing.assert_array_equal(one, seven)
