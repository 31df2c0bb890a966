"""Plain segmentation: labels that are those of the clusters, dark to light, without holes, whatever the picture."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import imgcluster as ic
from imgcluster.colors import color_position_features
from imgcluster.errors import ConversionWarning
from imgcluster.segmentation import _vectors

METHODS = ["kmeans", "soft-kmeans", "gmm"]
WAYS = [(features, method) for features in ("rgb", "rgbxy") for method in METHODS]
LUMA = [0.299, 0.587, 0.114]


@pytest.fixture(scope="module")
def picture(coffee: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(coffee[::3, ::3])


def mean_colors(labels: NDArray[np.int32], pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    return np.array([pixels[labels == label].mean(axis=0) for label in range(labels.max() + 1)])


@pytest.mark.parametrize(("features", "method"), WAYS)
def test_labels_are_consecutive_and_go_from_dark_to_light(
    picture: NDArray[np.uint8], features: str, method: str
) -> None:
    result = ic.segment(picture, 6, features=features, method=method)
    assert result.labels.shape == picture.shape[:2]
    assert result.labels.dtype == np.int32
    assert np.unique(result.labels).tolist() == list(range(6))
    assert result.n_segments == 6
    assert np.all(np.diff(mean_colors(result.labels, picture) @ LUMA) > 0)


@pytest.mark.parametrize("position_weight", [0.5, 1.0])
def test_each_pixel_has_its_nearest_mean(picture: NDArray[np.uint8], position_weight: float) -> None:
    result = ic.segment(picture, 5, features="rgbxy", position_weight=position_weight)
    X = color_position_features(picture, position_weight).astype(np.float64)
    centers = result.model.cluster_centers_[result.clusters].astype(np.float64)
    distances = ((X[:, None] - centers) ** 2).sum(axis=2)
    chosen = distances[np.arange(len(X)), result.labels.ravel()]
    np.testing.assert_allclose(chosen, distances.min(axis=1), rtol=1e-5, atol=1e-2)
    means = np.array([X[result.labels.ravel() == label].mean(axis=0) for label in range(5)])
    np.testing.assert_allclose(means, centers, atol=2)  # the alternation came to rest


def test_colors_are_clustered_as_all_pixels_would_be(picture: NDArray[np.uint8]) -> None:
    result = ic.segment(picture, 6)
    X = picture.reshape(-1, 3).astype(np.float64)
    found = ((X - mean_colors(result.labels, picture)[result.labels.ravel()]) ** 2).sum()
    best = min(ic.KMeans(6, random_state=seed).fit(X).inertia_ for seed in range(5))
    assert found <= 1.002 * best
    assert result.model.inertia_ == pytest.approx(found, rel=1e-3)


def test_mixture_labels_are_the_highest_responsibilities(picture: NDArray[np.uint8]) -> None:
    result = ic.segment(picture, 4, method="gmm")
    shares = np.stack([result.membership(label) for label in range(4)])
    assert shares.dtype == np.float32
    np.testing.assert_allclose(shares.sum(axis=0), 1, atol=1e-5)
    chosen = np.take_along_axis(shares, result.labels[None], axis=0)[0]
    assert np.array_equal(chosen, shares.max(axis=0))


def test_memberships_are_those_of_the_model_at_each_pixel(picture: NDArray[np.uint8]) -> None:
    result = ic.segment(picture, 4, features="rgbxy", method="soft-kmeans")
    expected = result.model.predict_proba(color_position_features(picture, 1.0))[:, result.clusters[1]]  # type: ignore[index]
    np.testing.assert_allclose(result.membership(1).ravel(), expected, atol=1e-6)


def test_hard_memberships_and_no_such_segment(picture: NDArray[np.uint8]) -> None:
    result = ic.segment(picture, 3)
    assert np.array_equal(result.membership(2), (result.labels == 2).astype(np.float32))
    with pytest.raises(ValueError, match="label must be between 0 and 2, got 3"):
        result.membership(3)


def test_no_position_weight_is_not_a_position(picture: NDArray[np.uint8]) -> None:
    plain, weightless = ic.segment(picture, 5), ic.segment(picture, 5, features="rgbxy", position_weight=0)
    assert np.array_equal(plain.labels, weightless.labels)


def test_positions_make_segments_compact(picture: NDArray[np.uint8]) -> None:
    def n_changes(position_weight: Any) -> Any:
        labels = ic.segment(picture, 6, features="rgbxy", position_weight=position_weight).labels
        return np.count_nonzero(np.diff(labels, axis=0)) + np.count_nonzero(np.diff(labels, axis=1))

    loose, plain, tight = map(n_changes, (0, 1, 5))
    assert tight < plain < loose


def test_features_do_not_depend_on_the_resolution(picture: NDArray[np.uint8]) -> None:
    doubled = picture.repeat(2, axis=0).repeat(2, axis=1)
    once = color_position_features(picture, 1.0).reshape(*picture.shape[:2], 5)
    twice = color_position_features(doubled, 1.0).reshape(*doubled.shape[:2], 5)
    np.testing.assert_allclose((twice[::2, ::2] + twice[1::2, 1::2]) / 2, once, atol=1e-4)


def test_the_longer_side_counts_as_much_as_a_channel() -> None:
    X = color_position_features(np.zeros((2, 4, 3), np.uint8), 1.0).reshape(2, 4, 5)
    assert X[0, :, 3].tolist() == [31.875, 95.625, 159.375, 223.125]
    assert X[:, 0, 4].tolist() == [31.875, 95.625]


@pytest.mark.parametrize(("features", "method"), WAYS)
def test_threads_and_runs_change_nothing(picture: NDArray[np.uint8], features: str, method: str) -> None:
    results = [ic.segment(picture, 4, features=features, method=method, n_threads=n) for n in (1, 1, 2, 7)]
    for other in results[1:]:
        assert np.array_equal(other.labels, results[0].labels)


def test_large_pictures_are_fitted_on_a_part_and_labeled_wholly(
    picture: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = ic.segment(picture, 4, features="rgbxy").labels
    monkeypatch.setattr(_vectors, "_FIT_PIXELS", 3000)
    monkeypatch.setattr(_vectors, "_BLOCK", 1000)
    part = ic.segment(picture, 4, features="rgbxy").labels
    assert np.mean(part == whole) > 0.97


@pytest.mark.parametrize(("features", "method"), WAYS)
@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (7, 5)])
def test_small_and_flat_pictures(rng: np.random.Generator, features: str, method: str, shape: tuple[int, int]) -> None:
    for pixels in (np.full((*shape, 3), 77, np.uint8), rng.integers(0, 256, (*shape, 3), dtype=np.uint8)):
        most = len(np.unique(pixels.reshape(-1, 3), axis=0)) if features == "rgb" else pixels[..., 0].size
        n_clusters = min(4, most)
        labels = ic.segment(pixels, n_clusters, features=features, method=method).labels
        assert np.unique(labels).tolist() == list(range(labels.max() + 1))
        assert labels.max() < n_clusters


@pytest.mark.parametrize(
    ("features", "said"), [("rgb", "has only 2 distinct colors, so n_clusters is 2"), ("rgbxy", "only 6 pixels, so")]
)
def test_more_clusters_than_there_can_be(features: str, said: str) -> None:
    pixels = np.array([[[0, 0, 0]] * 3, [[9, 9, 9]] * 3], np.uint8)
    with pytest.warns(ConversionWarning, match=said):
        result = ic.segment(pixels, 200, features=features)
    assert np.array_equal(mean_colors(result.labels, pixels)[result.labels], pixels)


def test_the_result_is_a_segmentation(picture: NDArray[np.uint8]) -> None:
    result = ic.segment(picture, 4)
    assert isinstance(result, ic.Segmentation)
    assert len(repr(result)) < 100
    np.testing.assert_allclose(result.mean_colors, mean_colors(result.labels, picture))
    assert result.merge(2).n_segments == 2


def test_gray_deep_and_transparent_pictures(picture: NDArray[np.uint8]) -> None:
    gray = picture[..., 0]
    assert np.array_equal(ic.segment(gray, 3).labels, ic.segment(np.dstack([gray] * 3), 3).labels)
    assert np.array_equal(ic.segment(picture.astype(np.uint16) * 257, 3).labels, ic.segment(picture, 3).labels)
    with pytest.warns(ConversionWarning):
        assert ic.segment(np.dstack([picture, gray]), 3).n_segments == 3


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"n_clusters": 0}, ValueError, "n_clusters must be between 1 and 256, got 0"),
        ({"n_clusters": 257}, ValueError, "n_clusters must be between 1 and 256, got 257"),
        ({"n_clusters": 2.5}, TypeError, "n_clusters must be a whole number"),
        ({"features": "lab"}, ValueError, "features must be one of rgb, rgbxy, got 'lab'"),
        ({"method": "slic"}, ValueError, "method must be one of kmeans, soft-kmeans, gmm, got 'slic'"),
        ({"position_weight": -1}, ValueError, "position_weight must be finite and at least 0, got -1"),
        ({"position_weight": np.nan}, ValueError, "position_weight must be finite"),
        ({"position_weight": 1e9}, ValueError, "position_weight must be at most 1000, where colors hardly count"),
        ({"random_state": -1}, ValueError, "random_state must not be negative"),
        ({"n_threads": 0}, ValueError, "n_threads must be at least 1, got 0"),
    ],
)
def test_wrong_parameters(picture: NDArray[np.uint8], given: dict[str, Any], error: Any, said: str) -> None:
    with pytest.raises(error, match=said):
        ic.segment(picture, **{"n_clusters": 3, **given})


@pytest.mark.parametrize(
    "image", [np.zeros((0, 5, 3), np.uint8), np.zeros((5, 5, 5), np.uint8), np.full((4, 4), np.nan)]
)
def test_what_is_not_a_picture_is_rejected(image: NDArray[Any]) -> None:
    with pytest.raises(ValueError, match="must"):
        ic.segment(image, 2)
