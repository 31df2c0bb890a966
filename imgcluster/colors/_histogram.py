"""The distinct colors of an image and their counts: exact, with all 24 bits, and histograms can be added."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from imgcluster import kernels
from imgcluster.colors._packed_counts import pack_counts, unpack_counts
from imgcluster.types import Int64Array, UInt8Array, UInt32Array

_N_KEYS = 1 << 24
_BLOCK = 1 << 20


@dataclass(frozen=True, eq=False)
class Histogram:
    """Distinct colors with their counts, in Morton order (the bits of red, green and blue interleaved).

    In this order adjacent colors are similar: those that share the upper b bits of each channel are
    neighbors, for every b.

    Parameters
    ----------
    keys : ndarray of shape (n,), uint32
        Morton keys of the colors, ascending and distinct.
    counts : ndarray of shape (n,), int64
        Number of pixels of each color, positive.

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
        """Count the colors of an image.

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
        return cls.from_rows(np.ascontiguousarray(pixels).reshape(-1, 3), n_threads)

    @classmethod
    def from_rows(cls, rows: UInt8Array, n_threads: int = 1) -> Self:
        """Count the first three channels of contiguous rows (n, channels), uint8, unchecked."""
        return cls(*kernels.count_colors(rows, n_threads))

    @classmethod
    def merge(cls, histograms: Iterable[Histogram]) -> Self:
        """Add up any number of histograms, as if all their pixels had been one image.

        Parameters
        ----------
        histograms : iterable of Histogram
            Taken one by one, so that a generator needs to hold only one at a time. Their order does not matter.

        Returns
        -------
        Histogram
            Empty if there are no histograms.

        Notes
        -----
        The sum is kept in a table of 128 MB, however many histograms there are.

        Examples
        --------
        >>> import numpy as np
        >>> from imgcluster import Histogram
        >>> red, blue = np.array([[255, 0, 0]], np.uint8), np.array([[0, 0, 255]], np.uint8)
        >>> Histogram.merge(Histogram.from_pixels(pixels) for pixels in (red, blue, red)).counts.tolist()
        [1, 2]
        """
        table = np.zeros(_N_KEYS, np.int64)
        for histogram in histograms:
            table[histogram.keys] += histogram.counts  # keys are distinct
        return cls(*_filled(table))

    def to_bytes(self) -> bytes:
        """Pack the histogram, exactly, into about 1.2 bytes a color.

        Returns
        -------
        bytes
            For `from_bytes`, on any machine: gaps between keys, and counts, one byte each if they fit, deflated.

        Examples
        --------
        >>> import numpy as np
        >>> from imgcluster import Histogram
        >>> data = Histogram.from_pixels(np.array([[7, 8, 9], [7, 8, 9]], np.uint8)).to_bytes()
        >>> Histogram.from_bytes(data).colors.tolist()
        [[7, 8, 9]]
        """
        return pack_counts(self.keys, self.counts)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Unpack what `to_bytes` made.

        Parameters
        ----------
        data : bytes

        Raises
        ------
        ValueError
            If the bytes are not a histogram, are from another version, or are damaged.

        Examples
        --------
        >>> from imgcluster import Histogram
        >>> Histogram.from_bytes(b"GIF89a")
        Traceback (most recent call last):
        ValueError: the bytes are not a histogram of this version; count the picture again
        """
        return cls(*unpack_counts(data, _N_KEYS))

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

    def __reduce__(self) -> tuple[Callable[[bytes], Histogram], tuple[bytes]]:
        """Pickle the packed bytes: a seventh of the size of the arrays."""
        return type(self).from_bytes, (self.to_bytes(),)

    @cached_property
    def colors(self) -> UInt8Array:
        """The colors: (n, 3), uint8."""
        return kernels.colors_from_keys(self.keys)

    @property
    def n_pixels(self) -> int:
        """Number of pixels counted."""
        return int(self.counts.sum())


def _filled(table: Int64Array) -> tuple[UInt32Array, Int64Array]:
    """Take keys and counts out of a table of all colors."""
    n = int(np.count_nonzero(table))
    keys, counts = np.empty(n, np.uint32), np.empty(n, np.int64)
    end = 0
    # block by block: NumPy's indices of all keys at once may take as much memory as the table
    for start in range(0, _N_KEYS, _BLOCK):
        block = table[start : start + _BLOCK]
        found = np.flatnonzero(block)
        begin, end = end, end + len(found)
        keys[begin:end], counts[begin:end] = found + start, block[found]
    return keys, counts
