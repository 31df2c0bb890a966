"""From clusters back to pixels: every pixel gets the index of its color's nearest palette entry."""

from __future__ import annotations

import numpy as np

from imgcluster import kernels
from imgcluster.colors import Histogram
from imgcluster.types import Int32Array, UInt8Array

_BLOCK = 1 << 20  # NumPy makes a copy of keys as 64-bit integers


def map_pixels(
    pixels: UInt8Array, histogram: Histogram, labels: Int32Array, n_colors: int, n_threads: int = 1
) -> UInt8Array:
    """Look up the label of every pixel's color.

    Parameters
    ----------
    pixels : ndarray of shape (H, W, 3), uint8
    histogram : Histogram
        All colors of the pixels, perhaps more.
    labels : ndarray of shape (n,), int
        Palette index of each color of the histogram.
    n_colors : int
        Size of the palette.

    Returns
    -------
    ndarray of shape (H, W), uint8 (uint16 for more than 256 colors)
    """
    table = color_table(histogram, labels, n_colors)
    return kernels.remap_pixels(np.ascontiguousarray(pixels), table, n_threads)


def color_table(histogram: Histogram, labels: Int32Array, n_colors: int) -> UInt8Array:
    """Spread the labels of the histogram's colors over all 24-bit colors, in Morton order: (2**24,), 0 elsewhere.

    A look-up in it is three times as fast as lists by cell, and exact.
    """
    table: UInt8Array = np.zeros(1 << 24, np.uint8 if n_colors <= 256 else np.uint16)
    for start in range(0, len(labels), _BLOCK):
        part = slice(start, start + _BLOCK)
        table[histogram.keys[part]] = labels[part]
    return table
