"""Rate-aware mapping: less to deflate for a promised error, whole or in bands, with or without alpha."""

import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import imgcluster as ic
from imgcluster.colors import COLOR_SPACES, RGB, AlphaHistogram, ColorSpace, Histogram
from imgcluster.palette import Fit, find_alpha_colors, find_colors, nearest_colors
from imgcluster.quantization import quantize_file
from imgcluster.quantization._mapping import NearestMapping, RateAwareMapping
from imgcluster.types import UInt8Array

OKLAB = COLOR_SPACES["oklab"]


def _fitted(pixels: UInt8Array, n_colors: int, space: ColorSpace = RGB) -> tuple[Histogram | AlphaHistogram, Fit]:
    rng = np.random.default_rng(0)
    if pixels.shape[2] == 4:
        colors = AlphaHistogram.from_pixels(pixels)
        return colors, find_alpha_colors(colors, n_colors, "fast", rng, 1, space)
    histogram = Histogram.from_pixels(pixels)
    return histogram, find_colors(histogram, n_colors, "kmeans", "fast", rng, 1, space)


def _mapped(
    pixels: UInt8Array, n_colors: int, lossy: float, space: ColorSpace = RGB, n_threads: int = 1
) -> tuple[UInt8Array, Fit]:
    histogram, fit = _fitted(pixels, n_colors, space)
    mapping = RateAwareMapping(histogram, fit, lambda: [pixels], lossy=lossy, space=space, n_threads=n_threads)
    (indices,) = mapping.indices([pixels])
    return indices, fit


def _mean_distance(pixels: UInt8Array, colors: UInt8Array, space: ColorSpace) -> float:
    a, b = (space.encode(array.reshape(-1, 3)).astype(np.float64) for array in (pixels, colors))
    return float(np.sqrt(((a - b) ** 2).sum(axis=1)).mean())


def _deflated(indices: UInt8Array) -> int:
    return len(zlib.compress(np.pad(indices, ((0, 0), (1, 0))).tobytes(), 9))


@pytest.fixture(scope="module")
def sprite(coffee: UInt8Array) -> UInt8Array:
    """Return a photo that is opaque to the left, clear to the right, translucent between."""
    pixels = np.dstack([coffee[100:220, 100:260], np.zeros((120, 160), np.uint8)])
    pixels[..., 3] = np.clip((110 - np.arange(160)) * 4, 0, 255)
    pixels[pixels[..., 3] == 0] = 0
    return pixels


@pytest.mark.parametrize("space", [RGB, OKLAB])
@pytest.mark.parametrize("n_colors", [8, 64])
def test_the_mean_error_grows_as_promised_and_the_bytes_fall(
    coffee: UInt8Array, space: ColorSpace, n_colors: int
) -> None:
    pixels = coffee[:200, :300]
    nearest, fit = _mapped(pixels, n_colors, 0, space)
    least = _mean_distance(pixels, fit.palette[nearest], space)
    sizes = [_deflated(nearest)]
    for lossy in (3, 10, 25):
        indices, fit = _mapped(pixels, n_colors, lossy, space)
        grown = 100 * (_mean_distance(pixels, fit.palette[indices], space) / least - 1)
        assert 0.85 * lossy < grown < 1.001 * lossy
        sizes.append(_deflated(indices))
    assert sizes[1] < 0.93 * sizes[0]
    assert sizes[2] < 0.85 * sizes[0]
    assert sizes == sorted(sizes, reverse=True)


def test_a_picture_that_is_sampled_stays_near_what_is_promised(coffee: UInt8Array) -> None:
    pixels = np.concatenate([coffee, coffee[::-1]])
    nearest, fit = _mapped(pixels, 32, 0)
    indices, _ = _mapped(pixels, 32, 10)
    least, found = (_mean_distance(pixels, fit.palette[chosen], RGB) for chosen in (nearest, indices))
    assert 1.08 < found / least < 1.12


def test_nothing_lost_is_the_nearest_and_nothing_to_lose_stays_lossless(coffee: UInt8Array) -> None:
    histogram, fit = _fitted(coffee, 30)
    mapping = RateAwareMapping(histogram, fit, lambda: [coffee], lossy=0, space=RGB)
    (indices,) = mapping.indices([coffee])
    assert isinstance(histogram, Histogram)
    expected = NearestMapping(histogram, fit)
    np.testing.assert_array_equal(indices, next(expected.indices([coffee])))
    assert mapping.squared_error == expected.squared_error
    drawing = fit.palette[indices]
    again, fit = _mapped(drawing, 30, 100)
    np.testing.assert_array_equal(fit.palette[again], drawing)


def _bands(pixels: UInt8Array, heights: tuple[int, ...]) -> Iterator[UInt8Array]:
    return iter(np.split(pixels, np.cumsum(heights)))


@pytest.mark.parametrize("with_alpha", [False, True])
def test_neither_bands_nor_threads_change_anything(coffee: UInt8Array, sprite: UInt8Array, with_alpha: bool) -> None:
    pixels = np.tile(sprite, (3, 1, 1))[:300] if with_alpha else coffee[:300, :160]
    histogram, fit = _fitted(pixels, 20)
    found = []
    for heights, n_threads in (((), 1), ((1, 2, 30), 2), ((299,), 7), ((100, 156), 2)):
        bands = list(_bands(pixels, heights))
        mapping = RateAwareMapping(histogram, fit, partial(iter, bands), lossy=8, space=RGB, n_threads=n_threads)
        found.append((np.concatenate(list(mapping.indices(bands))), mapping.squared_error))
    for indices, error in found[1:]:
        np.testing.assert_array_equal(indices, found[0][0])
        assert error == found[0][1]
    if not with_alpha:
        assert found[0][1] == ((fit.palette[found[0][0]].astype(int) - pixels) ** 2).sum()


def test_a_sample_of_a_large_picture_does_not_depend_on_the_bands(rng: np.random.Generator) -> None:
    pixels = rng.integers(0, 9, (500, 700, 3)).astype(np.uint8)
    pixels[:, ::2] = 40
    histogram, fit = _fitted(pixels, 5)
    first, *others = (
        next(RateAwareMapping(histogram, fit, partial(iter, bands), lossy=5, space=RGB).indices([pixels]))
        for bands in ([pixels], list(_bands(pixels, (7, 200, 133))))
    )
    np.testing.assert_array_equal(others[0], first)


@pytest.mark.parametrize("space", [RGB, OKLAB])
def test_clear_pixels_stay_clear_and_opaque_ones_opaque(sprite: UInt8Array, space: ColorSpace) -> None:
    indices, fit = _mapped(sprite, 12, 40, space)
    alpha = fit.palette[indices][..., 3]
    assert (alpha[sprite[..., 3] == 0] == 0).all()
    assert (alpha[sprite[..., 3] == 255] == 255).all()
    assert _deflated(indices) < 0.9 * _deflated(_mapped(sprite, 12, 0, space)[0])


def test_a_given_palette_may_hold_what_nothing_uses(coffee: UInt8Array) -> None:
    histogram = Histogram.from_pixels(coffee)
    palette = np.array([[0, 255, 0], [40, 20, 10], [200, 170, 150], [40, 20, 10], [120, 70, 40]], np.uint8)
    mapping = RateAwareMapping(histogram, nearest_colors(histogram, palette), lambda: [coffee], lossy=5, space=RGB)
    (indices,) = mapping.indices([coffee])
    assert set(np.unique(indices)) <= {1, 2, 3, 4}


def test_smooth_areas_have_no_streaks() -> None:
    """A noisy gradient: rows that change from entry to entry at places of their own would be frayed."""
    rng = np.random.default_rng(1)
    shade = 100 + np.linspace(0, 20, 300)[None, :] + rng.normal(0, 1, (200, 300))
    pixels = np.repeat(np.rint(shade).astype(np.uint8)[..., None], 3, axis=2)
    indices, fit = _mapped(pixels, 5, 5)
    error = fit.palette[indices][..., 0].astype(float) - pixels[..., 0]
    means = [np.abs(np.apply_along_axis(np.convolve, axis, error, np.ones(15) / 15, "valid")).mean() for axis in (1, 0)]
    assert 0.5 < means[0] / means[1] < 1.2
    changes = [np.count_nonzero(np.diff(indices.astype(int), axis=axis)) for axis in (0, 1)]
    nearest = np.count_nonzero(np.diff(_mapped(pixels, 5, 0)[0].astype(int), axis=0))
    assert changes[0] < 0.8 * nearest


def test_quantize_writes_fewer_bytes_and_reports_the_error(coffee: UInt8Array, tmp_path: Path) -> None:
    pixels = coffee[:200, :300]
    plain, thrifty = (ic.quantize(pixels, 32, color_space="oklab", effort="fast", lossy=lossy) for lossy in (0, 6))
    assert thrifty.mse > plain.mse
    assert thrifty.mse == ((thrifty.to_array().astype(int) - pixels) ** 2).sum() / thrifty.indices.size
    plain.save(tmp_path / "plain.png")
    thrifty.save(tmp_path / "thrifty.png")
    sizes = [(tmp_path / name).stat().st_size for name in ("plain.png", "thrifty.png")]
    assert sizes[1] < 0.9 * sizes[0]
    np.testing.assert_array_equal(ic.read_image(tmp_path / "thrifty.png"), thrifty.to_array())


@pytest.mark.exhaustive
def test_what_is_lossy_is_deflated_as_well_as_can_be(coffee: UInt8Array, tmp_path: Path) -> None:
    large = np.tile(coffee, (2, 3, 1))[:700, :1700]  # more pixels than bear the kernel otherwise
    result = ic.quantize(large, 8, lossy=10)
    written = {}
    for name, level in (("usual", None), ("nine", 9), ("six", 6)):
        result.save(tmp_path / f"{name}.png", compress_level=level)
        written[name] = (tmp_path / f"{name}.png").read_bytes()
    assert written["usual"] == written["nine"]
    assert len(written["nine"]) < 0.97 * len(written["six"])
    quantize_file(large, tmp_path / "file.png", 8, lossy=10)
    assert (tmp_path / "file.png").read_bytes() == written["nine"]


def test_a_file_in_bands_has_the_same_bytes(coffee: UInt8Array, tmp_path: Path) -> None:
    source = tmp_path / "coffee.npy"
    np.save(source, coffee[:120])
    ic.quantize_large(source, tmp_path / "bands.png", 16, band_pixels=5000, effort="fast", lossy=5)
    result = ic.quantize(coffee[:120], 16, effort="fast", lossy=5)
    np.testing.assert_array_equal(ic.read_image(tmp_path / "bands.png"), result.to_array())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lossy": -1}, "lossy must be"),
        ({"lossy": 5, "n_colors": 300}, "lossy is for at most 256 colors"),
    ],
)
def test_what_cannot_be_is_said(coffee: UInt8Array, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ic.quantize(coffee[:60, :60], effort="fast", **options)


@pytest.mark.parametrize("lossy", [100.0, 1000.0])
def test_any_loss_may_be_asked_for(coffee: UInt8Array, lossy: float) -> None:
    result = ic.quantize(coffee[::4, ::4], 3, lossy=lossy)
    assert result.mse > ic.quantize(coffee[::4, ::4], 3).mse
