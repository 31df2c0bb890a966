"""The search for the best colors: on bins first, where a pass is cheap, then on all colors, then in 8 bits."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from imgcluster import kernels
from imgcluster.cluster import (
    ROUNDING_VARIANCE,
    DensePoints,
    Model,
    OctreePoints,
    centers_of,
    fit_model,
    initial_centers,
    lloyd,
    random_swaps,
)
from imgcluster.colors import RGB, ColorSpace, Histogram, SpaceColors
from imgcluster.errors import ConvergenceWarning
from imgcluster.types import Float64Array, Int32Array, Int64Array, UInt8Array

if TYPE_CHECKING:
    from imgcluster.cluster import OctreeSlabs

Colors: TypeAlias = "OctreePoints | OctreeSlabs"


class _Effort(NamedTuple):
    """How long to search: first on bins of colors, then on the colors themselves."""

    bins_per_color: int  # swaps are tried on at most so many bins
    n_swaps: int  # trials for 256 colors
    max_iter: int  # Lloyd iterations on all colors

    def n_trials(self, n_colors: int) -> int:
        """Try more swaps for fewer colors: a trial is cheaper and a swap matters more."""
        return round(self.n_swaps * math.sqrt(max(1.0, 256 / n_colors)))


_EFFORTS = {
    "fast": _Effort(bins_per_color=0, n_swaps=0, max_iter=4),
    "default": _Effort(bins_per_color=160, n_swaps=45, max_iter=12),
    "best": _Effort(bins_per_color=300, n_swaps=320, max_iter=50),
}
_START_BINS = 10_000  # the start needs no more: swaps find what it misses
_START_ITER = 10
_MOST_IN_MEMORY = 1 << 21  # colors: 120 MB in an octree
EFFORTS = tuple(_EFFORTS)


class Fit(NamedTuple):
    """The palette that was found, and how the colors of the histogram map to it.

    The error of a picture is that of its mapping, which need not give each pixel the nearest color.
    """

    palette: UInt8Array  # (k, 3), dark to light, or in the given order
    labels: Int32Array  # (n,), the nearest of them for each color of the histogram
    model: Model | None  # None if every color is kept, or the palette was given
    # sum over pixels of the squared RGB distance to the label's color, which the last assignment has without work: to
    # sum it up again takes 10 ms a million colors, 8 % of a fast search; None where another space was searched
    objective: float | None


def find_colors(
    histogram: Histogram,
    n_colors: int,
    method: str,
    effort: str,
    rng: np.random.Generator,
    n_threads: int,
    space: ColorSpace = RGB,
) -> Fit:
    """Find the best n_colors colors, or keep all if there are at most that many."""
    if len(histogram) <= n_colors:
        return _keep_all(histogram)
    colors = SpaceColors(histogram, space)
    centers = _search(colors, n_colors, _EFFORTS[effort], rng, n_threads)
    points = _all_colors(colors, n_threads)
    model = _fit(points, centers, method, _EFFORTS[effort].max_iter, n_threads)
    # the means of a soft fit are what was asked for; only those of k-means may move to better 8-bit colors
    centers = centers_of(model).astype(np.float64)
    palette, objective = _round_palette(points, centers, space, refit=method == "kmeans")
    labels = _own_entries(colors.in_histogram(points.labels), histogram, palette, space)
    return Fit(palette, labels, model, objective if space is RGB else None)


def nearest_colors(histogram: Histogram, palette: UInt8Array, n_threads: int = 1, space: ColorSpace = RGB) -> Fit:
    """Label every color of the histogram with its nearest in a color space, ties to the lowest index, exactly.

    Colors that are in the palette get their own entry in any space.
    """
    colors = SpaceColors(histogram, space)
    points = _all_colors(colors, n_threads)
    objective = points.assign(encoded(palette, space)).objective
    labels = _own_entries(colors.in_histogram(points.labels), histogram, palette, space)
    return Fit(palette, labels, None, objective if space is RGB else None)


def _own_entries(labels: Int32Array, histogram: Histogram, palette: UInt8Array, space: ColorSpace) -> Int32Array:
    """Give colors that are in the palette their own entry, where other colors may have the same coordinates."""
    if space is not RGB:
        entries, first = np.unique(kernels.keys_from_colors(palette), return_index=True)
        place = np.searchsorted(histogram.keys, entries)
        there = histogram.keys[np.minimum(place, len(histogram) - 1)] == entries
        labels[place[there]] = first[there]
    return labels


def _keep_all(histogram: Histogram) -> Fit:
    """Keep every color."""
    order = _dark_to_light(histogram.colors)
    labels = np.empty(len(order), np.int32)
    labels[order] = np.arange(len(order))
    return Fit(histogram.colors[order], labels, None, 0.0)


def _search(
    colors: SpaceColors, n_colors: int, effort: _Effort, rng: np.random.Generator, n_threads: int
) -> Float64Array:
    """Search for good centers on bins of colors, where a pass is cheap; returned dark to light."""
    bits = colors.bits_for(max(_START_BINS, 4 * n_colors))
    coarse = _octree(colors, n_threads, bits)
    start = initial_centers(coarse, n_colors, "k-means++", rng)
    centers = lloyd(coarse, start, _START_ITER).centers
    if effort.n_swaps:
        finer = colors.bits_for(effort.bins_per_color * n_colors)
        if finer > bits:
            coarse = _octree(colors, n_threads, finer)
        centers = random_swaps(coarse, centers, effort.n_trials(n_colors), rng)
    return centers[_dark_to_light(colors.space.decode(centers))]


def _fit(points: Colors, centers: Float64Array, method: str, max_iter: int, n_threads: int) -> Model:
    """Fit the model to all colors, from centers found before."""
    if method == "kmeans":
        return fit_model(method, points, centers, max_iter=max_iter, tol=0.0, n_threads=n_threads)
    dense = DensePoints(points.X.astype(np.float64), points.weights, n_threads)
    tol = 1e-5 if method == "soft-kmeans" else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a palette does not need the last digit
        return fit_model(
            method,
            dense,
            centers,
            max_iter=4 * max_iter,
            tol=tol,
            reg_covar=ROUNDING_VARIANCE,
            random_state=0,
            n_threads=n_threads,
        )


def _all_colors(colors: SpaceColors, n_threads: int) -> Colors:
    """Turn all colors into points to cluster; in slabs if they are so many that memory matters."""
    histogram = colors.histogram
    if colors.space is RGB and len(histogram) > _MOST_IN_MEMORY:
        from imgcluster.cluster import OctreeSlabs

        return OctreeSlabs(histogram.keys, histogram.counts, n_threads)
    return _octree(colors, n_threads, 8)


def _octree(colors: SpaceColors, n_threads: int, bits: int) -> OctreePoints:
    return OctreePoints(*colors.points(bits), n_threads)


def _dark_to_light(colors: UInt8Array | Float64Array) -> Int64Array:
    """Return the order of colors by luma."""
    red, green, blue = colors.T.astype(np.float64)
    return np.argsort(0.299 * red + 0.587 * green + 0.114 * blue, kind="stable")


def _round_palette(
    points: Colors, centers: Float64Array, space: ColorSpace, *, refit: bool
) -> tuple[UInt8Array, float]:
    """Round centers to 8 bits and refit them while that helps: palette and objective; points.labels agree with them.

    For given labels the best 8-bit color is the rounded mean, so each round can only lower the error of the output.
    """
    palette = _rounded(centers, space)
    step = points.assign(encoded(palette, space))
    for _ in range(3 if refit else 0):
        filled = step.counts > 0
        means = _rounded(step.sums / np.maximum(step.counts, 1)[:, None], space)
        moved = np.where(filled[:, None], means, palette)
        if (moved == palette).all():
            break
        next_step = points.assign(encoded(moved, space))
        if next_step.objective >= step.objective:
            points.assign(encoded(palette, space))
            break
        palette, step = moved, next_step
    return palette, step.objective


def _rounded(centers: Float64Array, space: ColorSpace) -> UInt8Array:
    """Return the 8-bit sRGB colors nearest to centers in a space."""
    return np.rint(space.decode(centers)).astype(np.uint8)


def encoded(palette: UInt8Array, space: ColorSpace) -> Float64Array:
    """Return 8-bit sRGB colors as centers in a space."""
    return space.encode(palette).astype(np.float64)
