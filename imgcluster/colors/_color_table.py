"""From colors back to pixels: values of the distinct colors, looked up in a table of all 24-bit colors."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from imgcluster import kernels
from imgcluster.colors._histogram import Histogram
from imgcluster.types import UInt8Array

_N_COLORS = 1 << 24
_BLOCK = 1 << 20  # NumPy makes a copy of keys as 64-bit integers
_IN_KERNEL = (np.uint8, np.uint16)

Scalar = TypeVar("Scalar", bound=np.generic)


def color_table(histogram: Histogram, values: NDArray[Any], dtype: DTypeLike | None = None) -> NDArray[Any]:
    """Spread a value for each color of the histogram over all 24-bit colors, in Morton order.

    A lookup in the table is three times as fast as lists by cell, and exact.

    Parameters
    ----------
    histogram : Histogram
    values : ndarray of shape (n,)
        One for each color of the histogram.
    dtype : dtype, optional
        Type of the table, by default that of the values.

    Returns
    -------
    ndarray of shape (2**24,)
        With 0 for all other colors.
    """
    table: NDArray[Any] = np.zeros(_N_COLORS, values.dtype if dtype is None else dtype)
    for start in range(0, len(values), _BLOCK):
        part = slice(start, start + _BLOCK)
        table[histogram.keys[part]] = values[part]
    return table


def look_up_colors(pixels: UInt8Array, table: NDArray[Scalar], n_threads: int = 1) -> NDArray[Scalar]:
    """Look up each pixel in a table that `color_table` made.

    Parameters
    ----------
    pixels : ndarray of shape (H, W, 3), uint8
    table : ndarray of shape (2**24,)
    n_threads : int
        Used for tables of uint8 and uint16.

    Returns
    -------
    ndarray of shape (H, W)
        Of the table's type.
    """
    pixels = np.ascontiguousarray(pixels)
    if table.dtype in _IN_KERNEL:
        return kernels.remap_pixels(pixels, table, n_threads)
    return np.stack([table[kernels.keys_from_colors(row)] for row in pixels])


def map_colors(
    pixels: UInt8Array, histogram: Histogram, values: NDArray[Scalar], n_threads: int = 1
) -> NDArray[Scalar]:
    """Give each pixel the value of its color.

    Parameters
    ----------
    pixels : ndarray of shape (H, W, 3), uint8
    histogram : Histogram
        All colors of the pixels, perhaps more.
    values : ndarray of shape (n,)
        One for each color of the histogram.
    n_threads : int
        Used for values of uint8 and uint16.

    Returns
    -------
    ndarray of shape (H, W)
        Of the values' type.

    Examples
    --------
    >>> import numpy as np
    >>> from imgcluster.colors import Histogram, map_colors
    >>> pixels = np.array([[[255, 0, 0], [0, 0, 255], [255, 0, 0]]], np.uint8)
    >>> map_colors(pixels, Histogram.from_pixels(pixels), np.array([0.25, 0.5]))
    array([[0.5 , 0.25, 0.5 ]])
    """
    return look_up_colors(pixels, color_table(histogram, values), n_threads)
