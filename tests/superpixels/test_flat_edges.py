"""Hard edges between flat areas: no segment has two colors, whatever the method, the kind of picture and the mask."""

import tracemalloc
from typing import Any

import numpy as np
import pytest
from _pictures import chelsea
from numpy.typing import NDArray

import imgcluster as ic
from imgcluster.segmentation import is_connected, relabel

METHODS = ("boundary", "slic", "gmm")


def cells(n: int = 60, shape: tuple[int, int] = (150, 200), seed: int = 0) -> NDArray[np.intp]:
    """Number the cells nearest to random points."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(0, 1, (n, 2)) * shape
    rows, columns = np.indices(shape)
    return ((rows[..., None] - points[:, 0]) ** 2 + (columns[..., None] - points[:, 1]) ** 2).argmin(axis=-1)


def colored(areas: NDArray[np.intp], seed: int = 0) -> NDArray[np.uint8]:
    """Give each area a color."""
    return np.random.default_rng(seed).integers(0, 256, (int(areas.max()) + 1, 3)).astype(np.uint8)[areas]


def n_wrong(segmentation: ic.Segmentation, truth: NDArray[Any]) -> int:
    """Count the pixels that are not of the area that most of their segment is of."""
    inside = segmentation.labels >= 0
    table = np.zeros((segmentation.n_segments, int(truth.max()) + 1), int)
    np.add.at(table, (segmentation.labels[inside], truth[inside]), 1)
    return int(table.sum() - table.max(axis=1).sum())


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("column", [24, 25, 27, 33, 51])
def test_an_edge_is_exact_in_any_column(method: str, column: int) -> None:
    right = np.broadcast_to(np.arange(100) >= column, (100, 100))
    image = np.where(right, 255, 0).astype(np.uint8)
    for effort in ("fast", "default", "best"):
        for picture, truth in ((image, right), (image.T, right.T)):
            assert n_wrong(ic.superpixels(picture, 100, method=method, effort=effort), truth.astype(np.intp)) == 0


@pytest.mark.parametrize("effort", ["fast", "default", "best"])
@pytest.mark.parametrize("seed", range(3))
def test_the_mosaic_of_flat_cells_has_no_loss(effort: str, seed: int) -> None:
    image = colored(cells(seed=seed), seed)
    found = ic.superpixels(image, 300, effort=effort)
    assert found.n_segments == 300
    assert is_connected(found.labels)
    np.testing.assert_array_equal(found.mosaic(), image)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", ["gray", "16 bits", "floating point", "raw"])
def test_every_kind_of_picture(method: str, kind: str) -> None:
    truth = cells()
    image = colored(truth)
    pictures: dict[str, NDArray[Any]] = {
        "gray": np.random.default_rng(0).permutation(256).astype(np.uint8)[truth],
        "16 bits": image.astype(np.uint16) * 257,
        "floating point": image / 255,
        "raw": np.concatenate([image, image[..., ::-1]], axis=2).astype(np.uint16) * 16,
    }
    channels = "raw" if kind == "raw" else "srgb"
    assert n_wrong(ic.superpixels(pictures[kind], 300, method=method, channels=channels), truth) == 0


@pytest.mark.parametrize("method", METHODS)
def test_only_what_is_inside_the_mask_counts(method: str) -> None:
    truth, mask = cells(), np.zeros((150, 200), bool)
    mask[20:120, 30:170] = True
    image = colored(truth)
    image[~mask] = 7
    found = ic.superpixels(image, 200, method=method, mask=mask)
    np.testing.assert_array_equal(found.labels >= 0, mask)
    assert n_wrong(found, truth) == 0


def test_as_few_segments_as_areas() -> None:
    truth = cells(20)
    found = ic.superpixels(colored(truth), 24)
    assert found.n_segments == 24
    assert n_wrong(found, truth) == 0


def test_more_areas_than_segments_still_give_that_many() -> None:
    found = ic.superpixels(colored(cells()), 30)
    assert found.n_segments == 30
    assert is_connected(found.labels)


def test_beside_a_photo(coffee: NDArray[np.uint8]) -> None:
    truth = cells()
    image = coffee[:150, :200].copy()
    image[:, 100:] = colored(truth)[:, 100:]
    found = ic.superpixels(image, 300)
    assert found.n_segments == 300
    assert is_connected(found.labels)
    labels, n = relabel(np.ascontiguousarray(found.labels[:, 100:]))
    right = ic.Segmentation(labels, image[:, 100:])
    assert right.n_segments == n
    assert n_wrong(right, truth[:, 100:]) <= 4


def test_specks_are_no_areas() -> None:
    rng = np.random.default_rng(0)
    image = np.full((120, 120), 40, np.uint8)
    image[30:90, 30:90] = 200
    image[rng.integers(0, 120, 90), rng.integers(0, 120, 90)] = 255
    areas = ic.superpixels(image, 100).areas
    assert np.median(areas) > 100


def test_a_gradient_is_no_areas() -> None:
    image = np.broadcast_to(np.linspace(0, 255, 600).astype(np.uint8), (150, 600))
    found = ic.superpixels(image, 300)
    assert ic.metrics.compactness(found.labels) > 0.45


@pytest.mark.parametrize("method", METHODS)
def test_segments_that_are_given_settle_too(method: str) -> None:
    truth = cells(30)
    image = colored(truth)
    after = ic.superpixels(image, labels=ic.superpixels(image, 150, method=method), method=method)
    assert n_wrong(after, truth) <= 2  # none is made for the tip of a cell


def test_the_mixture_follows() -> None:
    found = ic.superpixels(colored(cells()), 200, method="gmm")
    assert found.means.shape[0] == found.covariances.shape[0] == found.n_segments
    means = found.means
    assert means is not None
    np.testing.assert_allclose(means[:, 3:], found.centroids, atol=1e-6)
    shares = found.responsibilities.shares.sum(axis=2)
    np.testing.assert_allclose(shares, 1, atol=1e-5)


def test_photos_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    from imgcluster.superpixel import _flat_edges

    def fail(*args: object) -> None:
        raise AssertionError("a photo was taken for flat areas")

    monkeypatch.setattr(_flat_edges, "_find_areas", fail)
    for method in METHODS:
        ic.superpixels(chelsea(), 200, method=method)


@pytest.mark.parametrize("method", ["boundary", "gmm"])
@pytest.mark.parametrize("shape", [(3, 4), (4, 2), (2, 8), (5, 3), (6, 4), (7, 7)])
def test_edges_of_tiny_pictures_are_exact(method: str, shape: tuple[int, int]) -> None:
    """A blur leaves none of their pixels flat."""
    right = np.broadcast_to(np.arange(shape[1]) >= shape[1] // 2, shape).astype(np.intp)
    for truth in (right, np.ascontiguousarray(right.T)):
        result = ic.superpixels(truth.astype(np.uint8) * 255, 2, method=method)
        assert result.n_segments == 2
        assert n_wrong(result, truth) == 0


@pytest.mark.parametrize("kind", ["gradient", "two areas", "areas"])
def test_memory_is_a_small_multiple_of_the_picture(kind: str) -> None:
    """Flat areas and gradients of 2 megapixels: looking for their edges once took 130 bytes a pixel."""
    y, x = np.indices((1024, 2048))
    pixels = {
        "gradient": (128 + 100 * np.sin(y / 150) // 2 * 2).astype(np.uint8),
        "two areas": ((y < 300) * np.uint8(255)).astype(np.uint8),
        "areas": ((y // 64 * 7 + x // 64 * 31) % 251).astype(np.uint8),
    }[kind]
    del y, x
    tracemalloc.start()
    try:
        ic.superpixels(pixels, 100)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak / pixels.size < 75


def test_what_is_done_in_bands_is_the_same_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    from imgcluster.superpixel import _flat_edges, _pieces

    pictures = [colored(cells()), np.tile(np.arange(200, dtype=np.uint8), (150, 1))]
    whole = [ic.superpixels(picture, 40).indices for picture in pictures]
    monkeypatch.setattr(_flat_edges, "_BAND", 777)
    monkeypatch.setattr(_pieces, "_AT_ONCE", 777)
    for picture, expected in zip(pictures, whole, strict=True):
        np.testing.assert_array_equal(ic.superpixels(picture, 40).indices, expected)
