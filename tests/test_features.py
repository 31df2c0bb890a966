"""Grid features: CIELAB against scikit-image, raw channels, blur, threads."""

from typing import Any

import numpy as np
import pytest
from _pictures import noise
from numpy.typing import NDArray

from imgcluster import kernels
from imgcluster.colors import FEATURE_UNIT, grid_features
from imgcluster.kernels import reference


def test_rgb_becomes_cielab() -> None:
    from skimage.color import rgb2lab

    rgb = noise(64, 80, seed=0)
    features = grid_features(rgb)
    assert features.shape == (64, 80, 4)
    assert features.dtype == np.int16
    assert not features[..., 3].any()
    assert np.abs(features[..., :3] / FEATURE_UNIT - rgb2lab(rgb)).max() < 0.25


def test_depth_changes_nothing() -> None:
    rgb = noise(9, 7, seed=1)
    for same in (rgb.astype(np.uint16) * 257, rgb / 255, (rgb / 255).astype(np.float32)):
        np.testing.assert_array_equal(grid_features(same), grid_features(rgb))


@pytest.mark.parametrize("n_channels", [1, 2, 4, 5, 16])
def test_raw_channels_are_scaled_by_their_range(n_channels: int) -> None:
    rng = np.random.default_rng(n_channels)
    raw = rng.normal(size=(11, 13, n_channels)) * rng.uniform(0.1, 1e6, n_channels)
    features = grid_features(raw)
    assert features.shape == (11, 13, -(-n_channels // 4) * 4)
    used = np.sort(features[..., :n_channels].reshape(143, -1), axis=0)
    assert (used[1] == 0).all()  # of 143 pixels one at either end is beyond the range
    assert np.abs(used[-2] - 100 * FEATURE_UNIT / np.sqrt(n_channels)).max() <= 0.5
    np.testing.assert_array_equal(grid_features(raw * 1000 - 5), features)
    if n_channels == 1:
        np.testing.assert_array_equal(grid_features(raw[..., 0]), features)


def test_stretched_chroma() -> None:
    rgb = noise(5, 5, seed=2)
    plain, stretched = grid_features(rgb), grid_features(rgb, chroma=2.0)
    np.testing.assert_array_equal(plain[..., 0], stretched[..., 0])
    assert np.abs(stretched[..., 1:] - 2 * plain[..., 1:]).max() <= 2


@pytest.mark.parametrize("n_blurs", [1, 2, 3])
@pytest.mark.parametrize("shape", [(150, 17), (1, 9), (9, 1), (64, 3), (1, 1)])
def test_blur_is_the_same_for_any_bands_and_near_the_exact_one(shape: tuple[int, int], n_blurs: int) -> None:
    image = np.random.default_rng(3).integers(0, 256, (*shape, 3), dtype=np.uint8)
    expected = grid_features(image).astype(np.float64)
    for _ in range(n_blurs):
        padded = np.pad(expected, ((1, 1), (1, 1), (0, 0)), mode="edge")
        across = (padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]) / 4
        expected = (across[:-2] + 2 * across[1:-1] + across[2:]) / 4
    blurred = grid_features(image, n_blurs=n_blurs)
    assert np.abs(blurred - expected).max() < 1 + n_blurs
    np.testing.assert_array_equal(blurred, grid_features(image, n_blurs=n_blurs, n_threads=3))


def test_a_flat_image_has_flat_features() -> None:
    assert not grid_features(np.full((4, 5, 2), 7.5)).any()
    assert np.ptp(grid_features(np.full((40, 5, 3), 200, np.uint8), n_blurs=1), axis=(0, 1)).max() == 0


def test_a_blur_stops_at_edges() -> None:
    raw = np.where(np.arange(20) < 7, 10.0, 90.0) * np.ones((5, 1)) + np.random.default_rng(0).normal(0, 1, (5, 20))
    plain, mixed, kept = (grid_features(raw, n_blurs=n, edge=edge) for n, edge in ((0, 50), (1, 99), (1, 50)))
    sides = kept[:, :7, 0], kept[:, 7:, 0]
    assert all(np.ptp(side) < np.ptp(before) for side, before in zip(sides, (plain[:, :7], plain[:, 7:]), strict=True))
    assert np.ptp(mixed[:, :7, 0]) > 5 * np.ptp(sides[0])


@pytest.mark.parametrize("edge", [0, 900, kernels.BLUR_EDGE_MAX])
def test_the_blur_has_the_bits_of_its_twin(edge: int) -> None:
    native = pytest.importorskip("imgcluster.kernels._native")
    rng = np.random.default_rng(edge)
    for width in (1, 2, 17):
        rows = rng.integers(-16383, 16384, (6, width, 4)).astype(np.int16)
        rows[:3] //= 16
        found: list[NDArray[np.int16]] = []
        for kernel in (reference, *[native] * len(native.isa_names())):
            out, scratch = np.empty((4, width, 4), np.int16), np.empty((width + 2, 4), np.int16)
            kernel.blur_rows(max(len(found) - 1, 0), width, 4, edge, rows, out, scratch)
            found.append(out)
        assert all((out == found[0]).all() for out in found)


@pytest.mark.parametrize(
    ("dtype", "shape"), [(np.uint8, (9, 50, 3)), (np.uint16, (260, 300, 5)), (np.uint16, (9, 5, 2))]
)
def test_raw_whole_numbers_have_the_features_of_the_same_floats(dtype: Any, shape: tuple[int, ...]) -> None:
    image = np.random.default_rng(2).integers(0, 256, shape).astype(dtype)
    image[0, 0] = np.iinfo(dtype).max
    one, other = (grid_features(pixels, raw=True, n_blurs=1) for pixels in (image, image.astype(np.float64)))
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("ranges", [None, np.array([[0.0, 1.0]] * 3)])
def test_values_beyond_black_and_white_are_black_and_white(ranges: Any) -> None:
    image = np.random.default_rng(4).normal(0.5, 0.6, (9, 7, 3))
    assert image.min() < 0
    assert image.max() > 1
    np.testing.assert_array_equal(grid_features(image, ranges=ranges), grid_features(image.clip(0, 1), ranges=ranges))


def _distances(vectors: NDArray[Any]) -> NDArray[np.float64]:
    flat = vectors.reshape(-1, vectors.shape[-1]).astype(np.float64)
    distances: NDArray[np.float64] = np.linalg.norm(flat[:, None] - flat, axis=-1)
    return distances


def test_many_channels_that_go_together_keep_their_distances() -> None:
    rng = np.random.default_rng(5)
    image = rng.random((9, 11, 5)) @ rng.normal(size=(5, 20)) + rng.normal(size=20)
    ranges = np.stack([image.min(axis=(0, 1)), image.max(axis=(0, 1))], axis=1)
    features = grid_features(image, ranges=ranges)
    assert features.shape == (9, 11, 16)
    scaled = (image - ranges[:, 0]) / (ranges[:, 1] - ranges[:, 0]) * 100 * FEATURE_UNIT / np.sqrt(20)
    np.testing.assert_allclose(_distances(features), _distances(scaled), atol=8)
    spread = features.reshape(-1, 16).std(axis=0)
    assert (np.diff(spread[:5]) < 0).all()  # the components that tell most come first
    assert (spread[5:] < 2).all()
    assert np.abs(features.mean(axis=(0, 1))).max() <= 4
    np.testing.assert_array_equal(grid_features(image, ranges=ranges, n_threads=3), features)


def test_of_many_channels_what_lies_outside_has_no_part_in_components() -> None:
    rng = np.random.default_rng(6)
    image, inside = rng.normal(size=(12, 9, 18)), np.ones((12, 9), np.bool_)
    inside[:4] = False
    other = image.copy()
    other[:4] *= 100
    np.testing.assert_array_equal(
        grid_features(image, inside=inside)[inside], grid_features(other, inside=inside)[inside]
    )


def test_an_axis_points_where_its_largest_entry_is() -> None:
    image = np.zeros((6, 6, 17))
    image[..., 0] = np.arange(36).reshape(6, 6)
    for channel in range(17):
        one = np.roll(image, channel, axis=2)
        np.testing.assert_array_equal(grid_features(one)[..., 0], grid_features(image)[..., 0])
    assert (np.diff(grid_features(image)[..., 0].ravel()) > 0).all()
