"""Each pixel gets the index of its color's nearest palette entry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from imgcluster import kernels
from imgcluster.colors import RGB, AlphaHistogram, AlphaTable, Histogram, alpha_space, color_table, look_up_colors
from imgcluster.palette import Fit, nearest_alpha_colors, nearest_colors, rgba_of
from imgcluster.quantization._mapping._mapping import index_type
from imgcluster.types import UInt8Array

_BLOCK = 1 << 16  # colors at a time: their distances fit in the cache


class NearestMapping:
    """The labels of the fit, looked up for each pixel; the error is known from the histogram.

    Parameters
    ----------
    histogram : Histogram or AlphaHistogram
        All colors of the picture, each with its number of pixels.
    fit : Fit
    n_threads : int
    """

    def __init__(self, histogram: Histogram | AlphaHistogram, fit: Fit, n_threads: int = 1) -> None:
        self.palette = fit.palette
        self.squared_error = squared_error(histogram, fit)
        self._look_up = _lookup(histogram, fit, n_threads)

    def indices(self, bands: Iterable[UInt8Array]) -> Iterator[UInt8Array]:
        """Yield the palette indices of each band."""
        for band in bands:
            yield self._look_up(band)


def _lookup(histogram: Histogram | AlphaHistogram, fit: Fit, n_threads: int) -> Callable[[UInt8Array], UInt8Array]:
    """Return what finds the indices of pixels."""
    kind = index_type(len(fit.palette))
    if isinstance(histogram, AlphaHistogram):
        values: AlphaTable[np.uint8] = AlphaTable(histogram, fit.labels, kind)
        return lambda band: values.look_up(band, n_threads)
    table = color_table(histogram, fit.labels, kind)
    return lambda band: look_up_colors(band, table, n_threads)


def palette_mse(histogram: Histogram | AlphaHistogram, palette: UInt8Array, n_threads: int = 1) -> float:
    """Return the mean squared RGB distance of the colors of a histogram to the nearest of a palette.

    Parameters
    ----------
    histogram : Histogram
    palette : ndarray of shape (k, 3), uint8
    n_threads : int

    Returns
    -------
    float
        Summed over the channels, averaged over the pixels: what `apply_palette` reports for a picture of these colors.
    """
    if isinstance(histogram, AlphaHistogram):
        return squared_error(histogram, nearest_alpha_colors(histogram, palette, n_threads)) / histogram.n_pixels
    return squared_error(histogram, nearest_colors(histogram, palette, n_threads)) / histogram.n_pixels


def mean_squared_error(histogram: Histogram | AlphaHistogram, fit: Fit) -> float:
    """Return the mean over pixels of the squared distance of the nearest colors, summed over the channels."""
    return squared_error(histogram, fit) / histogram.n_pixels


def squared_error(histogram: Histogram | AlphaHistogram, fit: Fit) -> float:
    """Sum counts times squared distances, exactly for opaque colors, as they are whole numbers."""
    if fit.objective is not None:
        return fit.objective
    if isinstance(histogram, AlphaHistogram):
        return _over_backgrounds(histogram, fit)
    total = 0.0
    palette = fit.palette.astype(np.int32)
    for start in range(0, len(histogram), _BLOCK):
        part = slice(start, start + _BLOCK)
        colors = kernels.colors_from_keys(histogram.keys[part])
        distances = np.zeros(len(fit.labels[part]), np.int32)
        for channel in range(3):
            difference = palette[:, channel].take(fit.labels[part])
            difference -= colors[:, channel]
            difference *= difference
            distances += difference
        # not np.dot: BLAS would start its threads for it
        total += float((distances * histogram.counts[part].astype(np.float64)).sum())
    return total


def _over_backgrounds(histogram: AlphaHistogram, fit: Fit) -> float:
    """Sum counts times squared distances, each the mean over black, white, gray, and magenta or green backgrounds."""
    encode = alpha_space(RGB).encode
    colors, entries = encode(histogram.colors).astype(np.float64), encode(rgba_of(fit.palette)).astype(np.float64)
    distances = ((colors - entries[fit.labels]) ** 2).sum(axis=1)
    return float((distances * histogram.counts).sum())
