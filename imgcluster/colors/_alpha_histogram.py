"""The distinct colors of a picture with alpha and their counts: opaque, translucent and clear ones apart."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from imgcluster.colors._histogram import Histogram
from imgcluster.colors._packed_counts import pack_counts, unpack_counts
from imgcluster.types import Int64Array, UInt8Array, UInt32Array

_N_WORDS = 1 << 32
_HEADER = struct.Struct("<4s2Q")  # magic, clear pixels, bytes of the opaque colors
_MAGIC = b"ICA\x01"  # the last byte is the version
_MOST_WAITING = 1 << 22  # words of histograms that wait to be merged: 48 MB


@dataclass(frozen=True, eq=False)
class AlphaHistogram:
    """Distinct colors of RGBA pixels with their counts.

    Opaque colors make up a histogram without alpha, fully clear pixels are one color whatever lies under them.

    Parameters
    ----------
    opaque : Histogram
        The colors of alpha 255.
    words : ndarray of shape (n,), uint32
        The translucent colors, as 256**3 alpha + 256**2 blue + 256 green + red; ascending and distinct.
    word_counts : ndarray of shape (n,), int64
        Number of pixels of each translucent color, positive.
    n_clear : int
        Number of pixels of alpha 0.

    Examples
    --------
    >>> import numpy as np
    >>> from imgcluster.colors import AlphaHistogram
    >>> pixels = np.array([[9, 0, 0, 255], [9, 0, 0, 128], [9, 0, 0, 0], [7, 0, 0, 0]], dtype=np.uint8)
    >>> histogram = AlphaHistogram.from_pixels(pixels)
    >>> histogram.colors.tolist(), histogram.counts.tolist()
    ([[9, 0, 0, 255], [9, 0, 0, 128], [0, 0, 0, 0]], [1, 1, 2])
    """

    opaque: Histogram
    words: UInt32Array
    word_counts: Int64Array
    n_clear: int

    @classmethod
    def from_pixels(cls, pixels: UInt8Array, n_threads: int = 1) -> Self:
        """Count the colors of an image.

        Parameters
        ----------
        pixels : ndarray of shape (..., 4), uint8
            Red, green, blue and straight alpha.
        n_threads : int
            Threads for large images.

        Raises
        ------
        TypeError
            If the pixels are not uint8.
        ValueError
            If the last axis is not of length 4.
        """
        if pixels.dtype != np.uint8:
            raise TypeError(f"pixels must be uint8, got {pixels.dtype}; scale them to 0..255 first")
        if pixels.shape[-1:] != (4,):
            raise ValueError(f"pixels must have shape (..., 4), got {pixels.shape}")
        words = words_of(pixels).ravel()
        alpha = words >> np.uint32(24)
        solid, clear = alpha == 255, alpha == 0
        found, counts = np.unique(words[~(solid | clear)], return_counts=True)
        opaque = words[solid].astype("<u4", copy=False).view(np.uint8).reshape(-1, 4)
        return cls(Histogram.from_rows(opaque, n_threads), found, counts.astype(np.int64), int(np.count_nonzero(clear)))

    @classmethod
    def of(cls, histogram: Histogram | AlphaHistogram) -> AlphaHistogram:
        """Return a histogram as one with alpha.

        Parameters
        ----------
        histogram : Histogram or AlphaHistogram
            Without alpha all colors are opaque.

        Returns
        -------
        AlphaHistogram
        """
        if isinstance(histogram, AlphaHistogram):
            return histogram
        return cls(histogram, np.empty(0, np.uint32), np.empty(0, np.int64), 0)

    @classmethod
    def merge(cls, histograms: Iterable[AlphaHistogram]) -> Self:
        """Add up any number of histograms, as if all their pixels had been one image.

        Parameters
        ----------
        histograms : iterable of AlphaHistogram
            Taken one by one, so that a generator needs to hold only one at a time. Their order does not matter.

        Returns
        -------
        AlphaHistogram
            Empty if there are no histograms.
        """
        n_clear = 0
        waiting: list[tuple[UInt32Array, Int64Array]] = []

        def opaque_ones() -> Iterator[Histogram]:
            nonlocal n_clear
            for histogram in histograms:
                n_clear += histogram.n_clear
                waiting.append((histogram.words, histogram.word_counts))
                if len(waiting) > 1 and sum(len(words) for words, _ in waiting[1:]) > _MOST_WAITING:
                    waiting[:] = [_sum_up(waiting)]
                yield histogram.opaque

        opaque = Histogram.merge(opaque_ones())
        return cls(opaque, *_sum_up(waiting), n_clear)

    def to_bytes(self) -> bytes:
        """Pack the histogram, exactly.

        Returns
        -------
        bytes
            For `from_bytes`, on any machine.
        """
        opaque = self.opaque.to_bytes()
        return _HEADER.pack(_MAGIC, self.n_clear, len(opaque)) + opaque + pack_counts(self.words, self.word_counts)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Unpack what `to_bytes` made.

        Parameters
        ----------
        data : bytes

        Raises
        ------
        ValueError
            If the bytes are not a histogram with alpha, are from another version, or are damaged.
        """
        if len(data) < _HEADER.size or not data.startswith(_MAGIC):
            raise ValueError("the bytes are not a histogram with alpha of this version; count the picture again")
        _, n_clear, n_opaque = _HEADER.unpack_from(data)
        middle = _HEADER.size + n_opaque
        words, counts = unpack_counts(data[middle:], _N_WORDS)
        alpha = words >> np.uint32(24)
        if ((alpha == 0) | (alpha == 255)).any():
            raise ValueError("the bytes of the histogram are damaged; count the picture again")
        return cls(Histogram.from_bytes(data[_HEADER.size : middle]), words, counts, n_clear)

    def __add__(self, other: AlphaHistogram) -> AlphaHistogram:
        """Merge two histograms, as if their pixels had been one image."""
        if not isinstance(other, AlphaHistogram):
            return NotImplemented
        pair = [(self.words, self.word_counts), (other.words, other.word_counts)]
        return AlphaHistogram(self.opaque + other.opaque, *_sum_up(pair), self.n_clear + other.n_clear)

    def __len__(self) -> int:
        return len(self.opaque) + len(self.words) + (self.n_clear > 0)

    def __reduce__(self) -> tuple[Callable[[bytes], AlphaHistogram], tuple[bytes]]:
        """Pickle the packed bytes."""
        return type(self).from_bytes, (self.to_bytes(),)

    @property
    def is_opaque(self) -> bool:
        """Whether there is neither a translucent nor a clear pixel."""
        return not len(self.words) and not self.n_clear

    @cached_property
    def translucent(self) -> UInt8Array:
        """The translucent colors in the order of their words: (n, 4), uint8."""
        return self.words.astype("<u4").view(np.uint8).reshape(-1, 4)

    @property
    def translucent_counts(self) -> Int64Array:
        """Number of pixels of each translucent color: (n,)."""
        return self.word_counts

    @property
    def colors(self) -> UInt8Array:
        """All colors, (n, 4), uint8: opaque ones in Morton order, translucent ones by their words, then clear."""
        opaque = np.column_stack([self.opaque.colors, np.full(len(self.opaque), 255, np.uint8)])
        return np.concatenate([opaque, self.translucent, np.zeros((int(self.n_clear > 0), 4), np.uint8)])

    @property
    def counts(self) -> Int64Array:
        """Number of pixels of each of the colors: (n,), int64."""
        clear = np.array([self.n_clear] if self.n_clear else [], np.int64)
        return np.concatenate([self.opaque.counts, self.word_counts, clear])

    @property
    def n_pixels(self) -> int:
        """Number of pixels counted."""
        return self.opaque.n_pixels + int(self.word_counts.sum()) + self.n_clear


def words_of(pixels: UInt8Array) -> UInt32Array:
    """Return RGBA pixels (..., 4) as whole numbers (...), alpha in the highest byte."""
    words: NDArray[np.uint32] = np.ascontiguousarray(pixels).view("<u4")[..., 0]
    return words.astype(np.uint32, copy=False)


def _sum_up(parts: list[tuple[UInt32Array, Int64Array]]) -> tuple[UInt32Array, Int64Array]:
    """Add up the counts of equal words."""
    if not parts:
        return np.empty(0, np.uint32), np.empty(0, np.int64)
    words, where = np.unique(np.concatenate([part[0] for part in parts]), return_inverse=True)
    counts = np.zeros(len(words), np.int64)
    np.add.at(counts, where, np.concatenate([part[1] for part in parts]))
    return words, counts
