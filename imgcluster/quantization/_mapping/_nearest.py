"""Each pixel gets the index of its color's nearest palette entry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from imgcluster import kernels
from imgcluster.colors import Histogram, color_table, look_up_colors
from imgcluster.palette import Fit, nearest_colors
from imgcluster.quantization._mapping._mapping import index_type
from imgcluster.types import UInt8Array

_BLOCK = 1 << 16  # colors at a time: their distances fit in the cache


class NearestMapping:
    """The labels of the fit, looked up for each pixel; the error is known from the histogram.

    Parameters
    ----------
    histogram : Histogram
        All colors of the picture, each with its number of pixels.
    fit : Fit
    n_threads : int
    """

    def __init__(self, histogram: Histogram, fit: Fit, n_threads: int = 1) -> None:
        self.squared_error = squared_error(histogram, fit)
        self._table = color_table(histogram, fit.labels, index_type(len(fit.palette)))
        self._n_threads = n_threads

    def indices(self, bands: Iterable[UInt8Array]) -> Iterator[UInt8Array]:
        """Yield the palette indices of each band."""
        for band in bands:
            yield look_up_colors(band, self._table, self._n_threads)


def palette_mse(histogram: Histogram, palette: UInt8Array, n_threads: int = 1) -> float:
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
    return squared_error(histogram, nearest_colors(histogram, palette, n_threads)) / histogram.n_pixels


def squared_error(histogram: Histogram, fit: Fit) -> float:
    """Sum counts times squared distances, exactly, as they are whole numbers."""
    if fit.objective is not None:
        return fit.objective
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
