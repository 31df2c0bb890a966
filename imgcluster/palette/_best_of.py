"""The best k colors of a given palette, such as 4 of 40 threads, for a picture."""

from __future__ import annotations

import numpy as np

from imgcluster.cluster import best_candidates
from imgcluster.colors import RGB, AlphaHistogram, ColorSpace, Histogram, SpaceColors
from imgcluster.palette._alpha_colors import AlphaColors
from imgcluster.palette._given_alpha import nearest_alpha_colors, rgba_of
from imgcluster.palette._search import nearest_colors
from imgcluster.types import Float64Array, IntpArray, UInt8Array

_MOST_COSTS = 1 << 21  # a choice among 40 colors takes 0.2 s
_LEAST_BINS, _BINS_PER_COLOR = 2048, 4  # even if that makes more costs
_MOST_CANDIDATES = 4096  # of more, those that serve most pixels when all are there
_MOST_WITH_ALPHA = 512  # where bins are more
_NOTHING_LOCKED = np.empty((0, 3), np.uint8)
_FORBIDDEN = 1e6  # squared distance for an opaque color and an entry that is not: more than any other


def best_of(
    histogram: Histogram | AlphaHistogram,
    palette: UInt8Array,
    n_colors: int,
    n_threads: int = 1,
    space: ColorSpace = RGB,
) -> UInt8Array:
    """Choose the n_colors colors of a palette (m, 3) or (m, 4) with the least error for a picture, in their order.

    If the picture has clear pixels, a clear entry of the palette is among them (of two colors or more). All are
    returned if they are no more than n_colors.
    """
    if n_colors >= len(palette):
        return palette
    places = np.arange(len(palette))
    opaque = isinstance(histogram, Histogram) and palette.shape[1] == 3
    most = max(_MOST_CANDIDATES if opaque else _MOST_WITH_ALPHA, n_colors)
    if len(palette) > most:
        places = _most_used(histogram, palette, most, n_threads, space)
    clear = _clear_entry(histogram, palette) if n_colors > 1 else None
    if clear is not None:
        places, n_colors = places[places != clear], n_colors - 1
    most = max(_MOST_COSTS // len(places), min(_BINS_PER_COLOR * n_colors, (8 * _MOST_COSTS) // len(places)))
    chosen = best_candidates(_costs(histogram, palette[places], max(most, _LEAST_BINS), n_threads, space), n_colors)
    every = places[chosen] if clear is None else np.append(places[chosen], clear)
    best: UInt8Array = palette[np.sort(every)]
    return best


def _clear_entry(histogram: Histogram | AlphaHistogram, palette: UInt8Array) -> int | None:
    """Return the place of the entry that clear pixels take; None if there are no such pixels, or no such entry."""
    if isinstance(histogram, Histogram) or not histogram.n_clear:
        return None
    clear = np.flatnonzero(rgba_of(palette)[:, 3] == 0)
    return int(clear[0]) if len(clear) else None


def _most_used(
    histogram: Histogram | AlphaHistogram, palette: UInt8Array, n: int, n_threads: int, space: ColorSpace
) -> IntpArray:
    """Return the places of the n entries that most pixels take if the whole palette is there, ascending."""
    if isinstance(histogram, Histogram) and palette.shape[1] == 3:
        labels = nearest_colors(histogram, palette, n_threads, space).labels
    else:
        labels = nearest_alpha_colors(AlphaHistogram.of(histogram), palette, n_threads, space).labels
    n_pixels = np.bincount(labels, histogram.counts, len(palette))[: len(palette)]
    return np.sort(np.argsort(-n_pixels, kind="stable")[:n])


def _costs(
    histogram: Histogram | AlphaHistogram, entries: UInt8Array, most: int, n_threads: int, space: ColorSpace
) -> Float64Array:
    """Return what each entry costs for each color of the picture, or for bins of colors if they are many."""
    if isinstance(histogram, Histogram) and entries.shape[1] == 3:
        colors = SpaceColors(histogram, space)
        points = colors.points(_bits(colors, most))
        return _distances(space.encode(entries), points.X, points.weights)
    entries = rgba_of(entries)
    pinned = AlphaColors(AlphaHistogram.of(histogram), space, n_threads, _NOTHING_LOCKED).points(most, most)
    costs = _distances(pinned.space.encode(entries), pinned.X, pinned.weights)
    is_opaque = entries[:, 3] == 255
    if is_opaque.any():
        costs[~is_opaque, : pinned.n_opaque] = _FORBIDDEN * pinned.weights[: pinned.n_opaque]
    return costs


def _bits(colors: SpaceColors, most: int) -> int:
    """Return the bits of a coordinate for at most so many bins, 3 or more."""
    bits = colors.bits_for(most)
    while bits > 3 and len(colors.points(bits).X) > most:
        bits -= 1
    return bits


def _distances(centers: np.ndarray, X: np.ndarray, weights: Float64Array) -> Float64Array:
    """Return the weighted squared distances of points from each center."""
    costs = np.zeros((len(centers), len(X)))
    columns = np.ascontiguousarray(X.T, np.float64)
    for row, center in zip(costs, centers.astype(np.float64), strict=True):
        for column, coordinate in zip(columns, center, strict=True):
            row += (column - coordinate) ** 2
        row *= weights
    return costs
