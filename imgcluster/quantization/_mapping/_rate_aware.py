"""Rate-aware mapping: some error is given for indices that deflate packs into fewer bytes.

A pixel need not take its nearest entry: each row takes the indices that cost least, error and size together, so that
more of it repeats what stands before or above. Rows do not pass on their errors, which would draw streaks.

References
----------
Y. Shoham and A. Gersho, "Efficient bit allocation for an arbitrary set of quantizers", IEEE Transactions on Acoustics,
Speech, and Signal Processing 36(9), 1445-1453, 1988. https://doi.org/10.1109/29.90373
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np

from imgcluster import kernels
from imgcluster.colors import AlphaHistogram, ColorSpace, Histogram
from imgcluster.kernels import RateModel, RateState
from imgcluster.palette import Fit
from imgcluster.quantization._mapping._rate_model import ColorIds, SquaredError, distances, free_model, priced_model
from imgcluster.types import Int32Array, UInt8Array

MOST_RATE_AWARE = 256  # colors
_SAMPLE = 1 << 18  # pixels
_STRIP = 16  # rows that are sampled together
_TRIALS = 9
_CLOSE = 0.97  # of the error that may be given


class RateAwareMapping:
    """Each row gets the indices that cost least, error and bits together, at a price of bits that is found on a sample.

    Parameters
    ----------
    histogram : Histogram or AlphaHistogram
        All colors of the picture, each with its number of pixels.
    fit : Fit
        At most 256 colors.
    read : function
        Returns the bands of the picture anew, for the sample.
    lossy : float
        Per cent that the mean distance to the palette's colors may grow: exactly that of pictures of up to 262,144
        pixels, about that of larger ones.
    space : ColorSpace
        Where distances are measured.
    n_threads : int
    """

    def __init__(
        self,
        histogram: Histogram | AlphaHistogram,
        fit: Fit,
        read: Callable[[], Iterable[UInt8Array]],
        *,
        lossy: float,
        space: ColorSpace,
        n_threads: int = 1,
    ) -> None:
        self.palette, self.squared_error = fit.palette, 0.0
        self._ids, self._n_threads = ColorIds(histogram, n_threads), n_threads
        self._model = free_model(histogram, fit, space)
        self._priced, self._error = False, SquaredError(histogram, fit)
        if lossy > 0:
            strips = [self._ids.of(strip) for strip in sampled_strips(read, histogram.n_pixels)]
            self._pay(histogram, strips, lossy / 100)

    def indices(self, bands: Iterable[UInt8Array]) -> Iterator[UInt8Array]:
        """Yield the palette indices of each band; its last row is what the next one looks at."""
        rows, self.squared_error = self.begin(), 0.0
        for band in bands:
            indices = rows(band)
            self.squared_error = self._error.after(self.squared_error, band, self._ids.of(band), indices)
            yield indices

    def begin(self) -> Callable[[UInt8Array], UInt8Array]:
        """Begin a picture; returns what maps its next rows."""
        state = RateState.first(len(self.palette))

        def rows(band: UInt8Array) -> UInt8Array:
            ids = self._ids.of(band)
            if self._priced:
                return kernels.rate_aware_rows(self._model, ids, state, self._n_threads)
            nearest: UInt8Array = self._model.nearest[ids]
            return nearest

        return rows

    def _pay(self, histogram: Histogram | AlphaHistogram, strips: list[Int32Array], share: float) -> None:
        """Find the price at which the mean distance of the sample grows by this share."""
        free, counts = self._model, histogram.counts
        rest = free.points.astype(np.int64) - free.palette[free.nearest]
        squared_error = float(((rest * rest).sum(axis=1) * counts).sum()) / histogram.n_pixels

        def growth(price: float) -> float:
            model = priced_model(free, counts, strips[0].shape[1], price, squared_error)
            before, after = _sampled_distances(model, strips, self._n_threads)
            return after / before - 1

        if not any(distances(free, ids, free.nearest[ids]).any() for ids in strips):
            return
        price = _highest_price(growth, share, start=3 * share * squared_error)
        self._priced = price > 0
        self._model = priced_model(free, counts, strips[0].shape[1], price, squared_error)


class _Strip(NamedTuple):
    start: int
    end: int


def sampled_strips(read: Callable[[], Iterable[UInt8Array]], n_pixels: int) -> list[UInt8Array]:
    """Return strips of rows, evenly spread, that do not depend on the bands; all of a small picture."""
    bands = iter(read())
    first = next(bands)
    width = first.shape[1]
    height = n_pixels // width
    strips, rows, row = _places(height, width), dict[int, list[UInt8Array]](), 0
    for band in _chained(first, bands):
        for i, strip in enumerate(strips):
            part = band[max(strip.start - row, 0) : max(strip.end - row, 0)]
            if len(part):
                rows.setdefault(i, []).append(part.copy())
        row += len(band)
    return [np.concatenate(parts) for parts in rows.values()]


def _chained(first: UInt8Array, rest: Iterable[UInt8Array]) -> Iterator[UInt8Array]:
    yield first
    yield from rest


def _places(height: int, width: int) -> list[_Strip]:
    """Return where the strips are."""
    if height * width <= _SAMPLE:
        return [_Strip(0, height)]
    n = max(1, _SAMPLE // (_STRIP * width))
    starts = [(height - _STRIP) * (2 * i + 1) // (2 * n) for i in range(n)]
    return [_Strip(max(start, 0), min(start + _STRIP, height)) for start in starts]


def _sampled_distances(model: RateModel, strips: list[Int32Array], n_threads: int) -> tuple[int, int]:
    """Return the summed distances of the nearest entries, and of those that are mapped to.

    The first row of a strip has none above it, so it does not count if there are more.
    """
    before = after = 0
    for ids in strips:
        indices = kernels.rate_aware_rows(model, ids, RateState.first(len(model.palette)), n_threads)
        counted = slice(int(len(strips) > 1), None)
        before += int(distances(model, ids[counted], model.nearest[ids[counted]]).sum())
        after += int(distances(model, ids[counted], indices[counted]).sum())
    return before, after


def _highest_price(growth: Callable[[float], float], share: float, start: float) -> float:
    """Return the highest price tried, of a few, at which the error grows by at most this share."""
    low, high, price = 0.0, np.inf, start
    for _ in range(_TRIALS):
        grown = growth(price)
        if grown <= share:
            low = price
            if grown >= _CLOSE * share:
                break
        else:
            high = price
        # nearly a straight line through 0; at most 8 times more, as nothing may be gained any longer
        price *= min((1 + _CLOSE) / 2 * share / grown, 8.0) if grown > 0 else 8.0
        if not low < price < high:
            price = (low + min(high, 8 * low)) / 2 if low else high / 4
    return low
