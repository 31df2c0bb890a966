"""SLIC: what holds for every picture, and how good it is beside scikit-image's."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from skimage import data
from skimage.segmentation import slic as peer

from imgcluster.colors import grid_features
from imgcluster.segmentation import is_connected
from imgcluster.superpixel._slic import N_BLURS, slic


@pytest.fixture(scope="module")
def photo() -> NDArray[np.uint8]:
    return np.ascontiguousarray(data.astronaut()[100:300, 100:400])


@pytest.fixture(scope="module")
def features(photo: NDArray[np.uint8]) -> NDArray[np.int16]:
    return grid_features(photo, n_blurs=N_BLURS)


def _check(labels: NDArray[np.int32], inside: NDArray[np.bool] | None = None) -> None:
    inside = np.ones(labels.shape, bool) if inside is None else inside
    assert labels.dtype == np.int32
    assert (labels[~inside] == -1).all()
    assert is_connected(labels)
    assert np.array_equal(np.unique(labels[inside]), np.arange(labels.max() + 1))


@pytest.mark.parametrize("effort", ["fast", "default", "best"])
@pytest.mark.parametrize("n", [1, 2, 97, 400])
def test_segments_are_connected_and_nearly_as_many_as_asked(features: NDArray[np.int16], effort: str, n: int) -> None:
    labels = slic(features, n, effort=effort)
    _check(labels)
    assert 0.97 * n <= labels.max() + 1 <= n


@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    share=st.floats(0, 1),
    d=st.sampled_from([4, 8]),
    data=st.data(),
)
def test_any_shape_and_mask(height: Any, width: Any, share: Any, d: Any, data: Any) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    features = rng.integers(0, 6400, (height, width, d), dtype=np.int16)
    mask = rng.random((height, width)) < share if data.draw(st.booleans()) else None
    labels = slic(features, data.draw(st.integers(1, height * width)), mask=mask)
    _check(labels, mask)


def test_threads_and_runs_change_nothing(features: NDArray[np.int16]) -> None:
    first = slic(features, 150)
    for n_threads in (1, 2, 5):
        np.testing.assert_array_equal(first, slic(features, 150, n_threads=n_threads))


def test_what_is_outside_the_mask_does_not_matter(features: NDArray[np.int16]) -> None:
    row, column = np.mgrid[: features.shape[0], : features.shape[1]]
    mask = (row - 100) ** 2 + (column - 140) ** 2 < 80**2
    labels = slic(features, 60, mask=mask)
    _check(labels, mask)
    assert 58 <= labels.max() + 1 <= 60
    noise = np.random.default_rng(0).integers(0, 6400, features.shape, dtype=np.int16)
    other = slic(np.where(mask[..., None], features, noise), 60, mask=mask)
    np.testing.assert_array_equal(labels, other)


def test_segments_of_a_mask_have_similar_areas() -> None:
    mask = np.zeros((120, 160), bool)
    mask[10:50, 10:150] = mask[50:110, 20:40] = True
    labels = slic(np.zeros((120, 160, 4), np.int16), 40, mask=mask)
    areas = np.bincount(labels[mask])
    assert len(areas) == 40
    assert areas.max() < 2 * areas.min()


def test_an_empty_mask_has_no_segments(features: NDArray[np.int16]) -> None:
    assert (slic(features, 9, mask=np.zeros(features.shape[:2], bool)) == -1).all()


def test_one_segment_a_pixel() -> None:
    features = np.random.default_rng(0).integers(0, 6400, (7, 9, 4), dtype=np.int16)
    assert slic(features, 63).tolist() == np.arange(63).reshape(7, 9).tolist()


def test_a_single_color_gives_the_grid() -> None:
    labels = slic(np.zeros((60, 80, 4), np.int16), 12)
    assert np.bincount(labels.ravel()).tolist() == [400] * 12


def test_narrow_images_are_cut_in_pieces_of_equal_length() -> None:
    for shape in ((1, 480, 4), (480, 1, 4)):
        assert np.ptp(np.bincount(slic(np.zeros(shape, np.int16), 10).ravel())) <= 2


def test_segments_grow_from_their_own_seeds() -> None:
    features = np.zeros((40, 90, 4), np.int16)
    features[:, 30:60, 0] = 3000
    labels = slic(features, 1, seeds=np.array([[20, 75], [20, 10], [20, 40]]))
    assert (labels[:, ::30] == [1, 2, 0]).all()
    assert np.bincount(labels.ravel()).tolist() == [1200] * 3


def test_seeds_in_a_corner_fill_the_image(features: NDArray[np.int16]) -> None:
    labels = slic(features, 1, seeds=np.argwhere(np.ones((5, 5))) * 3)
    _check(labels)
    assert labels.max() >= 12


def test_start_labels_settle(features: NDArray[np.int16]) -> None:
    first = slic(features, 100)
    again = slic(features, 1, labels=first)
    _check(again)
    assert np.mean(first == again) > 0.8
    gaps = np.where(first % 2 == 0, first, -1)
    _check(slic(features, 1, labels=gaps), gaps >= 0)


def test_compactness_means_the_same_for_gray_and_any_range(photo: NDArray[np.uint8]) -> None:
    gray = photo[..., 1].astype(np.float64)
    first, scaled = (slic(grid_features(image, n_blurs=2), 100, compactness=8) for image in (gray, gray * 300 - 7))
    np.testing.assert_array_equal(first, scaled)


def test_more_compactness_makes_rounder_segments(features: NDArray[np.int16]) -> None:
    def perimeter(labels: Any) -> Any:
        return np.count_nonzero(np.diff(labels, axis=0)) + np.count_nonzero(np.diff(labels, axis=1))

    lengths = [perimeter(slic(features, 100, compactness=c)) for c in (0.0, 3.0, 10.0, 50.0, 1e30)]
    assert lengths == sorted(lengths, reverse=True)


@pytest.mark.parametrize("name", ["coffee", "astronaut", "rocket"])
def test_colors_are_explained_as_well_as_by_scikit_image(name: str) -> None:
    image = getattr(data, name)()
    theirs = peer(image, n_segments=400, compactness=12, sigma=1, start_label=0)
    ours = slic(grid_features(image, n_blurs=N_BLURS), int(theirs.max()) + 1)

    def spread(labels: Any) -> Any:
        counts = np.bincount(labels.ravel())
        means = [np.bincount(labels.ravel(), channel.ravel()) / counts for channel in np.moveaxis(image, 2, 0)]
        return ((image - np.stack(means, axis=1)[labels]) ** 2).sum()

    assert ours.max() <= theirs.max()
    assert spread(ours) <= spread(theirs)
