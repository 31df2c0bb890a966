"""What a search for colors finds."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from imgcluster import kernels
from imgcluster.cluster import Model
from imgcluster.colors import RGB, ColorSpace, Histogram
from imgcluster.types import BoolArray, Float64Array, Int32Array, Int64Array, UInt8Array, UInt32Array


class Fit(NamedTuple):
    """The palette that was found, and how the colors of the histogram map to it.

    The error of a picture is that of its mapping, which need not give each pixel the nearest color.
    """

    palette: UInt8Array  # (k, 3), locked colors first, then dark to light; or in the given order
    labels: Int32Array  # (n,), the nearest of them for each color of the histogram
    model: Model | None  # None if every color is kept, or the palette was given
    # sum over pixels of the squared RGB distance to the label's color, which the last assignment has without work: to
    # sum it up again takes 10 ms a million colors, 8 % of a fast search; None where another space was searched
    objective: float | None


def keep_all(histogram: Histogram, locked: UInt8Array) -> Fit:
    """Keep every color, after those that are locked."""
    others = histogram.colors[~among(histogram.keys, np.sort(kernels.keys_from_colors(locked)))]
    palette = np.concatenate([locked, others[dark_to_light(others)]])
    labels = own_entries(np.zeros(len(histogram), np.int32), histogram, palette)
    return Fit(palette, labels, None, 0.0)


def own_entries(labels: Int32Array, histogram: Histogram, palette: UInt8Array) -> Int32Array:
    """Give colors that are in the palette their own entry, where others may have the same coordinates in a space."""
    entries, first = np.unique(kernels.keys_from_colors(palette), return_index=True)
    there = among(entries, histogram.keys)
    labels[np.searchsorted(histogram.keys, entries[there])] = first[there]
    return labels


def n_within(colors: UInt8Array, histogram: Histogram) -> int:
    """Return how many of some different colors are in a histogram."""
    return int(np.count_nonzero(among(kernels.keys_from_colors(colors), histogram.keys)))


def among(keys: UInt32Array, ascending: UInt32Array) -> BoolArray:
    """Return which keys are among others that are sorted; np.isin would sort the others again."""
    if not len(ascending):
        return np.zeros(len(keys), bool)
    place = np.minimum(np.searchsorted(ascending, keys), len(ascending) - 1)
    there: BoolArray = ascending[place] == keys
    return there


def dark_to_light(colors: UInt8Array | Float64Array) -> Int64Array:
    """Return the order of colors by luma."""
    red, green, blue = colors.T.astype(np.float64)
    return np.argsort(0.299 * red + 0.587 * green + 0.114 * blue, kind="stable")


def rounded(centers: Float64Array, space: ColorSpace) -> UInt8Array:
    """Return the 8-bit sRGB colors nearest to centers in a space."""
    return np.rint(space.decode(centers)).astype(np.uint8)


def encoded(palette: UInt8Array, space: ColorSpace) -> Float64Array:
    """Return 8-bit sRGB colors as centers in a space."""
    return space.encode(palette).astype(np.float64)


def objective_in_rgb(objective: float, space: ColorSpace) -> float | None:
    """Return the objective if it is the squared RGB distance."""
    return objective if space is RGB else None
