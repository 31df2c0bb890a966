"""What pixels and indices cost: distances in a color space, and bits of deflate as they are on average.

References
----------
P. Deutsch, "DEFLATE compressed data format specification", RFC 1951, 1996.
"""

from __future__ import annotations

import numpy as np

from imgcluster.colors import (
    RGB,
    AlphaHistogram,
    AlphaTable,
    ColorSpace,
    Histogram,
    alpha_space,
    color_table,
    look_up_colors,
)
from imgcluster.kernels import RATE_AWARE_LONGEST, RATE_AWARE_USE, RateModel
from imgcluster.palette import Fit, rgba_of
from imgcluster.quantization._mapping._mapping import squared_difference
from imgcluster.types import Float64Array, Int16Array, Int32Array, Int64Array, UInt8Array

_UNITS = 16  # of a coordinate: color spaces have sixteenths
_NEIGHBORS = 8  # entries that a literal may be; 16 save .02 % of the bytes
_OPAQUE, _TRANSLUCENT, _CLEAR = 1, 2, 4
_ANY = 7

# sixteenths of a bit; the bytes hardly depend on them
_MOST_COST = 1 << 40  # of the kernel
_BIT = 16
_PRIOR = 2  # rows whose literals the histogram stands for
_SHORT = (40, 48, 54, 61, 67, 72, 77, 80)  # lengths 3 to 10
_RUN, _ABOVE, _BESIDE = 32, 32, 48  # distances, without their extra bits

_FARTHEST = 16  # times the mean squared error: no pixel goes farther for the sake of bytes
_AS_GOOD = 4  # times the mean squared error: the entry above would do


class ColorIds:
    """Numbers of colors in their histogram, looked up for pixels: by two tables, as kernels have 16 bits."""

    def __init__(self, histogram: Histogram | AlphaHistogram, n_threads: int) -> None:
        numbers, self._n_threads = np.arange(len(histogram), dtype=np.uint32), n_threads
        halves = [numbers & np.uint32(0xFFFF), numbers >> np.uint32(16)][: 1 + (len(histogram) > 1 << 16)]
        self._tables = [_table(histogram, half.astype(np.uint16)) for half in halves]

    def of(self, band: UInt8Array) -> Int32Array:
        """Return the numbers of pixels (h, W, 3) or (h, W, 4): (h, W)."""
        low, *high = (
            table.look_up(band, self._n_threads)
            if isinstance(table, AlphaTable)
            else look_up_colors(band, table, self._n_threads)
            for table in self._tables
        )
        ids: Int32Array = low.astype(np.int32)
        return ids | (high[0].astype(np.int32) << 16) if high else ids


def _table(histogram: Histogram | AlphaHistogram, values: Int16Array) -> AlphaTable[np.uint16] | Int16Array:
    if isinstance(histogram, AlphaHistogram):
        return AlphaTable[np.uint16](histogram, values)
    return color_table(histogram, values)


class SquaredError:
    """The squared distances of pixels to their entries, with alpha over backgrounds, added up row by row."""

    def __init__(self, histogram: Histogram | AlphaHistogram, fit: Fit) -> None:
        self._palette, self._points = fit.palette, None
        if isinstance(histogram, AlphaHistogram):
            encode = alpha_space(RGB).encode
            self._points = encode(histogram.colors).astype(np.float64)
            self._entries = encode(rgba_of(fit.palette)).astype(np.float64)

    def after(self, total: float, band: UInt8Array, ids: Int32Array, indices: UInt8Array) -> float:
        """Add the errors of a band to a total."""
        if self._points is None:
            return total + squared_difference(self._palette, indices, band)
        for numbers, chosen in zip(ids, indices, strict=True):
            total += float(((self._points[numbers] - self._entries[chosen]) ** 2).sum())
        return total


def free_model(histogram: Histogram | AlphaHistogram, fit: Fit, space: ColorSpace) -> RateModel:
    """Return a model in which indices cost nothing."""
    points, palette = _coordinates(histogram, fit, space)
    kinds, allowed = _kinds(histogram, fit)
    between = ((palette[:, None].astype(np.int64) - palette) ** 2).sum(axis=2)
    np.fill_diagonal(between, -1)
    neighbors = between.argsort(axis=1, kind="stable")[:, :_NEIGHBORS].astype(np.uint8)
    nothing = np.zeros(RATE_AWARE_LONGEST + 1, np.int64)
    return RateModel(
        points,
        fit.labels.astype(np.uint8),
        allowed,
        palette,
        kinds,
        np.ascontiguousarray(neighbors),
        nothing[: len(palette)] + 1,
        nothing,
        nothing[:6],
        0,
        0,
        0,
        0,
    )


def priced_model(free: RateModel, counts: Int64Array, width: int, price: float, squared_error: float) -> RateModel:
    """Return the model in which a bit costs `price` units of squared distance; the mean of the nearest is given."""
    uses = np.zeros(len(free.palette), np.int64)
    np.add.at(uses, free.nearest, counts)
    total, rows = int(counts.sum()), _PRIOR * RATE_AWARE_USE * width
    extra = _BIT * max(width.bit_length() - 2, 0)  # of the distance to the row above: its pixels and the filter's byte
    distances = [_RUN, _ABOVE + extra] + 4 * [_BESIDE + extra]
    longer = [_SHORT[-1] + (n**24).bit_length() - (10**24).bit_length() for n in range(11, RATE_AWARE_LONGEST + 1)]

    def cost(sixteenths: list[int]) -> Int64Array:
        return np.floor(np.minimum(np.array(sixteenths, np.float64) * (price / _BIT), _MOST_COST)).astype(np.int64)

    return free._replace(
        prior=np.array([1 + rows * int(n) // total for n in uses], np.int64),
        length_costs=cost([0, 0, 0, *_SHORT, *longer]),
        distance_costs=cost(distances),
        literal_price=int(min(price * RATE_AWARE_USE / _BIT, _MOST_COST)),
        limit=int(min(_FARTHEST * squared_error, _MOST_COST)),
        change_cost=int(min(price, _MOST_COST)),
        change_limit=int(min(_AS_GOOD * squared_error, _MOST_COST)),
    )


def distances(model: RateModel, ids: Int32Array, indices: UInt8Array) -> Int64Array:
    """Return how far pixels are from their entries, in 1/256 units: whole numbers, whose sums are exact."""
    differences = model.points[ids].astype(np.int64) - model.palette[indices]
    roots: Float64Array = np.sqrt((differences * differences).sum(axis=-1).astype(np.float64))
    return np.rint(roots * 256).astype(np.int64)


def _coordinates(histogram: Histogram | AlphaHistogram, fit: Fit, space: ColorSpace) -> tuple[Int16Array, Int16Array]:
    """Return the coordinates of all colors and of the entries, in units."""
    with_alpha = isinstance(histogram, AlphaHistogram)
    encode = alpha_space(space).encode if with_alpha else space.encode
    entries = rgba_of(fit.palette) if with_alpha else fit.palette
    points, palette = (np.rint(encode(colors) * _UNITS).astype(np.int16) for colors in (histogram.colors, entries))
    return points, palette


def _kinds(histogram: Histogram | AlphaHistogram, fit: Fit) -> tuple[UInt8Array, UInt8Array]:
    """Return the kinds of entries, and those that each color may take: opaque and clear ones stay so if they can."""
    alpha = rgba_of(fit.palette)[:, 3]
    kinds = np.where(alpha == 255, _OPAQUE, np.where(alpha == 0, _CLEAR, _TRANSLUCENT)).astype(np.uint8)
    allowed = kinds[fit.labels]
    if isinstance(histogram, AlphaHistogram):
        first = len(histogram.opaque)
        allowed[first : first + len(histogram.words)] = _ANY
    return kinds, allowed
