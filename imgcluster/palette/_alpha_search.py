"""The search for the best colors of a picture with alpha."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from imgcluster.cluster import DensePoints, OctreePoints, initial_centers, lloyd, random_swaps
from imgcluster.colors import RGB, AlphaHistogram, AlphaSpace, ColorSpace, SpaceColors, alpha_space, words_of
from imgcluster.palette._fit import Fit
from imgcluster.palette._pinned_points import PinnedPoints
from imgcluster.palette._search import find_colors
from imgcluster.types import Float64Array, Int32Array, UInt8Array


class _Effort(NamedTuple):
    """How long to search."""

    bins_per_color: int  # swaps are tried on at most so many bins
    n_swaps: int  # trials for 256 colors
    max_iter: int  # Lloyd iterations on all colors

    def n_trials(self, n_colors: int) -> int:
        """Try more swaps for fewer colors: a trial is cheaper and a swap matters more."""
        return round(self.n_swaps * math.sqrt(max(1.0, 256 / n_colors)))


_EFFORTS = {
    "fast": _Effort(bins_per_color=20, n_swaps=0, max_iter=4),
    "default": _Effort(bins_per_color=40, n_swaps=45, max_iter=12),
    "best": _Effort(bins_per_color=300, n_swaps=320, max_iter=50),
}
_MOST_FILLS = 12
_CLEAR = np.zeros((1, 4), np.uint8)


def find_alpha_colors(
    histogram: AlphaHistogram,
    n_colors: int,
    effort: str,
    rng: np.random.Generator,
    n_threads: int,
    space: ColorSpace = RGB,
) -> Fit:
    """Find the best n_colors colors of a picture with alpha, or keep all if there are at most that many.

    Clear pixels take one clear entry, opaque ones opaque entries, translucent ones any. The error is the mean over
    backgrounds.
    """
    if not len(histogram.words) and not histogram.n_clear:
        return find_colors(histogram.opaque, n_colors, "kmeans", effort, rng, n_threads, space)
    if len(histogram) <= n_colors:
        colors = histogram.colors
        return _in_order(colors, np.arange(len(colors), dtype=np.int32), 0.0)
    if not len(histogram.words):
        fit = find_colors(histogram.opaque, n_colors - 1, "kmeans", effort, rng, n_threads, space)
        palette = np.concatenate([_CLEAR, _with_alpha(fit.palette)])
        labels = np.concatenate([fit.labels + 1, [0]]).astype(np.int32)
        return Fit(palette, labels, None, fit.objective)
    if n_colors == 1 and histogram.n_clear:
        return _mean(histogram, space)
    return _search(histogram, n_colors - (histogram.n_clear > 0), _EFFORTS[effort], rng, n_threads, space)


def _mean(histogram: AlphaHistogram, space: ColorSpace) -> Fit:
    """Return the one color for everything: clear pixels cannot stay clear."""
    aspace, weights = alpha_space(space), histogram.counts.astype(np.float64)
    points = aspace.encode(histogram.colors).astype(np.float64)
    mean = (weights[:, None] * points).sum(axis=0, keepdims=True) / weights.sum()
    palette = np.rint(aspace.decode(mean)).astype(np.uint8)
    rest = points - aspace.encode(palette)
    objective = float((weights[:, None] * rest * rest).sum())
    return Fit(palette, np.zeros(len(points), np.int32), None, objective if space is RGB else None)


def _search(
    histogram: AlphaHistogram,
    n_colors: int,
    effort: _Effort,
    rng: np.random.Generator,
    n_threads: int,
    space: ColorSpace,
) -> Fit:
    """Search on bins, then fit all colors, then in 8 bits."""
    aspace = alpha_space(space)
    coarse = _points(histogram, aspace, effort.bins_per_color * n_colors, n_threads)
    start = _with_opaque(coarse, initial_centers(coarse, n_colors, "k-means++", rng))
    centers = lloyd(coarse, start, 10).centers
    centers = random_swaps(coarse, centers, effort.n_trials(n_colors), rng)
    points = _points(histogram, aspace, None, n_threads)
    centers = lloyd(points, centers, effort.max_iter).centers
    palette, _ = _round(points, centers)
    palette, labels, objective = _filled(points, palette, _colors_of(histogram, space))
    if histogram.n_clear:
        palette = np.concatenate([palette, _CLEAR])
    every = np.full(len(histogram), len(palette) - 1, np.int32)
    every[: len(labels)] = labels
    n = points.n_opaque
    every[:n] = SpaceColors(histogram.opaque, space).in_histogram(labels[:n])
    return _in_order(palette, every, objective if space is RGB else None)


def _points(histogram: AlphaHistogram, space: AlphaSpace, most: int | None, n_threads: int) -> PinnedPoints:
    """Turn colors into points to cluster, binned if they are more than `most`."""
    opaque = None
    if len(histogram.opaque):
        colors = SpaceColors(histogram.opaque, space.space)
        opaque = OctreePoints(*colors.points(8 if most is None else colors.bits_for(most)), n_threads)
    T, counts = space.encode(histogram.translucent), histogram.word_counts.astype(np.float64)
    for bits in (7, 6, 5, 4):
        if most is None or len(T) <= most:
            break
        T, counts = _binned(histogram, space, bits)
    clear = space.encode(_CLEAR)[0].astype(np.float64) if histogram.n_clear else None
    return PinnedPoints(space, opaque, DensePoints(T, counts, n_threads), clear)


def _binned(histogram: AlphaHistogram, space: AlphaSpace, bits: int) -> tuple[np.ndarray, Float64Array]:
    """Bin translucent colors by the upper bits of premultiplied color and alpha: means and weights of the bins."""
    alpha = histogram.translucent[:, 3:].astype(np.int64)
    cells = np.concatenate([histogram.translucent[:, :3] * alpha // 255, alpha], axis=1) >> (8 - bits)
    keys = ((cells[:, 0] << 24) | (cells[:, 1] << 16) | (cells[:, 2] << 8) | cells[:, 3]).astype(np.uint32)
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    first = np.concatenate([[0], np.flatnonzero(keys[1:] != keys[:-1]) + 1])
    weights = histogram.word_counts[order].astype(np.float64)
    totals = np.add.reduceat(weights, first)
    X = space.encode(histogram.translucent[order]).astype(np.float64)
    return (np.add.reduceat(weights[:, None] * X, first) / totals[:, None]).astype(np.float32), totals


def _with_opaque(points: PinnedPoints, centers: Float64Array) -> Float64Array:
    """Put one opaque color among the centers if there is none and opaque points need it."""
    if points.n_opaque and not points.is_opaque(centers).any():
        weights = points.weights[: points.n_opaque, None]
        centers[-1] = (weights * points.X[: points.n_opaque]).sum(axis=0) / weights.sum()
    return centers


def _round(points: PinnedPoints, centers: Float64Array) -> tuple[UInt8Array, float]:
    """Round centers to 8 bits and refit them while that helps."""
    palette = _rounded(points, centers)
    encode = points.space.encode
    step = points.assign(encode(palette).astype(np.float64))
    for _ in range(3):
        moved = _rounded(points, points.refit(encode(palette).astype(np.float64), step)[0])
        next_step = points.assign(encode(moved).astype(np.float64))
        if next_step.objective >= step.objective:
            break
        palette, step = moved, next_step
    step = points.assign(encode(palette).astype(np.float64))
    return palette, step.objective


def _filled(points: PinnedPoints, palette: UInt8Array, colors: UInt8Array) -> tuple[UInt8Array, Int32Array, float]:
    """Give entries that no color takes to the colors of largest error: palette, labels of the colors, objective."""
    palette = palette.copy()
    for _ in range(_MOST_FILLS):
        centers = points.space.encode(palette).astype(np.float64)
        objective = points.assign(centers).objective
        labels = points.labels.copy()
        own = _places(colors, palette)
        labels[own >= 0] = own[own >= 0]
        empty = np.flatnonzero(np.bincount(labels, minlength=len(palette))[: len(palette)] == 0)
        if not len(empty):
            break
        errors = np.where(own < 0, points.errors(centers), -1.0)
        palette[empty] = colors[np.argsort(-errors, kind="stable")[: len(empty)]]
    return palette, labels, objective


def _places(colors: UInt8Array, palette: UInt8Array) -> Int32Array:
    """Return the place of each color in the palette, the first one; -1 if it is not there."""
    entries, first = np.unique(words_of(palette), return_index=True)
    words = words_of(colors)
    found = np.minimum(np.searchsorted(entries, words), len(entries) - 1)
    return np.where(entries[found] == words, first[found], -1).astype(np.int32)


def _colors_of(histogram: AlphaHistogram, space: ColorSpace) -> UInt8Array:
    """Return the colors that are not clear, in the order of their points."""
    order = SpaceColors(histogram.opaque, space).order
    opaque = histogram.opaque.colors if order is None else histogram.opaque.colors[order]
    return np.concatenate([_with_alpha(opaque), histogram.translucent])


def _rounded(points: PinnedPoints, centers: Float64Array) -> UInt8Array:
    """Return the nearest 8-bit RGBA colors of centers."""
    colors = points.space.decode(centers)
    opaque = points.is_opaque(centers)
    colors[opaque, :3] = points.space.space.decode(points.space.project(centers[opaque]))
    colors[opaque, 3] = 255
    return np.rint(colors).astype(np.uint8)


def _in_order(palette: UInt8Array, labels: Int32Array, objective: float | None) -> Fit:
    """Sort a palette: clear, translucent, opaque, each dark to light."""
    red, green, blue, alpha = palette.T.astype(np.float64)
    kind = (alpha > 0).astype(int) + (alpha == 255)
    order = np.lexsort([0.299 * red + 0.587 * green + 0.114 * blue, kind])
    places = np.empty(len(order), np.int32)
    places[order] = np.arange(len(order), dtype=np.int32)
    return Fit(palette[order], places[labels], None, objective)


def _with_alpha(palette: UInt8Array) -> UInt8Array:
    """Return a palette with alpha, opaque if it has none."""
    if palette.shape[1] == 4:
        return palette
    return np.column_stack([palette, np.full(len(palette), 255, np.uint8)])
