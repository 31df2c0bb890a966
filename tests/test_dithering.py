"""Dithering keeps means, leaves alone what needs none, and gives the same bytes however the picture comes."""

import io
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.filters import gaussian

import imgcluster as ic
from imgcluster.quantization import quantize_file
from imgcluster.quantization._mapping._ordered import bayer_tile, blue_noise_tile
from imgcluster.quantization._mapping._refit import solve
from imgcluster.quantization._mapping._sample import sample
from imgcluster.types import Float64Array, UInt8Array

KINDS = ["floyd-steinberg", "blue-noise", "ordered", "auto"]
INKS = np.array([[25, 30, 33], [232, 232, 232], [178, 19, 24], [239, 222, 68], [33, 87, 186], [18, 95, 32]], np.uint8)


def light_of(picture: NDArray[Any]) -> Float64Array:
    shades = picture / 255
    return np.where(shades <= 0.04045, shades / 12.92, ((shades + 0.055) / 1.055) ** 2.4)


def blurred_error(picture: UInt8Array, original: UInt8Array) -> float:
    """Mean error in light after a blur of 2 pixels."""
    return float(
        np.abs(gaussian(light_of(picture), 2, channel_axis=2) - gaussian(light_of(original), 2, channel_axis=2)).mean()
    )


def smooth_gradient(height: int = 120, width: int = 160) -> UInt8Array:
    row, column = np.linspace(40, 200, height)[:, None], np.linspace(0, 40, width)
    return np.stack([row + column, row + 0 * column, 230 - row + 0 * column], axis=-1).astype(np.uint8)


def flat_art() -> UInt8Array:
    """Return discs of a few colors on white, with smoothed edges."""
    y, x = np.mgrid[:160, :200]
    art = np.full((160, 200, 3), 255.0)
    for i, color in enumerate(([220, 30, 40], [20, 90, 200], [250, 200, 0])):
        cover = np.clip(30.5 - np.hypot(y - 80, x - 45 - 55 * i), 0, 1)[..., None]
        art = art * (1 - cover) + cover * np.array(color)
    return np.rint(art).astype(np.uint8)


@pytest.mark.parametrize("kind", KINDS)
def test_bands_of_a_gradient_are_gone(kind: str) -> None:
    picture = np.repeat(smooth_gradient()[:, :, :1], 3, axis=2)
    grays = np.repeat(np.arange(30, 260, 35, dtype=np.uint8)[:, None], 3, axis=1)
    none, dithered = (ic.apply_palette(picture, grays, dither=dither).to_array() for dither in ("none", kind))
    assert blurred_error(dithered, picture) < 0.5 * blurred_error(none, picture)


@pytest.mark.parametrize("kind", KINDS)
def test_six_inks_keep_the_mean_light(kind: str, coffee: UInt8Array) -> None:
    part = coffee[100:260, 100:300]
    result = ic.apply_palette(part, INKS, dither=kind)
    assert result.palette.tolist() == INKS.tolist()
    assert blurred_error(result.to_array(), part) < 0.5 * blurred_error(ic.apply_palette(part, INKS).to_array(), part)


@pytest.mark.parametrize("kind", KINDS)
def test_the_error_is_that_of_the_picture(kind: str, coffee: UInt8Array) -> None:
    result = ic.quantize(coffee, 20, dither=kind)
    assert result.mse == pytest.approx(((result.to_array().astype(int) - coffee) ** 2).sum(axis=2).mean(), rel=1e-12)
    assert len(np.unique(result.palette, axis=0)) == 20


@pytest.mark.parametrize("kind", KINDS)
def test_threads_change_nothing(kind: str, coffee: UInt8Array) -> None:
    part = coffee[:, :150]  # of two stripes
    one, three = (ic.quantize(part, 30, dither=kind, n_threads=n) for n in (1, 3))
    np.testing.assert_array_equal(one.palette, three.palette)
    np.testing.assert_array_equal(one.indices, three.indices)


@pytest.mark.parametrize("kind", KINDS)
def test_bands_change_nothing(kind: str, coffee: UInt8Array) -> None:
    coffee = coffee[100:380, :150]  # of two stripes
    whole = ic.quantize(coffee, 16, dither=kind)
    stream = io.BytesIO()
    result = ic.quantize_large(coffee, stream, 16, dither=kind, band_pixels=1000)
    np.testing.assert_array_equal(ic.read_image(io.BytesIO(stream.getvalue())), whole.to_array())
    assert result.mse == pytest.approx(whole.mse, rel=1e-12)


def test_no_seam_shows_between_stripes() -> None:
    picture = smooth_gradient(600, 128)
    error = light_of(ic.quantize(picture, 8, dither="floyd-steinberg").to_array()) - light_of(picture)
    blurred = np.abs(gaussian(error, 1.5, channel_axis=2)).mean(axis=(1, 2))
    seams = np.r_[250:262, 506:518]
    assert blurred[seams].mean() < 1.1 * np.delete(blurred, seams).mean()


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_of_few_colors_is_left_alone(kind: str, rng: np.random.Generator) -> None:
    picture = rng.integers(0, 256, (9, 3)).astype(np.uint8)[rng.integers(0, 9, (30, 40))]
    result = ic.quantize(picture, 9, dither=kind)
    assert result.lossless
    np.testing.assert_array_equal(result.to_array(), picture)


@pytest.mark.parametrize("kind", KINDS)
def test_without_strength_colors_are_the_nearest(kind: str, coffee: UInt8Array) -> None:
    none, dithered = ic.quantize(coffee, 12), ic.quantize(coffee, 12, dither=kind, dither_strength=0)
    np.testing.assert_array_equal(dithered.indices, none.indices)


def test_auto_leaves_flat_art_alone() -> None:
    picture = flat_art()
    none, auto = (ic.quantize(picture, 12, dither=dither) for dither in ("none", "auto"))
    np.testing.assert_array_equal(auto.to_array(), none.to_array())


def test_auto_leaves_noise_alone(rng: np.random.Generator) -> None:
    picture = rng.integers(0, 256, (90, 100, 3)).astype(np.uint8)
    none, auto = (ic.quantize(picture, 64, dither=dither) for dither in ("none", "auto"))
    assert (auto.to_array() != none.to_array()).any(axis=2).mean() < 0.01


def test_auto_leaves_the_cells_of_a_heat_map_alone() -> None:
    heat = np.random.default_rng(0).integers(0, 90, (16, 20))
    colors = np.stack([40 + 2 * np.arange(90), 20 + np.arange(90), 200 - 2 * np.arange(90)], axis=1).astype(np.uint8)
    cells = colors[heat].repeat(12, axis=0).repeat(12, axis=1)
    plain, auto = (ic.quantize(cells, 24, dither=dither) for dither in ("none", "auto"))
    np.testing.assert_array_equal(auto.to_array(), plain.to_array())


def test_auto_dithers_a_gradient_beside_flat_art_but_not_the_art() -> None:
    picture = np.concatenate([flat_art()[:, :160], smooth_gradient()])
    result = ic.quantize(picture, 16, dither="auto").to_array()
    flat = (picture[:160] == 255).all(axis=2)
    assert len(np.unique(result[:160][flat], axis=0)) == 1
    none = ic.quantize(picture, 16).to_array()
    assert blurred_error(result[164:], picture[164:]) < blurred_error(none[164:], picture[164:])


def test_auto_does_not_touch_pixels_that_the_palette_has() -> None:
    picture = smooth_gradient()
    palette = ic.quantize(picture, 8).palette
    exact = (picture[:, :, None] == palette).all(axis=3).any(axis=2)
    result = ic.apply_palette(picture, palette, dither="auto")
    assert exact.any()
    np.testing.assert_array_equal(result.to_array()[exact], picture[exact])
    assert (result.indices != ic.apply_palette(picture, palette).indices).any()


def test_the_refit_lowers_the_blurred_error(coffee: UInt8Array) -> None:
    refitted = ic.quantize(coffee, 16, dither="floyd-steinberg").to_array()
    given = ic.apply_palette(coffee, ic.quantize(coffee, 16).palette, dither="floyd-steinberg").to_array()
    assert blurred_error(refitted, coffee) < blurred_error(given, coffee)


@pytest.mark.parametrize("kind", KINDS)
def test_clear_pixels_stay_clear_and_opaque_ones_opaque(kind: str) -> None:
    picture = np.dstack([smooth_gradient(), np.full((120, 160), 255, np.uint8)])
    picture[30:60, 30:90, 3], picture[60:80, 30:90, 3] = 0, np.linspace(10, 240, 60)
    result = ic.quantize(picture, 16, dither=kind)
    alpha = result.palette[result.indices][..., 3]
    assert (alpha[picture[..., 3] == 0] == 0).all()
    assert (alpha[picture[..., 3] == 255] == 255).all()


def test_grey_stays_grey_without_streaks() -> None:
    picture = np.full((64, 64, 3), 100, np.uint8)
    result = ic.apply_palette(picture, np.array([[0, 0, 0], [255, 255, 255]], np.uint8), dither="floyd-steinberg")
    light = light_of(result.to_array()[8:])
    assert light.mean() == pytest.approx(light_of(picture).mean(), rel=0.05)
    # every row and column has its share
    for shares in (light.mean(axis=(0, 2)), light.mean(axis=(1, 2))):
        assert np.ptp(shares.reshape(-1, 4).mean(axis=1)) < 0.12


def test_a_file_is_that_of_the_array(coffee: UInt8Array) -> None:
    stream = io.BytesIO()
    quantize_file(coffee, stream, 16, dither="auto")
    np.testing.assert_array_equal(
        ic.read_image(io.BytesIO(stream.getvalue())), ic.quantize(coffee, 16, dither="auto").to_array()
    )


@pytest.mark.parametrize("tile", [bayer_tile(), blue_noise_tile()], ids=["bayer", "blue noise"])
def test_each_threshold_occurs_once(tile: Any) -> None:
    assert len(np.unique(tile)) == tile.size
    assert np.diff(np.sort(tile.ravel())).max() == 65536 // tile.size


def test_blue_noise_has_no_low_frequencies() -> None:
    tile = blue_noise_tile() / 65536 - 0.5
    power = np.abs(np.fft.fft2(tile)) ** 2
    frequency = np.hypot(np.fft.fftfreq(64)[:, None], np.fft.fftfreq(64))
    low = (frequency > 0) & (frequency < 0.15)
    assert power[low].mean() < 0.1 * power[frequency > 0.35].mean()


def test_a_system_is_solved(rng: np.random.Generator) -> None:
    half = rng.random((9, 9))
    matrix, right = half @ half.T + np.eye(9), rng.random((9, 3))
    np.testing.assert_allclose(solve(matrix.copy(), right.copy()), np.linalg.solve(matrix, right), rtol=1e-8)


@pytest.mark.parametrize("heights", [(3000,), (1, 999, 2000), (40,) * 75])
def test_a_sample_does_not_depend_on_the_bands(heights: tuple[int, ...]) -> None:
    picture = np.arange(3000, dtype=np.int64)[:, None, None] // np.array([1, 256, 9]) % 256
    picture = np.broadcast_to(picture, (3000, 1000, 3)).astype(np.uint8)
    expected = sample([picture], 3_000_000)
    assert 0.8 * 2**20 < sum(strip.shape[0] * strip.shape[1] for strip in expected) <= 2**20
    found = sample(np.split(picture, np.cumsum(heights)[:-1]), 3_000_000)
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)
