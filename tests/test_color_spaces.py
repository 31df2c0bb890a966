"""Color spaces: their values, the same bits on every machine, and what is searched and measured in them."""

from decimal import Decimal, getcontext
from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import color

import imgcluster as ic
from imgcluster.colors import CIELAB, COLOR_SPACES, LINEAR, OKLAB, ColorSpace, Histogram
from imgcluster.colors import _cielab as cielab
from imgcluster.colors import _linear as linear
from imgcluster.colors import _oklab as oklab
from imgcluster.palette import nearest_colors
from imgcluster.types import Float64Array, UInt8Array

NAMES = tuple(COLOR_SPACES)
OTHERS = (OKLAB, CIELAB, LINEAR)


def some_colors(n: int, seed: int = 0) -> UInt8Array:
    return np.random.default_rng(seed).integers(0, 256, (n, 3), np.uint8)


def exact_oklab(rgb: UInt8Array) -> list[Decimal]:
    """Return L, a + 1/2 and b + 1/2, times 255 * 16, to 40 digits."""
    getcontext().prec = 40
    shades = [Decimal(int(value)) / 255 for value in rgb]
    light = [
        s / Decimal("12.92")
        if s <= Decimal("0.04045")
        else ((s + Decimal("0.055")) / Decimal("1.055")) ** Decimal("2.4")
        for s in shades
    ]
    lms = [sum((Decimal(str(m)) * v for m, v in zip(row, light, strict=True)), Decimal(0)) for row in oklab._LMS_OF_RGB]
    roots = [v ** (Decimal(1) / 3) if v else v for v in lms]
    lab = [
        sum((Decimal(str(m)) * v for m, v in zip(row, roots, strict=True)), Decimal(0)) for row in oklab._LAB_OF_ROOTS
    ]
    return [
        (v + offset) * 255 * 16 for v, offset in zip(lab, (Decimal(0), Decimal("0.5"), Decimal("0.5")), strict=True)
    ]


def test_oklab_is_rounded_as_an_exact_computation_rounds_it() -> None:
    colors = np.concatenate([some_colors(300), np.repeat(np.arange(0, 256, 15, dtype=np.uint8)[:, None], 3, axis=1)])
    expected = [[int(v.to_integral_value()) for v in exact_oklab(rgb)] for rgb in colors]
    np.testing.assert_array_equal(OKLAB.encode(colors) * 16, expected)


def test_lab_and_linear_light_agree_with_scikit_image() -> None:
    colors = some_colors(1000)
    lab = CIELAB.encode(colors) / 1.25 - [0, 87, 108.5]
    np.testing.assert_allclose(lab, color.rgb2lab(colors), atol=0.06)
    light = color.rgb2xyz(colors) @ np.linalg.inv(color.rgb2xyz(np.eye(3)[None])[0])
    np.testing.assert_allclose(LINEAR.encode(colors) / 255, light, atol=2e-4)


@pytest.mark.exhaustive
@pytest.mark.parametrize("module", [oklab, cielab, linear])
def test_no_color_lies_so_near_a_tie_that_machines_could_differ(module: object) -> None:
    nearest, block = 1.0, 1 << 16
    for start in range(0, 1 << 24, block):
        value = np.arange(start, start + block)
        colors = np.stack([value >> 16, value >> 8 & 255, value & 255], axis=1).astype(np.uint8)
        sixteenths: Float64Array = module.coordinates(colors) * 16  # type: ignore[attr-defined]
        nearest = min(nearest, float(np.abs(sixteenths - np.floor(sixteenths) - 0.5).min()))
    assert nearest > 1e-9


@pytest.mark.parametrize("space", OTHERS, ids=lambda space: space.name)
def test_last_bits_of_the_math_library_do_not_matter(space: ColorSpace, monkeypatch: pytest.MonkeyPatch) -> None:
    colors = some_colors(20_000)
    points = np.random.default_rng(1).uniform(0, 255, (20_000, 3))
    before, back = space.encode(colors), space.decode(points)
    exact = np.cbrt

    def another_cube_root(x: Float64Array) -> Float64Array:
        return np.asarray(np.nextafter(exact(x), np.where(np.arange(x.size).reshape(x.shape) % 2, 9.0, -9.0)))

    monkeypatch.setattr(np, "cbrt", another_cube_root)
    np.testing.assert_array_equal(space.encode(colors), before)
    np.testing.assert_array_equal(space.decode(points), back)


def test_shades_between_two_are_rounded_exactly() -> None:
    shades = np.arange(256)
    edges = [Fraction(0), *(Fraction(int(s)) + Fraction(1, 2) for s in shades[:-1]), Fraction(255)]
    for s in shades:
        inside = np.array([[float(edges[s] + (edges[s + 1] - edges[s]) * f) for f in (0.001, 0.5, 0.999)]])
        light: NDArray[np.float64] = np.where(
            inside / 255 <= 0.04045, inside / 255 / 12.92, ((inside / 255 + 0.055) / 1.055) ** 2.4
        )
        assert np.rint(LINEAR.decode(light * 255)).tolist() == [[s, s, s]]


@pytest.mark.parametrize("space", OTHERS, ids=lambda space: space.name)
def test_labels_are_nearest_in_the_space(space: ColorSpace, coffee: UInt8Array) -> None:
    histogram, palette = Histogram.from_pixels(coffee), some_colors(40)
    labels = nearest_colors(histogram, palette, space=space).labels
    X, centers = space.encode(histogram.colors), space.encode(palette)
    distances = ((X[:, None].astype(np.float64) - centers) ** 2).sum(axis=-1)
    np.testing.assert_array_equal(labels, distances.argmin(axis=1))


@pytest.mark.parametrize("name", NAMES)
def test_a_palette_that_holds_all_colors_is_lossless_in_any_space(name: str) -> None:
    # most of these share their rounded coordinates with a neighbor in OKLab or CIELAB
    blue = np.arange(236, 256, dtype=np.uint8)
    pixels = (
        np.stack(np.meshgrid([254, 255], [254, 255], blue, indexing="ij"), axis=-1).astype(np.uint8).reshape(4, 20, 3)
    )
    result = ic.apply_palette(pixels, pixels.reshape(-1, 3)[::-1], color_space=name)
    np.testing.assert_array_equal(result.to_array(), pixels)
    assert result.lossless


@pytest.mark.parametrize("name", NAMES)
def test_the_error_that_is_reported_is_that_of_rgb(name: str, coffee: UInt8Array) -> None:
    result = ic.quantize(coffee, 24, color_space=name)
    difference = result.to_array().astype(np.int64) - coffee
    assert result.mse == pytest.approx((difference**2).sum(axis=-1).mean())
    assert len(np.unique(result.palette, axis=0)) == 24


def in_space(pixels: UInt8Array, other: UInt8Array, space: ColorSpace) -> float:
    X, Y = (space.encode(p.reshape(-1, 3)).astype(np.float64) for p in (pixels, other))
    return float(((X - Y) ** 2).sum(axis=-1).mean())


@pytest.mark.parametrize("space", OTHERS, ids=lambda space: space.name)
def test_a_search_in_a_space_wins_there(space: ColorSpace, coffee: UInt8Array) -> None:
    ours = ic.quantize(coffee, 32, color_space=space.name)
    rgb = ic.quantize(coffee, 32)
    assert in_space(coffee, ours.to_array(), space) < 0.97 * in_space(coffee, rgb.to_array(), space)
    assert rgb.mse < ours.mse


@pytest.mark.parametrize("method", ["soft-kmeans", "gmm"])
def test_soft_methods_work_in_a_space(method: str, coffee: UInt8Array) -> None:
    small = coffee[::8, ::8]
    result = ic.quantize(small, 4, method=method, color_space="oklab")
    total = sum(result.responsibilities(k) for k in range(4))
    np.testing.assert_allclose(total, 1, atol=1e-5)
    assert result.psnr > 15
