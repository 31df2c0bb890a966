"""The search for the best colors: on bins first, where a pass is cheap, then on all colors, then in 8 bits."""

from __future__ import annotations

import math
import warnings
from typing import NamedTuple, TypeAlias

import numpy as np

from imgcluster.cluster import (
    GaussianMixture,
    KMeans,
    OctreePoints,
    OctreeSlabs,
    SoftKMeans,
    initial_centers,
    lloyd,
    random_swaps,
)
from imgcluster.colors import Histogram, WeightedPoints, bits_for, weighted_points
from imgcluster.errors import ConvergenceWarning
from imgcluster.types import Float64Array, Int32Array, Int64Array, UInt8Array

Colors: TypeAlias = OctreePoints | OctreeSlabs
Model: TypeAlias = KMeans | SoftKMeans | GaussianMixture

METHODS = ("kmeans", "soft-kmeans", "gmm")
_ROUNDING = 1 / 12  # variance of rounding to whole shades: without it a flat area would be a component of no width


class _Effort(NamedTuple):
    """How long to search: first on bins of colors, then on the colors themselves."""

    bins_per_color: int  # swaps are tried on at most so many bins
    n_swaps: int  # trials for 256 colors
    max_iter: int  # Lloyd iterations on all colors

    def n_trials(self, n_colors: int) -> int:
        """Try more swaps where there are fewer colors: a trial is cheaper and a swap matters more."""
        return round(self.n_swaps * math.sqrt(max(1.0, 256 / n_colors)))


_EFFORTS = {
    "fast": _Effort(bins_per_color=0, n_swaps=0, max_iter=4),
    "default": _Effort(bins_per_color=160, n_swaps=45, max_iter=12),
    "best": _Effort(bins_per_color=300, n_swaps=320, max_iter=50),
}
_START_BINS = 10_000  # the start needs no more: what it misses, swaps find
_START_ITER = 10
_MOST_IN_MEMORY = 1 << 21  # colors: 120 MB in an octree
EFFORTS = tuple(_EFFORTS)


class Fit(NamedTuple):
    """The colors that were found, and what the histogram's become with them."""

    colors: UInt8Array  # (k, 3), dark to light
    labels: Int32Array  # (n,), the nearest of them for each color of the histogram
    mse: float
    model: Model | None  # None where every color is kept


def find_colors(
    histogram: Histogram, n_colors: int, method: str, effort: str, rng: np.random.Generator, n_threads: int
) -> Fit:
    """Find the best n_colors colors, or keep all where there are no more than that."""
    if len(histogram) <= n_colors:
        return _keep_all(histogram)
    centers = _search(histogram, n_colors, _EFFORTS[effort], rng, n_threads)
    points = _all_colors(histogram, n_threads)
    model, centers = _fit(points, centers, method, _EFFORTS[effort].max_iter, n_threads)
    # the means of a soft fit are what was asked for; only k-means' own may move to a better place among 8-bit colors
    colors, objective = _round_palette(points, centers, refit=method == "kmeans")
    return Fit(colors, points.labels, objective / histogram.n_pixels, model)


def nearest_colors(histogram: Histogram, colors: UInt8Array, n_threads: int = 1) -> Fit:
    """Label every color of the histogram with its nearest, ties to the lowest index, exactly."""
    points = _all_colors(histogram, n_threads)
    step = points.assign(colors.astype(np.float64))
    return Fit(colors, points.labels, step.objective / histogram.n_pixels, None)


def _keep_all(histogram: Histogram) -> Fit:
    """Keep every color."""
    order = _dark_to_light(histogram.colors)
    labels = np.empty(len(order), np.int32)
    labels[order] = np.arange(len(order))
    return Fit(histogram.colors[order], labels, 0.0, None)


def _search(
    histogram: Histogram, n_colors: int, effort: _Effort, rng: np.random.Generator, n_threads: int
) -> Float64Array:
    """Search for good centers on bins of colors, where a pass is cheap; they come dark to light."""
    bits = bits_for(histogram, max(_START_BINS, 4 * n_colors))
    coarse = _octree(weighted_points(histogram, bits=bits), n_threads)
    start = initial_centers(coarse, n_colors, "k-means++", rng)
    centers = lloyd(coarse, start, _START_ITER).centers
    if effort.n_swaps:
        finer = bits_for(histogram, effort.bins_per_color * n_colors)
        if finer > bits:
            coarse = _octree(weighted_points(histogram, bits=finer), n_threads)
        centers = random_swaps(coarse, centers, effort.n_trials(n_colors), rng)
    return centers[_dark_to_light(centers)]


def _fit(
    points: Colors, centers: Float64Array, method: str, max_iter: int, n_threads: int
) -> tuple[Model, Float64Array]:
    """Fit the model to all colors, from centers found before: model and centers."""
    k = len(centers)
    if method == "kmeans":
        hard = KMeans(k, init=centers, max_iter=max_iter, tol=0.0, n_threads=n_threads).fit_points(points)
        return hard, hard.cluster_centers_.astype(np.float64)
    X = points.X.astype(np.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a palette needs no last digit
        if method == "soft-kmeans":
            soft = SoftKMeans(k, init=centers, max_iter=4 * max_iter, tol=1e-5, n_threads=n_threads)
            return soft.fit(X, sample_weight=points.weights), soft.cluster_centers_
        mixture = GaussianMixture(
            k, init=centers, max_iter=4 * max_iter, reg_covar=_ROUNDING, random_state=0, n_threads=n_threads
        )
        return mixture.fit(X, sample_weight=points.weights), mixture.means_


def _all_colors(histogram: Histogram, n_threads: int) -> Colors:
    """Make the colors of the histogram points to cluster; so many of them that memory counts stand in slabs."""
    if len(histogram) > _MOST_IN_MEMORY:
        return OctreeSlabs(histogram.keys, histogram.counts, n_threads)
    return _octree(weighted_points(histogram), n_threads)


def _octree(features: WeightedPoints, n_threads: int) -> OctreePoints:
    return OctreePoints(features.X, features.weights, features.keys, features.bits, n_threads)


def _dark_to_light(colors: UInt8Array | Float64Array) -> Int64Array:
    """Order of colors by luma."""
    red, green, blue = colors.T.astype(np.float64)
    return np.argsort(0.299 * red + 0.587 * green + 0.114 * blue, kind="stable")


def _round_palette(points: Colors, centers: Float64Array, *, refit: bool) -> tuple[UInt8Array, float]:
    """Round centers to 8 bits and refit them there while that helps: palette, objective; points.labels agree with them.

    For given labels the best 8-bit color is the rounded mean, so each round can only lower the error of what is saved.
    """
    palette = np.clip(np.rint(centers), 0, 255)
    best = palette, points.assign(palette)
    for _ in range(3 if refit else 0):
        step = best[1]
        filled = step.counts > 0
        palette = np.where(filled[:, None], np.rint(step.sums / np.maximum(step.counts, 1)[:, None]), best[0])
        if (palette == best[0]).all():
            break
        step = points.assign(palette)
        if step.objective >= best[1].objective:
            points.assign(best[0])
            break
        best = palette, step
    return best[0].astype(np.uint8), best[1].objective
