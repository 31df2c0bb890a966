"""Dithering by thresholds that depend on the place alone: what stands still does not flicker, and threads share it.

Each pixel has a short list of entries whose mean comes close to its color; the threshold of its place picks one. That
suits any palette, such as the inks of a display.

References
----------
J. Yliluoma, "Joel Yliluoma's arbitrary-palette positional dithering algorithm", 2011,
https://bisqwit.iki.fi/story/howto/dither/jy/, with Thomas Knoll's way to find the entries.
B. E. Bayer, "An optimum method for two-level rendition of continuous-tone pictures", IEEE International Conference on
Communications, 1973.
R. A. Ulichney, "The void-and-cluster method for dither array generation", Proceedings of SPIE 1913, 332-343, 1993,
doi:10.1117/12.152707.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from imgcluster import kernels
from imgcluster.colors import dither_palette
from imgcluster.quantization._mapping._diffusion import clear_entry
from imgcluster.quantization._mapping._mapping import Rows, Taking, index_type
from imgcluster.types import Int64Array, UInt8Array, UInt16Array

_SIDE = 64  # of the blue-noise tile
_SIGMA = 1.5  # pixels, as Ulichney has it
_MIXED = ((32, 16), (64, 8))  # up to so many colors, so many are mixed: few stand far apart


class Ordered:
    """Dithering by a tile of thresholds, in linear light.

    Parameters
    ----------
    palette : ndarray of shape (k, 3) or (k, 4), uint8
    tile : ndarray of shape (n, n), uint16
        Thresholds, 0..65535.
    strength : float
        How much of what the nearest entry lacks the others make up for, 0..1.
    n_threads : int
    """

    def __init__(self, palette: UInt8Array, tile: UInt16Array, strength: float = 1.0, n_threads: int = 1) -> None:
        self._palette, self._clear, self._tile = dither_palette(palette), clear_entry(palette), tile
        self._strength, self._n_threads, self._indices = strength, n_threads, index_type(len(palette))
        self._n_mixed = next((mixed for most, mixed in _MIXED if len(palette) <= most), 4)

    def begin(self) -> Rows:
        """Begin a picture; returns what dithers its next rows, of which all pixels take part."""
        first_row = 0

        def rows(band: UInt8Array, taking: Taking | None) -> UInt8Array:
            nonlocal first_row
            indices: UInt8Array = np.empty(band.shape[:2], self._indices)
            kernels.order_rows(
                self._palette,
                np.ascontiguousarray(band),
                self._tile,
                indices,
                first_row=first_row % len(self._tile),
                n_mixed=self._n_mixed,
                strength=self._strength,
                clear=self._clear,
                n_threads=self._n_threads,
            )
            first_row += len(band)
            return indices

        return rows


@cache
def bayer_tile() -> UInt16Array:
    """Return Bayer's 8 x 8 thresholds."""
    ranks = np.zeros((1, 1), np.int64)
    for _ in range(3):
        ranks = np.block([[4 * ranks, 4 * ranks + 2], [4 * ranks + 3, 4 * ranks + 1]])
    return _thresholds(ranks)


@cache
def blue_noise_tile() -> UInt16Array:
    """Return 64 x 64 thresholds without low frequencies, by voids and clusters."""
    return _thresholds(_void_and_cluster(_SIDE))


def _thresholds(ranks: Int64Array) -> UInt16Array:
    """Spread ranks over 0..65535."""
    return (ranks * (1 << 16) // ranks.size).astype(np.uint16)


def _void_and_cluster(side: int) -> Int64Array:
    """Rank the places of a tile so that each first n of them are spread evenly, across its edges, too."""
    distance = np.minimum(np.arange(side), side - np.arange(side))
    near = np.exp(-(distance[:, None] ** 2 + distance**2) / (2 * _SIGMA**2))
    # whole numbers: sums are exact, so that ties are the same everywhere
    energy = _Energy(np.rint(near * 2**32).astype(np.int64))
    _spread(energy, side * side // 10)
    ranks = np.zeros(side * side, np.int64)
    start = np.flatnonzero(energy.on)
    first = energy.copy()
    for rank in reversed(range(len(start))):
        place = first.tightest()
        first.switch(place)
        ranks[place] = rank
    for rank in range(len(start), side * side):
        place = energy.largest_void()
        energy.switch(place)
        ranks[place] = rank
    return ranks.reshape(side, side)


def _spread(energy: _Energy, n: int) -> None:
    """Begin with n places, and move the tightest into the largest void until it is one itself."""
    for i in range(n):
        # a low-discrepancy walk: needs no generator of random numbers
        energy.switch(
            int(i * 0.7548776662466927 % 1 * energy.side) * energy.side + int(i * 0.5698402909980532 % 1 * energy.side)
        )
    while True:
        place = energy.tightest()
        energy.switch(place)
        void = energy.largest_void()
        energy.switch(void)
        if void == place:
            return


class _Energy:
    """Places that are on, and how crowded each place is by them."""

    def __init__(self, near: Int64Array) -> None:
        self.side, self._near = len(near), np.tile(near, (2, 2))
        self.on = np.zeros(near.size, np.bool_)
        self._crowd = np.zeros_like(near)

    def copy(self) -> _Energy:
        """Return another one with the same places."""
        other = _Energy(self._near[: self.side, : self.side])
        other.on, other._crowd = self.on.copy(), self._crowd.copy()
        return other

    def switch(self, place: int) -> None:
        """Turn a place on, or off."""
        row, column = divmod(place, self.side)
        top, left = self.side - row, self.side - column
        near = self._near[top : top + self.side, left : left + self.side]
        self._crowd += -near if self.on[place] else near
        self.on[place] = not self.on[place]

    def tightest(self) -> int:
        """Return the most crowded place that is on."""
        return int(np.where(self.on, self._crowd.reshape(-1), -1).argmax())

    def largest_void(self) -> int:
        """Return the least crowded place that is off."""
        return int(np.where(self.on, np.int64(1 << 62), self._crowd.reshape(-1)).argmin())
