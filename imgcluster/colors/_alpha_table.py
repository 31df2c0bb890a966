"""From colors back to pixels with alpha: a table of all opaque colors, and a search among the translucent ones."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from imgcluster import kernels
from imgcluster.colors._alpha_histogram import AlphaHistogram, words_of
from imgcluster.colors._color_table import color_table
from imgcluster.types import UInt8Array

Scalar = TypeVar("Scalar", bound=np.generic)


class AlphaTable(Generic[Scalar]):
    """A value for each color of a histogram, to be looked up for pixels.

    Parameters
    ----------
    histogram : AlphaHistogram
    values : ndarray of shape (n,)
        One for each of its colors: opaque, translucent, clear.
    dtype : dtype, optional
        Type that is returned, by default that of the values: uint8 or uint16.
    """

    def __init__(self, histogram: AlphaHistogram, values: NDArray[Any], dtype: DTypeLike | None = None) -> None:
        values = values if dtype is None else values.astype(dtype)
        n_opaque, n_words = len(histogram.opaque), len(histogram.words)
        self._opaque = color_table(histogram.opaque, values[:n_opaque])
        self._words = histogram.words
        self._translucent = values[n_opaque : n_opaque + n_words]
        self._clear = values[-1] if histogram.n_clear else values.dtype.type(0)

    def look_up(self, pixels: UInt8Array, n_threads: int = 1) -> NDArray[Scalar]:
        """Return the value of each of (H, W, 4) pixels, or opaque (H, W, 3), all of them among the colors: (H, W)."""
        if pixels.shape[2] == 3:
            return kernels.remap_pixels(np.ascontiguousarray(pixels), self._opaque, n_threads)
        out = kernels.remap_pixels(np.ascontiguousarray(pixels), self._opaque, n_threads)
        flat, words = out.reshape(-1), words_of(pixels).ravel()
        rest = np.flatnonzero(words < np.uint32(255 << 24))
        words = words[rest]
        shows = words >= np.uint32(1 << 24)
        flat[rest[~shows]] = self._clear
        if len(self._words):
            found = np.searchsorted(self._words, words[shows])
            flat[rest[shows]] = self._translucent[found]
        return out


def map_alpha_pixels(
    pixels: UInt8Array, histogram: AlphaHistogram, values: NDArray[Scalar], n_threads: int = 1
) -> NDArray[Scalar]:
    """Give each pixel the value of its color.

    Parameters
    ----------
    pixels : ndarray of shape (H, W, 4), uint8
    histogram : AlphaHistogram
        All colors of the pixels, perhaps more.
    values : ndarray of shape (n,), uint8 or uint16
        One for each color of the histogram, in the order of its `colors`.
    n_threads : int

    Returns
    -------
    ndarray of shape (H, W)
        Of the values' type.

    Examples
    --------
    >>> import numpy as np
    >>> from imgcluster.colors import AlphaHistogram, map_alpha_pixels
    >>> pixels = np.array([[[9, 0, 0, 255], [9, 0, 0, 128], [7, 0, 0, 0]]], np.uint8)
    >>> map_alpha_pixels(pixels, AlphaHistogram.from_pixels(pixels), np.array([2, 1, 0], np.uint8))
    array([[2, 1, 0]], dtype=uint8)
    """
    return AlphaTable[Scalar](histogram, values).look_up(pixels, n_threads)
