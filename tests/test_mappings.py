"""A mapping takes bands and yields indices."""

from collections.abc import Iterable, Iterator

import numpy as np
import pytest

import imgcluster as ic
from imgcluster.colors import Histogram
from imgcluster.palette import Fit, nearest_colors
from imgcluster.quantization import palette_mse
from imgcluster.quantization._mapping import Mapping, NearestMapping, index_type
from imgcluster.types import Float64Array, UInt8Array


class Diffusion:
    """Diffuse the error of a pixel to the one below it, from row to row and from band to band."""

    def __init__(self, histogram: Histogram, fit: Fit, n_threads: int) -> None:
        self.squared_error = 0.0
        self.palette = fit.palette
        self._palette = fit.palette.astype(np.float64)

    def indices(self, bands: Iterable[UInt8Array]) -> Iterator[UInt8Array]:
        """Yield the indices of each band; the error of its last row waits for the next."""
        error: Float64Array | None = None
        for band in bands:
            indices: UInt8Array = np.zeros(band.shape[:2], np.uint8)
            for row, colors in enumerate(band.astype(np.float64)):
                wanted = colors if error is None else colors + error
                indices[row] = ((wanted[:, None] - self._palette) ** 2).sum(axis=2).argmin(axis=1)
                chosen = self._palette[indices[row]]
                error = wanted - chosen
                self.squared_error += float(((colors - chosen) ** 2).sum())
            yield indices


def in_bands(pixels: UInt8Array, *heights: int) -> Iterator[UInt8Array]:
    edges = np.cumsum(heights)
    return iter(np.split(pixels, edges))


@pytest.mark.parametrize("kind", [NearestMapping, Diffusion])
def test_indices_and_error_do_not_depend_on_the_bands(coffee: UInt8Array, kind: type[Diffusion]) -> None:
    pixels = coffee[:60, :80]
    histogram = Histogram.from_pixels(pixels)
    palette = ic.extract_palette(pixels, 7).colors
    found = []
    for heights in ((), (1, 2, 30), (59,)):
        mapping: Mapping = kind(histogram, nearest_colors(histogram, palette), 2)
        indices = np.concatenate(list(mapping.indices(in_bands(pixels, *heights))))
        error = ((palette[indices].astype(int) - pixels) ** 2).sum()
        assert mapping.squared_error == error
        found.append(indices)
    np.testing.assert_array_equal(found[1], found[0])
    np.testing.assert_array_equal(found[2], found[0])


def test_the_error_of_the_nearest_is_known_beforehand(coffee: UInt8Array) -> None:
    histogram = Histogram.from_pixels(coffee)
    result = ic.quantize(coffee, 20)
    fit = nearest_colors(histogram, result.palette)
    assert NearestMapping(histogram, fit).squared_error / histogram.n_pixels == result.mse
    assert palette_mse(histogram, result.palette) == result.mse


def test_diffusion_keeps_the_mean_that_nearest_colors_lose(coffee: UInt8Array) -> None:
    pixels = np.full((64, 3, 3), 100, np.uint8)
    histogram = Histogram.from_pixels(pixels)
    palette = np.array([[0, 0, 0], [255, 255, 255]], np.uint8)
    mapping = Diffusion(histogram, nearest_colors(histogram, palette), 1)
    (indices,) = mapping.indices([pixels])
    assert abs(palette[indices].mean() - 100) < 3


@pytest.mark.parametrize("n_colors", [256, 257])
def test_indices_have_the_smallest_type(n_colors: int, rng: np.random.Generator) -> None:
    assert index_type(n_colors) is (np.uint8 if n_colors == 256 else np.uint16)
