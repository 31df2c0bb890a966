from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from imgcluster.colors import grid_features
from imgcluster.segmentation import is_connected
from imgcluster.superpixel import LocalMixture
from imgcluster.superpixel._gmm import local_mixture


def grid_labels(height: int, width: int, side: int) -> NDArray[np.int32]:
    """Squares as a start."""
    rows, columns = np.arange(height) // side, np.arange(width) // side
    return (rows[:, None] * (columns[-1] + 1) + columns).astype(np.int32)


@pytest.fixture(scope="module")
def photo() -> NDArray[np.int16]:
    return grid_features(np.ascontiguousarray(data.astronaut()[:160, 100:300]))


@pytest.fixture(scope="module")
def found(photo: NDArray[np.int16]) -> LocalMixture:
    return local_mixture(photo, grid_labels(160, 200, 20), effort="best")


def check_segments(found: LocalMixture, start: NDArray[Any]) -> None:
    """What holds for every result."""
    n = found.labels.max() + 1
    assert found.labels.dtype == np.int32
    np.testing.assert_array_equal(found.labels < 0, start < 0)
    np.testing.assert_array_equal(np.unique(found.labels[found.labels >= 0]), np.arange(n))
    assert is_connected(found.labels)
    assert len(found.means) == len(found.covariances) == n
    assert np.isfinite(found.means).all()
    if n:
        assert (np.linalg.eigvalsh(found.covariances) > 0.05).all()


def test_the_penalized_likelihood_never_falls(found: LocalMixture) -> None:
    objective = found.history.objective
    assert len(objective) > 3
    assert (np.diff(objective) >= -1e-6 * np.abs(objective[1:])).all()
    assert objective[-1] > objective[0] + 100
    assert set(found.history.steps) == {"expect"}


def test_segments_are_connected_and_numbered_without_holes(found: LocalMixture) -> None:
    check_segments(found, found.labels)


def test_responsibilities_agree_with_labels(found: LocalMixture) -> None:
    given = found.responsibilities
    assert given.segments.shape == given.shares.shape == (*found.labels.shape, given.shares.shape[2])
    np.testing.assert_allclose(given.shares.sum(axis=2), 1, atol=1e-5)
    assert (given.shares[given.segments < 0] == 0).all()
    best = np.take_along_axis(given.segments, given.shares.argmax(axis=2)[..., None], axis=2)[..., 0]
    assert (best == found.labels).mean() > 0.9  # the rest joined a neighbor
    one = given.of(3)
    assert one.shape == found.labels.shape
    assert one[found.labels == 3].mean() > 0.5 > one[found.labels != 3].mean()


def test_means_are_those_of_the_shares(found: LocalMixture, photo: NDArray[np.int16]) -> None:
    given = found.responsibilities
    shares = given.of(5).astype(float)
    rows, columns = np.indices(shares.shape)
    values = np.concatenate([photo[..., :3] / 64, rows[..., None], columns[..., None]], axis=2)  # type: ignore[index]
    mean = (shares[..., None] * values).sum(axis=(0, 1)) / shares.sum()
    assert np.abs(mean - found.means[5]).max() < 1.5  # a step of EM further


def test_an_edge_is_found_from_a_start_beside_it() -> None:
    image = np.zeros((40, 60), np.uint8)
    image[:, 33:] = 200
    start = np.repeat([[0] * 28 + [1] * 32], 40, axis=0).astype(np.int32)
    labels = local_mixture(grid_features(image), start, n_channels=1).labels
    np.testing.assert_array_equal(labels, np.repeat([[0] * 33 + [1] * 27], 40, axis=0))


@pytest.mark.parametrize("n_threads", [2, 5])
def test_threads_change_no_bit(found: LocalMixture, photo: NDArray[np.int16], n_threads: int) -> None:
    other = local_mixture(photo, grid_labels(160, 200, 20), effort="best", n_threads=n_threads)
    np.testing.assert_array_equal(other.labels, found.labels)
    np.testing.assert_array_equal(other.means, found.means)
    np.testing.assert_array_equal(other.covariances, found.covariances)
    np.testing.assert_array_equal(other.history.objective, found.history.objective)


def test_compactness_rounds_the_segments(photo: NDArray[np.int16]) -> None:
    def border(compactness: Any) -> Any:
        labels = local_mixture(photo, grid_labels(160, 200, 20), compactness=compactness).labels
        return np.count_nonzero(labels[1:] != labels[:-1]) + np.count_nonzero(labels[:, 1:] != labels[:, :-1])

    assert border(5.0) < border(0.5) < border(0.0)


def test_outside_the_mask_nothing_counts(photo: NDArray[np.int16]) -> None:
    start = grid_labels(160, 200, 20)
    rows, columns = np.indices(start.shape)
    start[(rows - 80) ** 2 + (columns - 100) ** 2 > 70**2] = -1
    inside = start >= 0
    start[inside] = np.unique(start[inside], return_inverse=True)[1]
    found = local_mixture(photo, start)
    check_segments(found, start)
    other = photo.copy()
    other[~inside] = 12345
    np.testing.assert_array_equal(local_mixture(other, start).labels, found.labels)
    shares = found.responsibilities.shares.sum(axis=2)
    np.testing.assert_allclose(shares, inside, atol=1e-5)


@pytest.mark.parametrize("n_channels", [1, 2, 4, 5, 16])
def test_any_number_of_channels(n_channels: int, rng: np.random.Generator) -> None:
    image = np.repeat(np.repeat(rng.integers(0, 255, (5, 6, n_channels), dtype=np.uint8), 9, axis=0), 9, axis=1)
    start = grid_labels(45, 54, 9)
    found = local_mixture(grid_features(image), start, n_channels=n_channels)
    check_segments(found, start)
    assert found.means.shape == (30, n_channels + 2)
    np.testing.assert_array_equal(found.labels, start)


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1), (3, 3), (37, 41)])
@pytest.mark.parametrize("side", [1, 2, 7, 100])
@pytest.mark.parametrize("compactness", [0.0, 0.1])
def test_single_color_and_small_images(shape: tuple[int, int], side: int, compactness: float) -> None:
    start = grid_labels(*shape, side)
    found = local_mixture(np.zeros((*shape, 4), np.int16), start, compactness=compactness)
    check_segments(found, start)
    assert np.isfinite(found.history.objective).all()


def test_an_empty_mask_has_no_segments() -> None:
    found = local_mixture(np.zeros((5, 7, 4), np.int16), np.full((5, 7), -1, np.int32))
    check_segments(found, np.full((5, 7), -1))
    assert found.responsibilities.shares.sum() == 0


def test_a_label_without_pixels_is_left_out(photo: NDArray[np.int16]) -> None:
    start = grid_labels(160, 200, 20) * 2
    check_segments(local_mixture(photo, start), start)


def test_means_and_covariances_are_free_of_the_weight_of_chroma() -> None:
    image = np.ascontiguousarray(data.coffee()[100:160, 100:180])
    start = grid_labels(60, 80, 20)
    found = local_mixture(grid_features(image, chroma=2.0), start, chroma=2.0)
    features = grid_features(image)
    hard = [(features[found.labels == i, :3] / 64).mean(axis=0) for i in range(len(found.means))]
    assert np.abs(hard - found.means[:, :3]).mean() < 2
    assert found.means[:, 3].max() < 60
    assert found.means[:, 4].max() < 80
