"""The distinct colours of an image and their counts: exact, all 24 bits, and histograms add up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from imgcluster import kernels
from imgcluster.types import Int64Array, UInt8Array, UInt32Array


@dataclass(frozen=True, eq=False)
class Histogram:
    """Distinct colours with their counts, in Morton order (the bits of red, green and blue interleaved).

    In this order colours that stand together are alike: those that share the upper b bits of each channel are
    neighbours, for every b.

    Parameters
    ----------
    keys : ndarray of shape (n,), uint32
        Morton keys of the colours, ascending and distinct.
    counts : ndarray of shape (n,), int64
        Number of pixels of each colour, positive.

    Examples
    --------
    >>> import numpy as np
    >>> from imgcluster import Histogram
    >>> pixels = np.array([[[255, 0, 0], [0, 0, 255], [255, 0, 0]]], dtype=np.uint8)
    >>> histogram = Histogram.from_pixels(pixels)
    >>> histogram.colors.tolist(), histogram.counts.tolist()
    ([[0, 0, 255], [255, 0, 0]], [1, 2])
    >>> (histogram + histogram).counts.tolist()
    [2, 4]
    """

    keys: UInt32Array
    counts: Int64Array

    @classmethod
    def from_pixels(cls, pixels: UInt8Array, n_threads: int = 1) -> Self:
        """Count the colours of an image.

        Parameters
        ----------
        pixels : ndarray of shape (..., 3), uint8
        n_threads : int
            Threads for large images.

        Raises
        ------
        TypeError
            If the pixels are not uint8.
        ValueError
            If the last axis is not of length 3.
        """
        if pixels.dtype != np.uint8:
            raise TypeError(f"pixels must be uint8, got {pixels.dtype}; scale them to 0..255 first")
        if pixels.shape[-1:] != (3,):
            raise ValueError(f"pixels must have shape (..., 3), got {pixels.shape}")
        return cls(*kernels.count_colors(np.ascontiguousarray(pixels).reshape(-1, 3), n_threads))

    def __add__(self, other: Histogram) -> Histogram:
        """Merge two histograms, as if their pixels had been one image."""
        if not isinstance(other, Histogram):
            return NotImplemented
        keys, where = np.unique(np.concatenate([self.keys, other.keys]), return_inverse=True)
        counts = np.zeros(len(keys), np.int64)
        np.add.at(counts, where, np.concatenate([self.counts, other.counts]))
        return Histogram(keys, counts)

    def __len__(self) -> int:
        return len(self.keys)

    @cached_property
    def colors(self) -> UInt8Array:
        """The colours: (n, 3), uint8."""
        return kernels.colors_from_keys(self.keys)

    @property
    def n_pixels(self) -> int:
        """Number of pixels counted."""
        return int(self.counts.sum())
